/// Credentials in a text that is to be logged.
enum CredentialRedaction {
  private static let prefixes = ["cla_", "clr_", "clc_", "cls_"]

  /// The text with each credential of this ledger replaced.
  static func redacted(_ text: String) -> String {
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
