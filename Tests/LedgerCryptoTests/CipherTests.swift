import LedgerCrypto
import TestSupport
import Testing

@Suite("AES-256")
struct CipherTests {
  /// Test cases 13 to 16 of the specification of GCM that was submitted to NIST.
  @Test(
    "GCM known answers",
    arguments: [
      (
        String(repeating: "00", count: 32), "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"
      ),
      (
        String(repeating: "00", count: 32), "000000000000000000000000", String(repeating: "00", count: 16), "",
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
      ),
      (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad" + "b094dac5d93471bdec1a502270e3cc6c"
      ),
      (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
          + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b"
      ),
    ])
  func gcm(key: String, nonce: String, plaintext: String, context: String, box: String) throws {
    let key = Secret(copying: try #require(Hex.decode(key)))
    let nonceBytes = try #require(Hex.decode(nonce))
    let nonce = try #require(makeNonce(nonceBytes))
    let plaintext = try #require(Hex.decode(plaintext))
    let context = try #require(Hex.decode(context))
    let sealed = try AES256GCM.seal(plaintext, key: key, nonce: nonce, authenticating: context)
    #expect(Hex.encode(sealed) == box)
    #expect(try AES256GCM.open(sealed, key: key, nonce: nonce, authenticating: context) == plaintext)
    let secret = try unsafe sealed.withUnsafeBytes {
      try unsafe AES256GCM.openSecret($0, key: key, nonce: nonce, authenticating: context)
    }
    #expect(secret == Secret(copying: plaintext))
  }

  @Test("A change of any bit, another nonce, key or context, or a cut box does not open")
  func tampering() throws {
    let key = try Secret(random: SystemRandom(), count: 32)
    let nonce = try AES256GCM.Nonce(random: SystemRandom())
    let context = Array("person".utf8)
    let box = try AES256GCM.seal([1, 2, 3, 4, 5], key: key, nonce: nonce, authenticating: context)

    func expectRefusal(
      _ box: [UInt8], key: Secret, nonce: AES256GCM.Nonce, _ context: [UInt8],
      at location: SourceLocation = #_sourceLocation
    ) {
      #expect(throws: CryptoError(.authenticationFailed, ""), sourceLocation: location) {
        try AES256GCM.open(box, key: key, nonce: nonce, authenticating: context)
      }
    }
    for bit in 0..<(box.count * 8) {
      var changed = box
      changed[bit / 8] ^= 1 << (bit % 8)
      expectRefusal(changed, key: key, nonce: nonce, context)
    }
    for count in 0..<box.count { expectRefusal(Array(box[..<count]), key: key, nonce: nonce, context) }
    expectRefusal(box, key: try Secret(random: SystemRandom(), count: 32), nonce: nonce, context)
    expectRefusal(box, key: key, nonce: try AES256GCM.Nonce(random: SystemRandom()), context)
    expectRefusal(box, key: key, nonce: nonce, context + [0])
    expectRefusal(box, key: key, nonce: nonce, [])
    #expect(try AES256GCM.open(box, key: key, nonce: nonce, authenticating: context) == [1, 2, 3, 4, 5])
  }

  @Test("A key of another size is refused", arguments: [0, 16, 31, 33])
  func keySizes(count: Int) throws {
    let key = Secret(copying: [UInt8](repeating: 1, count: count))
    let nonce = try AES256GCM.Nonce(random: SystemRandom())
    #expect(throws: CryptoError(.invalidKey, "")) {
      try AES256GCM.seal([], key: key, nonce: nonce, authenticating: [])
    }
    #expect(throws: CryptoError(.invalidKey, "")) { try BlockMask(key: key) }
    #expect(makeNonce([UInt8](repeating: 0, count: count)) == nil)
  }

  @Test("Single blocks (FIPS 197, appendix C.3)")
  func blockKnownAnswer() throws {
    let mask = try BlockMask(key: Secret(copying: Array(0x00...0x1F)))
    var plain = BlockMask.Block(repeating: 0)
    for index in 0..<16 { plain[index] = UInt8(index * 0x11) }
    let masked = mask.mask(plain)
    #expect(bytes(masked) == Hex.decode("8ea2b7ca516745bfeafc49904b496089"))
    #expect(bytes(mask.unmask(masked)) == bytes(plain))
  }

  @Test("Masks used in turn, on many threads, keep to their own keys")
  func maskConcurrency() async throws {
    var random = SeededRandom()
    let keys = (0..<3).map { _ in Secret(copying: random.bytes(count: 32)) }
    let block = BlockMask.Block(repeating: 9)
    let expected = try keys.map { bytes(try BlockMask(key: $0).mask(block)) }
    #expect(Set(expected).count == 3)
    let masks = try keys.map { key throws(CryptoError) in try BlockMask(key: key) }
    let allRight = await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          (0..<2_000).allSatisfy { round in
            let index = (round / 2 + task) % 3
            let masked = masks[index].mask(block)
            return bytes(masked) == expected[index] && bytes(masks[index].unmask(masked)) == bytes(block)
          }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(allRight, "seed \(random.seed)")
  }
}

private func makeNonce(_ bytes: [UInt8]) -> AES256GCM.Nonce? {
  unsafe bytes.withUnsafeBytes { unsafe AES256GCM.Nonce(copying: $0) }
}

private func bytes(_ block: BlockMask.Block) -> [UInt8] {
  block.indices.map { block[$0] }
}
