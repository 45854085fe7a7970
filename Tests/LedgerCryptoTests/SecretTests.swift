import LedgerCrypto
import TestSupport
import Testing

@Suite("Secrets and randomness")
struct SecretTests {
  @Test("No text or mirror of a secret, or of what holds one, shows it")
  func redaction() {
    struct Holder { let inner: Secret? }
    let secret = Secret(copying: Array("canary".utf8))
    var dumped = ""
    dump(Holder(inner: secret), to: &dumped)
    let texts = [
      "\(secret)", String(describing: secret), String(reflecting: secret), "\(Holder(inner: secret))",
      String(reflecting: [secret]), dumped,
    ]
    for text in texts {
      #expect(text.contains("<redacted>"))
      #expect(!text.contains("canary") && !text.contains("99, 97") && !text.lowercased().contains("63616e"))
      #expect(!text.contains("0x"))
    }
    #expect(Mirror(reflecting: secret).children.isEmpty)
    #expect(!((secret as Any) is any Encodable))
  }

  @Test("Secrets are equal when their bytes are")
  func equality() {
    #expect(Secret(copying: [1, 2, 3]) == Secret(copying: [1, 2, 3]))
    #expect(Secret(copying: [1, 2, 3]) != Secret(copying: [1, 2, 4]))
    #expect(Secret(copying: [1, 2, 3]) != Secret(copying: [1, 2]))
    #expect(Secret(copying: [UInt8]()) == Secret(copying: [UInt8]()))
    #expect(constantTimeEquals([], []))
    #expect(constantTimeEquals([1, 2], [1, 2]))
    #expect(!constantTimeEquals([1, 2], [1, 3]))
    #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
  }

  @Test("The memory of a secret is wiped before it is given back")
  func wiping() {
    // A block of this size is handed out again to the thread that just freed it.
    let freed = unsafe Secret(copying: [UInt8](repeating: 0xA5, count: 512)).withUnsafeBytes {
      UInt(bitPattern: $0.baseAddress)
    }
    let reused = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 16)
    defer { unsafe reused.deallocate() }
    // Another allocator than the usual one may choose another block, and then there is nothing to see.
    if UInt(bitPattern: reused) == freed {
      // The allocator keeps notes of its own in the first 16 bytes.
      #expect(!(16..<512).contains { unsafe reused.load(fromByteOffset: $0, as: UInt8.self) == 0xA5 })
    }

    var original: [UInt8] = [1, 2, 3]
    #expect(Secret(wiping: &original) == Secret(copying: [1, 2, 3]))
    #expect(original == [0, 0, 0])
  }

  @Test("The system's random bytes differ from draw to draw and fill the whole buffer")
  func systemRandom() throws {
    let draws = try (0..<64).map { _ throws(CryptoError) in try SystemRandom().bytes(count: 33) }
    #expect(Set(draws).count == 64)
    #expect((0..<33).allSatisfy { column in Set(draws.map { $0[column] }).count > 8 })
    #expect(try SystemRandom().bytes(count: 0).isEmpty)
    #expect(try Secret(random: SystemRandom(), count: 32) != Secret(random: SystemRandom(), count: 32))
  }

  @Test("A secret whose random source fails is not made")
  func failingSource() {
    struct Exhausted: RandomSource {
      func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        throw CryptoError(.randomUnavailable, "none left")
      }
    }
    #expect(throws: CryptoError(.randomUnavailable, "")) { try Secret(random: Exhausted(), count: 32) }
    #expect(throws: CryptoError(.randomUnavailable, "")) { try AES256GCM.Nonce(random: Exhausted()) }
    #expect(throws: CryptoError(.randomUnavailable, "")) { try Exhausted().bytes(count: 1) }
  }

  /// Stored data depends on this stream: a change here is a change of the format.
  @Test("The deterministic stream of a seed never changes")
  func goldenStream() throws {
    let random = DeterministicRandom(seed: Secret(copying: Array(0..<32)))
    #expect(
      Hex.encode(try random.bytes(count: 80))
        == "1327163bc10297d04ebb4731d93a0d239b357834c37a43d4f598090d9142d7238d473bca807c7dee"
        + "d4a16503bec94f83e0045eb4936174e6d952f094bfc4203ba2c159234633ecc0c6e116701e6484b8")
  }

  @Test("The deterministic stream does not depend on the sizes of the draws")
  func streamInPieces() throws {
    var generator = SeededRandom()
    let seed = Secret(copying: generator.bytes(count: 32))
    let whole = try DeterministicRandom(seed: seed).bytes(count: 1_000)
    let random = DeterministicRandom(seed: seed)
    var pieces: [UInt8] = []
    while pieces.count < 1_000 {
      pieces += try random.bytes(count: min(Int.random(in: 0...70, using: &generator), 1_000 - pieces.count))
    }
    #expect(pieces == whole, "seed \(generator.seed)")
    #expect(try DeterministicRandom(seed: Secret(copying: [1])).bytes(count: 1_000) != whole)
  }

  @Test("Threads that share a stream get disjoint ranges of it")
  func sharedStream() async throws {
    let seed = Secret(copying: [7])
    let random = DeterministicRandom(seed: seed)
    let drawn = await withTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<8 { group.addTask { (0..<50).compactMap { _ in try? random.bytes(count: 32) } } }
      return await group.reduce(into: []) { $0 += $1 }
    }
    let whole = try DeterministicRandom(seed: seed).bytes(count: 8 * 50 * 32)
    let expected = stride(from: 0, to: whole.count, by: 32).map { Array(whole[$0..<($0 + 32)]) }
    #expect(Set(drawn) == Set(expected))
    #expect(drawn.count == expected.count)
  }
}
