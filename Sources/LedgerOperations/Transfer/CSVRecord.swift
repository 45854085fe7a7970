/// A record of comma-separated values (RFC 4180).
///
/// A cell that a spreadsheet would take for a formula, since it begins with `=`, `+`, `-`, `@`, a tab or a carriage
/// return, gets an apostrophe before it: names come from other people, and the file is opened by somebody who trusts the
/// ledger. So does each part of a cell that begins like that after a semicolon, a tab or a line end, where a spreadsheet
/// with another separator begins a cell of its own. So a cell may differ from what is recorded by such apostrophes.
package enum CSVRecord {
  /// One record, its end of line included.
  package static func text(_ cells: [String]) -> String {
    var line: [UInt8] = []
    line.reserveCapacity(cells.reduce(cells.count + 1) { $0 + $1.utf8.count })
    for (index, text) in cells.enumerated() {
      if index > 0 { line.append(UInt8(ascii: ",")) }
      append(text, to: &line)
    }
    line += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    return String(decoding: line, as: UTF8.self)
  }

  /// By bytes: all that counts is ASCII, and most cells have nothing of it.
  private static func append(_ text: String, to line: inout [UInt8]) {
    let start = line.count
    var (isAtStart, isQuoted) = (true, false)
    for byte in text.utf8 {
      if isAtStart, beginsFormula(byte) { line.append(UInt8(ascii: "'")) }
      line.append(byte)
      let isSeparator = separates(byte)
      let isQuote = byte == UInt8(ascii: "\"")
      if isSeparator || isQuote || byte == UInt8(ascii: ",") { isQuoted = true }
      // Spreadsheets pass over spaces before a formula, and over quotes of theirs.
      isAtStart = isSeparator || isAtStart && (byte == UInt8(ascii: " ") || isQuote)
    }
    guard isQuoted else { return }
    let quote = UInt8(ascii: "\"")
    let quoted = line[start...].flatMap { $0 == quote ? [quote, quote] : [$0] }
    line.replaceSubrange(start..., with: [quote] + quoted + [quote])
  }

  private static func beginsFormula(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "\t"),
      UInt8(ascii: "\r"):
      true
    default: false
    }
  }

  private static func separates(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
    default: false
    }
  }
}
