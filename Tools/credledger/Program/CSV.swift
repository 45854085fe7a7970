/// Comma-separated values (RFC 4180).
///
/// A cell that a spreadsheet would take for a formula, since it begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return, gets an apostrophe before it: names come from other people, and the file is opened by somebody who trusts the
/// ledger. So does each part of a cell that begins like that after a semicolon, a tab or a line end, where a spreadsheet
/// with another separator begins a cell of its own. So a cell may differ from what is recorded by such apostrophes; json
/// and ndjson never do.
enum CSV {
  /// One record, its end of line included.
  static func record(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

  private static func cell(_ text: String) -> String {
    // By scalars: a line feed after a carriage return is one character with it.
    var guarded = String.UnicodeScalarView()
    var isAtStart = true
    for scalar in text.unicodeScalars {
      let isSeparator = ";\t\r\n".unicodeScalars.contains(scalar)
      if isAtStart, "=+-@\t\r".unicodeScalars.contains(scalar) { guarded.append("'") }
      guarded.append(scalar)
      // Spreadsheets pass over spaces before a formula, and over quotes of theirs.
      isAtStart = isSeparator || isAtStart && (scalar == " " || scalar == "\"")
    }
    guard guarded.contains(where: { ",;\"\t\r\n".unicodeScalars.contains($0) }) else { return String(guarded) }
    return "\"" + String(guarded).replacing("\"", with: "\"\"") + "\""
  }
}
