// Identifiers, times and scopes in the JSON of a program: each is one string, the same text that it prints as.

extension Decoder {
  /// A value that is one string.
  ///
  /// - Throws: `DecodingError` for any other value.
  package func text<Value>(_ expected: String, _ read: (String) -> Value?) throws -> Value {
    let container = try singleValueContainer()
    guard let value = read(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected \(expected)")
    }
    return value
  }
}

extension Encoder {
  /// Writes a value that is one string.
  package func write(_ text: String) throws {
    var container = singleValueContainer()
    try container.encode(text)
  }
}

/// As a string of kind and number, such as `connector:8`.
extension ObjectID: Codable {
  public init(from decoder: any Decoder) throws {
    self = try decoder.text("the number of an object, such as \(Kind.name):8") { Self($0) }
  }
  public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

/// As a string of kind and number, such as `group:9`.
extension Subject: Codable {
  public init(from decoder: any Decoder) throws {
    self = try decoder.text("a subject, such as group:9") { Self($0) }
  }
  public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

/// As a string, the form of a GUID.
extension PublicID: Codable {
  public init(from decoder: any Decoder) throws { self = try decoder.text("a GUID") { Self($0) } }
  public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

/// As a string of RFC 3339 in UTC with milliseconds.
extension Timestamp: Codable {
  /// - Throws: `DecodingError` for what is no time of RFC 3339.
  public init(from decoder: any Decoder) throws {
    self = try decoder.text("a time of RFC 3339") { Self(rfc3339: $0) }
  }

  /// - Throws: `EncodingError` for a moment outside the years 0000 to 9999, which RFC 3339 cannot write.
  public func encode(to encoder: any Encoder) throws {
    guard let text = rfc3339 else {
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "expected a time in the years 0000 to 9999"))
    }
    try encoder.write(text)
  }
}

/// As a string of names with commas between.
extension Scopes: Codable {
  public init(from decoder: any Decoder) throws { self = try decoder.text("names of scopes") { Self($0) } }
  public func encode(to encoder: any Encoder) throws { try encoder.write(description) }
}

/// As a string, the name of the type; a type that has none, by its number.
extension EventType: Codable {
  public init(from decoder: any Decoder) throws {
    self = try decoder.text("the name of an event type") { text in
      EventType(name: text) ?? UInt16(text).map { EventType(rawValue: $0) }
    }
  }
  public func encode(to encoder: any Encoder) throws { try encoder.write(name ?? String(rawValue)) }
}

extension Permission: Codable {}
