import LedgerCrypto
import LedgerEvents
import TestSupport
import Testing

@Suite struct CodingTests {
  @Test("Fields that this program does not know survive decoding and encoding, in their own version")
  func unknownFields() throws {
    // Field 1000, a varint; field 1001, two bytes.
    let unknown: [UInt8] = [0xC0, 0x3E, 0x2A, 0xCA, 0x3E, 0x02, 0x01, 0x02]
    for sample in try Sample.all() {
      let event = try decode(sample.type, version: sample.version, sample.payload + unknown)
      let isCurrent = sample.version == sample.type.currentVersion
      #expect((event == sample.event) == !isCurrent)
      let kept = isCurrent ? unknown : []
      #expect(try event.encodedPayload() == sample.event.encodedPayload() + kept, "\(sample.fileName)")
    }
  }

  @Test("A field unknown in an earlier version is not taken for what the next one keeps under its number")
  func fieldUnknown() throws {
    // Field 6, an empty message: in version 2 it is the program that the person used.
    let event = try decode(.accountRegistered, version: 1, [0x32, 0x00])
    #expect(event == .accountRegistered(.init()))
    #expect(try decode(.accountRegistered, version: 2, event.encodedPayload()) == event)
  }

  @Test("An empty payload is the event with no field set")
  func emptyPayload() throws {
    for type in EventType.allCases { #expect(try decode(type, version: 1, []).encodedPayload() == []) }
  }

  @Test("The decoded event has the type of its record")
  func typeOfEvent() throws {
    for type in EventType.allCases { #expect(try decode(type, version: 1, []).type == type) }
  }

  @Test("An unknown type is an error that names position, type and version")
  func unknownType() throws {
    for number: UInt16 in [0, 5, 999, .max] {
      let error = try #require(throws: EventCodingError.self) {
        try decode(EventType(rawValue: number), version: 1, [])
      }
      #expect(error.code == .unknownType)
      #expect(error.position == 7 && error.type?.rawValue == number && error.version == 1)
      #expect(error.description.contains("position 7 has type \(number), version 1"))
      #expect(error.description.contains("Upgrade"))
    }
  }

  @Test("A newer version is an error that says to upgrade; version 0 is none")
  func unknownVersions() throws {
    for type in EventType.allCases {
      let current = try #require(type.currentVersion)
      let newer = try #require(throws: EventCodingError.self) { try decode(type, version: current + 1, []) }
      #expect(newer.code == .newerVersion)
      #expect(newer.description.contains("\(type) at position 7 has version \(current + 1)"))
      #expect(newer.description.contains("Upgrade"))
      let zero = #expect(throws: EventCodingError.self) { try decode(type, version: 0, []) }
      #expect(zero?.code == .malformedPayload)
    }
  }

  @Test("A truncated payload is an error that names its record, or is a payload that ends earlier")
  func truncatedPayloads() throws {
    var failures = 0
    for sample in try Sample.all() {
      for count in sample.payload.indices.dropFirst() {
        do throws(EventCodingError) {
          let event = try decode(sample.type, version: sample.version, Array(sample.payload.prefix(count)))
          // Of an old PIN not every field means something today.
          let isOldPIN = sample.type == .phonePINRequested && sample.version < 3
          #expect(event != sample.event || isOldPIN)
        } catch {
          #expect(error.code == .malformedPayload)
          #expect(error.position == 7 && error.type == sample.type && error.version == sample.version)
          failures += 1
        }
      }
    }
    #expect(failures > 1000)
  }

  @Test("Whatever the bytes are, decoding returns or throws, and what it returned can be written and read again")
  func randomDamage() throws {
    var random = SeededRandom()
    let samples = try Sample.all()
    for _ in 0..<5000 {
      let sample = samples[random.below(samples.count)]
      var payload = sample.payload
      for _ in 0...random.below(4) { payload[random.below(payload.count)] = UInt8(random.below(256)) }
      guard let event = try? decode(sample.type, version: sample.version, payload) else { continue }
      let version = try #require(sample.type.currentVersion)
      #expect(
        try decode(sample.type, version: version, event.encodedPayload()) == event,
        "seed \(random.seed), \(sample.fileName)")
    }
  }

  @Test("The error never repeats the payload")
  func errorsHoldNoPayload() throws {
    let payload: [UInt8] = [0x0A, 0x20] + Array("+4915550000000".utf8)
    let error = try #require(throws: EventCodingError.self) { try decode(.webhookDisabled, version: 1, payload) }
    #expect(error.code == .malformedPayload)
    #expect(!error.description.contains("4915550000000"))
  }
}

@Suite struct MessageBytesTests {
  @Test("Digests, public IDs and sealed data go into messages and come out again")
  func roundTrip() throws {
    let digest = try #require(Digest(bytes: 0..<32))
    let publicID = try #require(PublicID(bytes: 100..<116))
    let message = ConnectorCreated.with {
      $0.secretDigest = .init(digest)
      $0.publicID = .init(publicID)
    }
    #expect(try Digest(field: message.secretDigest) == digest)
    #expect(try PublicID(field: message.publicID) == publicID)
    let sealed = Sealed(person: 1...16, box: 20...60)
    #expect(sealed.personBytes == Array(1...16))
    #expect(sealed.boxBytes == Array(20...60))
  }

  @Test("A field of any other size is an error", arguments: [0, 15, 17, 31, 33])
  func sizes(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(throws: EventCodingError.self) { try Digest(field: bytes) }
    #expect(throws: EventCodingError.self) { try PublicID(field: bytes) }
    let error = #expect(throws: EventCodingError.self) { try Digest(field: repeatElement(1, count: count)) }
    #expect(error?.code == .malformedField)
  }
}
