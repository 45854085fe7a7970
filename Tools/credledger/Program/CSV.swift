/// Comma-separated values (RFC 4180).
///
/// A cell that a spreadsheet would take for a formula, since it begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return, gets an apostrophe before it: names come from other people, and the file is opened by somebody who trusts the
/// ledger. So a cell may differ from what is recorded by that apostrophe; json and ndjson never do.
enum CSV {
  /// One record, its end of line included.
  static func record(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

  private static func cell(_ text: String) -> String {
    // By scalars: a line feed after a carriage return is one character with it.
    let text = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } == true ? "'" + text : text
    guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
