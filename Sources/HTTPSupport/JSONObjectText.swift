/// The text of a JSON object (RFC 8259) that is written member by member, without a tree of values between: for what is answered
/// often.
public struct JSONObjectText: Sendable {
  private var json: [UInt8] = []

  /// An object without members.
  ///
  /// - Parameter capacity: how many bytes it has about.
  public init(capacity: Int = 512) {
    json.reserveCapacity(capacity)
    json.append(UInt8(ascii: "{"))
  }

  /// Ends the object.
  ///
  /// - Returns: the object in UTF-8.
  public mutating func finish() -> [UInt8] {
    json.append(UInt8(ascii: "}"))
    return json
  }

  /// Adds a text.
  ///
  /// - Parameter name: without characters that JSON escapes.
  public mutating func add(_ name: String, _ text: String) {
    add(name)
    JSONValue.append(text, to: &json)
  }

  /// Adds a whole number.
  public mutating func add(_ name: String, _ number: Int64) {
    add(name)
    json += String(number).utf8
  }

  /// Adds a boolean.
  public mutating func add(_ name: String, _ value: Bool) {
    add(name)
    json += (value ? "true" : "false").utf8
  }

  /// Adds any value.
  public mutating func add(_ name: String, _ value: JSONValue) {
    add(name)
    value.append(to: &json)
  }

  private mutating func add(_ name: String) {
    if json.count > 1 { json.append(UInt8(ascii: ",")) }
    json.append(UInt8(ascii: "\""))
    json += name.utf8
    json += "\":".utf8
  }
}
