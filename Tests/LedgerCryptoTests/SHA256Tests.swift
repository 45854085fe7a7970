import LedgerCrypto
import TestSupport
import Testing

@Suite("SHA-256 (FIPS 180-4)")
struct SHA256Tests {
  @Test(
    "Known answers",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func knownAnswers(message: String, expected: String) {
    #expect(SHA256.hash(Array(message.utf8)).hex == expected)
    #expect(unsafe SHA256.hash(Array(message.utf8).span.bytes).hex == expected)
  }

  @Test("A million times the letter a, as a stream in uneven pieces")
  func longStream() {
    var stream = SHA256.Stream()
    var rest = 1_000_000
    var piece = 1
    while rest > 0 {
      let count = min(piece, rest)
      stream.update([UInt8](repeating: UInt8(ascii: "a"), count: count))
      rest -= count
      piece = piece * 3 % 4_099 + 1
    }
    #expect(stream.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("A stream that is given up does not disturb the next hash")
  func abandonedStream() {
    do {
      var stream = SHA256.Stream()
      stream.update([1, 2, 3])
    }
    #expect(SHA256.hash([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("Every way to hash in pieces equals the hash of the whole")
  func pieces() throws {
    var random = SeededRandom()
    for _ in 0..<200 {
      let left = random.bytes(count: 32)
      let right = random.bytes(count: 32)
      let body = random.bytes(count: Int.random(in: 0...300, using: &random))
      let prefix = UInt8.random(in: 0...255, using: &random)
      let leftDigest = try #require(Digest(bytes: left))
      let rightDigest = try #require(Digest(bytes: right))

      #expect(SHA256.hash(prefix: prefix, body) == SHA256.hash([prefix] + body), "seed \(random.seed)")
      #expect(
        unsafe SHA256.hash(prefix: prefix, body.span.bytes) == SHA256.hash([prefix] + body), "seed \(random.seed)")
      #expect(
        SHA256.hash(prefix: prefix, leftDigest, rightDigest) == SHA256.hash([prefix] + left + right),
        "seed \(random.seed)")
      #expect(SHA256.hash(pieces: left, body, [], right) == SHA256.hash(left + body + right), "seed \(random.seed)")
    }
  }

  @Test("Tasks on many threads do not disturb one another")
  func concurrency() async {
    let expected = (0..<64).map { SHA256.hash([UInt8](repeating: UInt8($0), count: 100 + $0)) }
    let allRight = await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          (0..<2_000).allSatisfy { round in
            let index = (round + task) % 64
            return SHA256.hash([UInt8](repeating: UInt8(index), count: 100 + index)) == expected[index]
          }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(allRight)
  }
}
