import LedgerCrypto
import TestSupport
import Testing

@Suite("Digest")
struct DigestTests {
  @Test("Bytes, text and memory give the same digest back")
  func roundTrips() throws {
    var random = SeededRandom()
    for _ in 0..<200 {
      let bytes = random.bytes(count: 32)
      let digest = try #require(Digest(bytes: bytes))
      #expect(digest.bytes == bytes, "seed \(random.seed)")
      #expect(unsafe Digest(copying: bytes.span.bytes) == digest, "seed \(random.seed)")
      #expect(Digest(hex: digest.hex) == digest, "seed \(random.seed)")
      #expect(Digest(hex: digest.hex.uppercased()) == digest, "seed \(random.seed)")
      var appended: [UInt8] = [7]
      digest.append(to: &appended)
      #expect(appended == [7] + bytes, "seed \(random.seed)")
      // From an odd address, as inside a page of a database.
      let shifted = unsafe appended.withUnsafeBytes {
        unsafe Digest(copying: UnsafeRawBufferPointer(rebasing: $0[1...]))
      }
      #expect(shifted == digest, "seed \(random.seed)")
    }
  }

  @Test("A wrong count of bytes or digits is refused", arguments: [0, 1, 31, 33, 64])
  func wrongCounts(count: Int) {
    let bytes = [UInt8](repeating: 0xAB, count: count)
    #expect(Digest(bytes: bytes) == nil)
    #expect(unsafe Digest(copying: bytes.span.bytes) == nil)
    #expect(Digest(hex: Hex.encode(bytes)) == nil)
    #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
  }

  @Test("Every single changed bit makes digests differ")
  func comparison() throws {
    let bytes = [UInt8](repeating: 0x5A, count: 32)
    let digest = try #require(Digest(bytes: bytes))
    for bit in 0..<256 {
      var changed = bytes
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(Digest(bytes: changed) != digest)
    }
    #expect(Set([digest, digest, .zero]).count == 2)
    #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
    #expect(MemoryLayout<Digest>.size == 32)
  }
}

@Suite("Text coding (RFC 4648)")
struct TextCodingTests {
  @Test(
    "Base64 known answers, both ways",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == coded)
    #expect(Base64.decode(coded) == Array(plain.utf8))
  }

  @Test(
    "Base64 that is not exactly what encoding gives is refused",
    arguments: [
      "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zg==", "Zm-v", "Zm_v", "=", "====", "Z===", "Zg==Zg==",
      "Zm=v", "Zmé=",
    ])
  func strictBase64(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test("Random bytes come back from both codings")
  func roundTrips() {
    var random = SeededRandom()
    for count in 0..<200 {
      let bytes = random.bytes(count: count)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes, "seed \(random.seed)")
      #expect(Hex.decode(Hex.encode(bytes)) == bytes, "seed \(random.seed)")
    }
    let all = Array(UInt8.min...UInt8.max)
    #expect(Base64.decode(Base64.encode(all)) == all)
  }

  @Test("Hexadecimal digits", arguments: ["0", "0g", "xy", "0 1", "é0"])
  func strictHex(text: String) {
    #expect(Hex.decode(text) == nil)
    #expect(Hex.decode("00fF") == [0, 255])
    #expect(Hex.encode([0x01, 0x9A, 0xF0]) == "019af0")
  }
}
