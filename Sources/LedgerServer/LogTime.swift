import CredentialLedger
import HTTPSupport

/// The time of log lines: UTC, to the millisecond (RFC 3339).
enum LogTime {
  static var now: String { Timestamp(milliseconds: LedgerConfiguration.systemClock()).description }
}

extension LogOutput {
  /// A JSON object of texts.
  static func object(_ members: [(String, String)]) -> [UInt8] {
    JSONValue.object(members.map { ($0.0, .string($0.1)) }).bytes
  }
}

/// Credentials in a text that is to be logged.
enum CredentialText {
  private static let prefixes = ["cla_", "clr_", "clc_", "cls_"]

  /// The text with each credential of this ledger replaced.
  static func blotted(_ text: String) -> String {
    guard prefixes.contains(where: { text.contains($0) }) else { return text }
    var result = ""
    var rest = text[...]
    while let start = rest.indices.first(where: { index in prefixes.contains { rest[index...].hasPrefix($0) } }) {
      result += rest[..<start] + "<redacted>"
      rest = rest[start...].dropFirst(4).drop { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    }
    return result + rest
  }
}
