import CredentialLedger
import HTTPSupport

/// What a form or a query holds. A name may come several times, as those of check boxes do.
struct FormValues: Sendable {
  private let values: [(name: String, value: String)]

  static let none = FormValues([])

  init(_ values: [(name: String, value: String)]) { self.values = values }

  /// - Returns: nil for what is not UTF-8 in percent-encoding, and for more than 1,000 values.
  init?(_ bytes: some Collection<UInt8>) {
    var values: [(name: String, value: String)] = []
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let coded = pair.prefix { $0 != UInt8(ascii: "=") }
      guard let name = PercentEncoding.decode(coded),
        let value = PercentEncoding.decode(pair.dropFirst(coded.count + 1)), values.count < 1_000
      else { return nil }
      values.append((name, value))
    }
    self.values = values
  }

  /// The first value of a name without blanks around it; empty where there is none.
  subscript(name: String) -> String {
    let value = values.first { $0.name == name }?.value ?? ""
    return String(value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  /// All values of a name.
  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// The words of all values of a name, with blanks or commas between them.
  func words(_ name: String) -> [String] {
    all(name).flatMap { value in value.split { $0.isWhitespace || $0 == "," }.map { String($0) } }
  }

  /// The values of names that begin so, each by the rest of its name.
  func values(beginning prefix: String) -> [(name: String, value: String)] {
    values.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
  }

  /// Whether a name has a value that is not empty.
  func has(_ name: String) -> Bool { !self[name].isEmpty }

  /// The number that a name has; nil where it has none.
  func number(_ name: String) -> UInt64? { UInt64(self[name]) }

  /// The position that a name has; nil where it has none.
  func position(_ name: String) -> Position? { Position(self[name]) }

  /// As a query, with one name given another value, or taken out.
  func query(replacing name: String, with value: String?) -> String {
    let kept = values.filter { $0.name != name && !$0.value.isEmpty } + (value.map { [(name, $0)] } ?? [])
    return kept.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
  }
}
