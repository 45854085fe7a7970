/// For whom a token was made: one client, or a list of them.
struct Audience: Codable, Sendable, Equatable {
  let value: [String]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let client = try? container.decode(String.self) {
      value = [client]
    } else {
      value = try container.decode([String].self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// A boolean, which some providers write as a text.
struct LenientFlag: Codable, Sendable, Equatable {
  let value: Bool

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      value = flag
    } else {
      value = try container.decode(String.self) == "true"
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// What a token says of an event (RFC 8417 section 2.2): an object, whose members are of no use here.
struct EventClaim: Codable, Sendable, Equatable {
  private enum Name: CodingKey {}

  init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Name.self) }

  func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: Name.self) }
}
