import CredentialLedger

/// The parameters of a form (`application/x-www-form-urlencoded`).
public struct FormFields: Sendable {
  private var values: [String: String]
  /// The values of the parameter that may be given several times.
  private var resources: [String] = []
  /// How many parameters a form has at most. To read each takes time, also of those that nobody asks for.
  private static let limit = 1_000
  /// RFC 8707 section 2.
  private static let repeatable = "resource"

  /// Reads a form.
  ///
  /// Empty parameters count as absent, unknown ones are ignored (RFC 6749 section 3.2).
  ///
  /// - Throws: `invalid` for a parameter that is given twice, for what is not UTF-8 in percent-encoding, and for more than 1,000
  ///   parameters.
  public init(_ bytes: [UInt8]) throws(RequestError) {
    var values: [String: String] = [:]
    let pairs = bytes.split(separator: UInt8(ascii: "&"), maxSplits: Self.limit)
    guard pairs.count <= Self.limit else {
      throw RequestError(.invalid, "A form has at most \(Self.limit) parameters.")
    }
    for pair in pairs {
      let coded = pair.prefix { $0 != UInt8(ascii: "=") }
      guard let name = PercentEncoding.decode(coded),
        let value = PercentEncoding.decode(pair.dropFirst(coded.count + 1))
      else { throw RequestError(.invalid, "The form is not UTF-8 in percent-encoding.") }
      if name == Self.repeatable {
        if !value.isEmpty { resources.append(value) }
        continue
      }
      guard values.updateValue(value, forKey: name) == nil else {
        // The name is the client's own and may be anything, a secret among others.
        throw RequestError(.invalid, "A parameter is given twice.")
      }
    }
    self.values = values
  }

  /// Parameters that were given in another way.
  public init(_ values: [String: String]) {
    self.values = values
    if let value = values[Self.repeatable], !value.isEmpty { resources = [value] }
  }

  /// The value of a parameter; nil where it is absent or empty.
  public subscript(name: String) -> String? {
    get {
      guard let value = name == Self.repeatable ? resources.first : values[name], !value.isEmpty else { return nil }
      return value
    }
    set { values[name] = newValue }
  }

  /// The values of a parameter: several of `resource` (RFC 8707), one or none of all others.
  public func all(_ name: String) -> [String] {
    name == Self.repeatable ? resources : self[name].map { [$0] } ?? []
  }

  /// The parameters but for some.
  public func without(_ names: Set<String>) -> FormFields {
    var fields = self
    for name in names { fields.values[name] = nil }
    if names.contains(Self.repeatable) { fields.resources = [] }
    return fields
  }

  /// The value of a parameter that must be there.
  ///
  /// - Throws: `invalid` where it is missing.
  public func required(_ name: String) throws(RequestError) -> String {
    guard let value = self[name] else { throw .field(name, "a value") }
    return value
  }
}

/// Percent-encoding as forms have it: `+` stands for a blank.
public enum PercentEncoding {
  /// The text that bytes stand for; nil unless they are well-formed, and UTF-8 once decoded.
  public static func decode(_ bytes: some Collection<UInt8>) -> String? { decode(coded: Array(bytes)) }

  /// Over an array, since a generic function is not specialized for the callers of other modules.
  private static func decode(coded: [UInt8]) -> String? {
    guard coded.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
      return String(validating: coded, as: UTF8.self)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(coded.count)
    var place = 0
    while place < coded.count {
      switch coded[place] {
      case UInt8(ascii: "+"): decoded.append(0x20)
      case UInt8(ascii: "%"):
        guard place + 2 < coded.count, let high = Hex.value(of: coded[place + 1]),
          let low = Hex.value(of: coded[place + 2])
        else { return nil }
        decoded.append(high << 4 | low)
        place += 2
      default: decoded.append(coded[place])
      }
      place += 1
    }
    return String(validating: decoded, as: UTF8.self)
  }

  /// The text with all but unreserved characters (RFC 3986 section 2.3) percent-encoded.
  public static func encode(_ text: String) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        encoded.append(byte)
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): encoded.append(byte)
      default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
