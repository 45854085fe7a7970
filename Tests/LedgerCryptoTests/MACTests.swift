import LedgerCrypto
import Testing

@Suite("HMAC and HKDF")
struct MACTests {
  @Test(
    "HMAC-SHA256 (RFC 4231)",
    arguments: [
      (
        String(repeating: "0b", count: 20), Hex.encode(Array("Hi There".utf8)),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Hex.encode(Array("Jefe".utf8)), Hex.encode(Array("what do ya want for nothing?".utf8)),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
      ),
      (
        "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
      ),
      (
        String(repeating: "aa", count: 131),
        Hex.encode(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
      (
        String(repeating: "aa", count: 131),
        Hex.encode(
          Array(
            ("This is a test using a larger than block-size key and a larger than block-size data. "
              + "The key needs to be hashed before being used by the HMAC algorithm.").utf8)),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
      ),
    ])
  func hmac(key: String, message: String, expected: String) throws {
    let key = Secret(copying: try #require(Hex.decode(key)))
    let message = try #require(Hex.decode(message))
    #expect(HMACSHA256.authenticate(message, key: key).hex == expected)
    #expect(unsafe HMACSHA256.authenticate(message.span.bytes, key: key).hex == expected)
  }

  @Test(
    "HKDF-SHA256 (RFC 5869, appendix A)",
    arguments: [
      (
        String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
      ),
      (
        Hex.encode(Array(0x00...0x4F)), Hex.encode(Array(0x60...0xAF)), Hex.encode(Array(0xB0...0xFF)),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
          + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
      ),
      (
        String(repeating: "0b", count: 22), "", "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
      ),
    ])
  func hkdf(input: String, salt: String, info: String, expected: String) throws {
    let derived = HKDFSHA256.derive(
      from: Secret(copying: try #require(Hex.decode(input))), salt: try #require(Hex.decode(salt)),
      info: try #require(Hex.decode(info)), count: expected.utf8.count / 2)
    #expect(unsafe derived.withUnsafeBytes { unsafe Hex.encode($0) } == expected)
  }

  @Test("HKDF gives at most 255 blocks")
  func hkdfLimit() async {
    let input = Secret(copying: [1])
    #expect(HKDFSHA256.derive(from: input, info: [], count: 8_160).count == 8_160)
    await #expect(processExitsWith: .failure) {
      _ = HKDFSHA256.derive(from: Secret(copying: [1]), info: [], count: 8_161)
    }
  }
}
