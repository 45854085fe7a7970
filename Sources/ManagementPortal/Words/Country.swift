/// A country as a person chooses it for a phone number.
struct Country: Sendable {
  /// ISO 3166-1, such as `GB`.
  let region: String
  let callingCode: Int
  /// In English.
  let name: String

  init(_ region: String, _ callingCode: Int, _ name: String) {
    self.region = region
    self.callingCode = callingCode
    self.name = name
  }

  /// As the list of countries has it: in a text from right to left the plus sign stays before the digits.
  var label: String { "\(name) \(Part.isolated("+\(callingCode)"))" }

  static func named(_ region: String) -> Country? { all.first { $0.region == region } }

  /// The country of the first language that a browser asks for with one, such as `GB` of `en-GB,en;q=0.9`.
  ///
  /// - Parameter languages: the header field `Accept-Language` (RFC 9110, section 12.5.4).
  static func suggested(by languages: String) -> Country? {
    for range in languages.split(separator: ",").prefix(10) {
      let tag = range.prefix { $0 != ";" }.split(separator: "-")
      for part in tag.dropFirst() where part.utf8.count == 2 {
        let region = part.filter { !$0.isWhitespace }.uppercased()
        if let country = named(region) { return country }
      }
    }
    return nil
  }
}
