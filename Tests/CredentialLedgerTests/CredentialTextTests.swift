import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// The text form of credentials: one text for each value, and no other text for it.
@Suite struct CredentialTextTests {
  private func decode(_ text: String, count: Int, prefix: String = "cla_") -> [UInt8]? {
    unsafe CredentialText.decode(prefix: prefix, text, count: count) { unsafe Array($0) }
  }

  @Test("A known text, by another implementation of base 32 and CRC-32")
  func known() {
    // Python: base64.b32encode(b + zlib.crc32(b"cla_" + b).to_bytes(4, "big")).lower().rstrip(b"=")
    let bytes = (0..<24).map { UInt8($0) }
    let text = CredentialText.encode(prefix: "cla_", bytes)
    #expect(text == "cla_aaaqeayeaudaocajbifqydiob4ibceqtcqkrmf7iyangk")
    #expect(decode(text, count: 24) == bytes)
  }

  @Test("Whatever is written is read back, for every length")
  func roundTrips() {
    var random = SeededRandom(stream: 1)
    for count in 1...48 {
      let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      let text = CredentialText.encode(prefix: "cla_", bytes)
      #expect(decode(text, count: count) == bytes, "seed \(testSeed)")
      #expect(decode(text, count: count + 1) == nil && decode(text, count: count - 1) == nil)
      #expect(decode(text, count: count, prefix: "clr_") == nil)
      #expect(CredentialText.encode(prefix: "clr_", bytes).suffix(3) != text.suffix(3), "the prefix is in the checksum")
    }
  }

  @Test("One wrong character is always noticed, whatever it is")
  func wrongCharacters() {
    var random = SeededRandom(stream: 1)
    let bytes = (0..<40).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    let text = Array(CredentialText.encode(prefix: "cla_", bytes).utf8)
    for index in text.indices {
      for other in UInt8(0x20)...0x7E where other != text[index] {
        var changed = text
        changed[index] = other
        #expect(decode(String(decoding: changed, as: UTF8.self), count: 40) == nil, "seed \(testSeed), at \(index)")
      }
    }
  }

  @Test("Bits to spare in the last character are 0, so that no value has two texts")
  func spareBits() throws {
    // 28 bytes with the checksum are 224 bits: 44 characters and 4 of the 5 bits of the last.
    let text = CredentialText.encode(prefix: "cla_", [UInt8](repeating: 7, count: 24))
    let last = try #require(text.utf8.last)
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    let value = try #require(alphabet.firstIndex(of: last))
    #expect(value & 1 == 0)
    let twin = String(text.dropLast()) + String(decoding: [alphabet[value | 1]], as: UTF8.self)
    #expect(decode(twin, count: 24) == nil)
  }

  @Test("Text outside ASCII, or of another length, is refused")
  func otherTexts() {
    let text = CredentialText.encode(prefix: "cla_", [UInt8](repeating: 7, count: 24))
    for other in [
      "", "cla_", text + "a", String(text.dropLast()), text.uppercased(), "é" + text.dropFirst(2), text + "=",
    ] {
      #expect(decode(other, count: 24) == nil)
    }
  }
}
