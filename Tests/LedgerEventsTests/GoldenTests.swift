import LedgerCrypto
import LedgerEvents
import Testing

/// What was ever written stays readable, and is still written the same.
@Suite(.serialized) struct GoldenTests {
  @Test("Each version ever written of each type has a sample and a golden file, and there are no others")
  func completeness() throws {
    let samples = try Sample.all()
    for sample in samples { GoldenFiles.writeIfMissing(sample.fileName, sample.payload) }
    for type in EventType.allCases {
      for version in 1...(try #require(type.currentVersion)) {
        #expect(samples.contains { $0.fileName == "\(type).v\(version).hex" }, "\(type), version \(version)")
      }
    }
    #expect(GoldenFiles.names().filter { $0.hasSuffix(".hex") } == samples.map(\.fileName).sorted())
  }

  @Test("A golden file means what it always meant, and is what is written for that")
  func bothWays() throws {
    for sample in try Sample.all() {
      let golden = try #require(GoldenFiles.bytes(sample.fileName), "\(sample.fileName) is missing")
      #expect(try decode(sample.type, version: sample.version, golden) == sample.event, "\(sample.fileName)")
      #expect(Hex.encode(sample.payload) == Hex.encode(golden), "\(sample.fileName)")
      #expect(
        try decode(sample.type, version: sample.version, golden).encodedPayload() == sample.event.encodedPayload())
    }
  }

  @Test("Numbers, versions and names of the types are those of the table")
  func table() throws {
    var lines = ""
    for type in EventType.allCases {
      let name = try #require(type.name)
      for version in 1...(try #require(type.currentVersion)) { lines += "\(type.rawValue) \(version) \(name)\n" }
    }
    #expect(GoldenFiles.text("types.txt") == lines)
  }

  @Test("Samples set every field of the schemas, so that the golden files pin each field's number")
  func everyFieldIsSet() throws {
    for (message, samples) in Dictionary(grouping: try Sample.all(), by: \.message) {
      let fields = try #require(fieldsInSchema(of: message), "\(message)")
      #expect(Set(samples.flatMap { topLevelFields(of: $0.payload) }) == fields, "\(message)")
    }
  }
}

/// The field numbers of a message, as the text of the schemas has them.
///
/// - Parameter message: full name, such as `credledger.events.v1.TokenIssued`.
private func fieldsInSchema(of message: String) -> Set<Int>? {
  let names = message.split(separator: ".")
  let folder = "../../../Schemas/events/\(names[2])"
  for file in GoldenFiles.names(in: folder) {
    let lines = (GoldenFiles.text("\(folder)/\(file)") ?? "").split(separator: "\n")
    guard let start = lines.firstIndex(of: "message \(names[3]) {") else { continue }
    let fields = lines[start...].dropFirst().prefix { $0 != "}" }
    return Set(
      fields.compactMap { line in
        guard line.hasSuffix(";"), !line.contains("//") else { return nil }
        return Int(line.dropLast().split(separator: " ").last ?? "")
      })
  }
  return nil
}

/// The field numbers at the top level of a message in protocol buffers' binary format.
private func topLevelFields(of message: [UInt8]) -> [Int] {
  var rest = message[...]
  func varint() -> Int {
    var value = 0
    var shift = 0
    while let byte = rest.popFirst() {
      value |= Int(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    return value
  }
  var numbers: [Int] = []
  while !rest.isEmpty {
    let tag = varint()
    numbers.append(tag >> 3)
    let value = varint()
    if tag & 7 == 2 { rest = rest.dropFirst(value) }
  }
  return numbers
}

/// Decodes the payload of a record at position 7.
func decode(_ type: EventType, version: UInt8, _ payload: [UInt8]) throws(EventCodingError) -> LedgerEvent {
  try unsafe LedgerEvent.decode(type: type.rawValue, version: version, payload: payload.span.bytes, position: 7)
}
