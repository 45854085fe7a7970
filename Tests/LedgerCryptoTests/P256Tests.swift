import LedgerCrypto
import Testing

@Suite struct P256Tests {
  /// RFC 7515 appendix A.3.
  private static let x = Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") ?? []
  private static let y = Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0") ?? []
  private static let signed =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
  private static let signature =
    Base64URL.decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q") ?? []

  @Test("The signature of RFC 7515 appendix A.3 is good, and no other")
  func knownAnswer() throws {
    let key = try P256.VerifyingKey(x: Self.x, y: Self.y)
    #expect(key.verify(Self.signature, of: Array(Self.signed.utf8)))
    #expect(!key.verify(Self.signature, of: Array((Self.signed + "x").utf8)))
    for index in [0, 31, 32, 63] {
      var changed = Self.signature
      changed[index] ^= 1
      #expect(!key.verify(changed, of: Array(Self.signed.utf8)))
    }
    for wrong in [[], Array(Self.signature.dropLast()), Self.signature + [0], [UInt8](repeating: 0, count: 64)] {
      #expect(!key.verify(wrong, of: Array(Self.signed.utf8)))
    }
  }

  @Test("What is no point of the curve is no key")
  func points() {
    var off = Self.y
    off[31] ^= 1
    for (x, y) in [
      (Self.x, off), (Self.y, Self.x), ([], []), (Self.x, Array(Self.y.dropLast())),
      ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32)),
      ([UInt8](repeating: 0xFF, count: 32), Self.y),
    ] {
      #expect(throws: CryptoError.self) { try P256.VerifyingKey(x: x, y: y) }
    }
  }

  @Test("Base64 for URLs has one text for each run of bytes")
  func base64URL() {
    for (bytes, text) in [([], ""), ([0xFB], "-w"), ([0xFF, 0xFE], "__4"), ([1, 2, 3], "AQID")] as [([UInt8], String)] {
      #expect(Base64URL.encode(bytes) == text)
      #expect(Base64URL.decode(text) == bytes)
    }
    for text in ["+w", "/w", "-w==", "-x", "A", " ", "AQ ID"] { #expect(Base64URL.decode(text) == nil, "\(text)") }
  }
}
