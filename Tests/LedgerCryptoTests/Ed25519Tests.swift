import LedgerCrypto
import Testing

@Suite("Ed25519 (RFC 8032)")
struct Ed25519Tests {
  @Test(
    "Known answers of section 7.1",
    arguments: [
      (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
          + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
      ),
      (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
      ),
      (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
          + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
      ),
    ])
  func knownAnswers(seed: String, publicKey: String, message: String, signature: String) throws {
    let key = try Ed25519.SigningKey(seed: Secret(copying: try #require(Hex.decode(seed))))
    let message = try #require(Hex.decode(message))
    #expect(Hex.encode(key.verifyingKey.bytes) == publicKey)
    let signed = try key.sign(message)
    #expect(Hex.encode(signed) == signature)
    #expect(key.verifyingKey.verify(signed, of: message))
  }

  @Test("A changed signature, message or key does not verify")
  func tampering() throws {
    let key = try Ed25519.SigningKey(seed: Secret(random: SystemRandom(), count: 32))
    let other = try Ed25519.SigningKey(seed: Secret(random: SystemRandom(), count: 32))
    let message = Array("checkpoint".utf8)
    let signature = try key.sign(message)
    for bit in 0..<(signature.count * 8) {
      var changed = signature
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(!key.verifyingKey.verify(changed, of: message))
    }
    #expect(!key.verifyingKey.verify(signature, of: message + [0]))
    #expect(!key.verifyingKey.verify(signature, of: []))
    #expect(!other.verifyingKey.verify(signature, of: message))
    #expect(!key.verifyingKey.verify(Array(signature.dropLast()), of: message))
    #expect(!key.verifyingKey.verify([], of: message))
    #expect(key.verifyingKey.verify(signature, of: message))
  }

  @Test("Keys of another size are refused", arguments: [0, 31, 33, 64])
  func keySizes(count: Int) {
    let bytes = [UInt8](repeating: 1, count: count)
    #expect(throws: CryptoError(.invalidKey, "")) { try Ed25519.SigningKey(seed: Secret(copying: bytes)) }
    #expect(throws: CryptoError(.invalidKey, "")) { try Ed25519.VerifyingKey(bytes: bytes) }
  }

  @Test("A public key that is not on the curve verifies nothing")
  func notOnTheCurve() throws {
    let bytes = [2] + [UInt8](repeating: 0, count: 31)
    #expect(!(try Ed25519.VerifyingKey(bytes: bytes).verify([UInt8](repeating: 0, count: 64), of: [])))
  }

  @Test(
    "Keys of small order, and in another encoding than their own, are refused",
    arguments: [
      // Orders 1, 2, 4, 8 and 8; then coordinates from 2^255 - 19 on.
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
  func smallOrder(hex: String) throws {
    var bytes = try #require(Hex.decode(hex))
    for _ in 0..<2 {
      #expect(throws: CryptoError(.invalidKey, "")) { try Ed25519.VerifyingKey(bytes: bytes) }
      bytes[31] ^= 0x80
    }
    // The greatest coordinate but one is of nobody's small group.
    bytes = [0xEB] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    #expect(throws: Never.self) { try Ed25519.VerifyingKey(bytes: bytes) }
  }
}
