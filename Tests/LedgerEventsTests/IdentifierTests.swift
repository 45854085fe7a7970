import LedgerCrypto
import LedgerEvents
import TestSupport
import Testing

@Suite struct ObjectIDTests {
  @Test("An ID prints its kind, and is read with or without it")
  func text() {
    #expect("\(ConnectorID(rawValue: 1234))" == "connector:1234")
    #expect("\(SecretID(rawValue: 5))" == "secret:5")
    #expect(ConnectorID("connector:1234") == ConnectorID(rawValue: 1234))
    #expect(ConnectorID("1234") == ConnectorID(rawValue: 1234))
    #expect(ConnectorID("connector:18446744073709551615") == ConnectorID(rawValue: .max))
    for text in ["", "0", "connector:", "connector:0", "group:1", "+1", "connector:+1", "-1", "18446744073709551616"] {
      #expect(ConnectorID(text) == nil, "\(text)")
    }
  }

  @Test("0 in a field is no object")
  func zero() {
    #expect(GroupID(unlessZero: 0) == nil)
    #expect(GroupID(unlessZero: 9) == GroupID(rawValue: 9))
    #expect(GroupID(rawValue: 1) < GroupID(rawValue: 2))
  }
}

@Suite struct PublicIDTests {
  @Test("Text is a GUID in lower case; both cases and a group's suffix are read")
  func text() throws {
    let text = "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62"
    let id = try #require(PublicID(text))
    #expect(id.bytes.prefix(4) == [0xDF, 0x91, 0xCB, 0x37])
    #expect(id.bytes.suffix(2) == [0xAC, 0x62])
    #expect("\(id)" == text)
    #expect(PublicID(text.uppercased()) == id)
    #expect(PublicID(text + "@1") == id)
    #expect(PublicID(text + "@204") == id)
  }

  @Test(
    "Other text is refused",
    arguments: [
      "", "@1", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62@", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62@x",
      "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62@1@2", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac6",
      "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac621", "df91cb3797bf4ccda8c2b2a3ba5eac62",
      "df91cb37-97bf-4ccd-a8c2b2a3-ba5eac62", "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac6g",
      "{df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62}", " df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62",
    ])
  func otherText(text: String) {
    #expect(PublicID(text) == nil)
  }

  @Test("Any 16 bytes go round through text and bytes, and sort as their text does")
  func roundTrip() throws {
    var random = SeededRandom()
    var ids: [PublicID] = []
    for _ in 0..<500 {
      let bytes = (0..<16).map { _ in UInt8(random.below(256)) }
      let id = try #require(PublicID(bytes: bytes))
      #expect(id.bytes == bytes, "seed \(random.seed)")
      #expect(PublicID("\(id)") == id, "seed \(random.seed)")
      ids.append(id)
    }
    #expect(ids.sorted().map { "\($0)" } == ids.map { "\($0)" }.sorted(), "seed \(random.seed)")
    #expect(PublicID(bytes: [1, 2, 3]) == nil)
  }

  @Test("A new ID is what the random source gives")
  func drawn() throws {
    #expect(try PublicID(random: CountingSource()).bytes == Array(1...16))
    #expect(throws: CryptoError.self) { try PublicID(random: EmptySource()) }
    #expect(try PublicID(random: SystemRandom()) != PublicID(random: SystemRandom()))
  }
}

private struct CountingSource: RandomSource {
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
    for index in buffer.indices { unsafe buffer[index] = UInt8(index + 1) }
  }
}

private struct EmptySource: RandomSource {
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
    throw CryptoError(.randomUnavailable, "Nothing to give.")
  }
}
