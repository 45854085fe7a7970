import LedgerCrypto
import TestSupport
import Testing
import TransparencyLog

/// Whatever bytes arrive, reading them throws or gives a value that writes the same bytes again; it never traps.
@Suite struct FuzzTests {
  /// Random bytes, and well-formed samples with a few bytes changed, doubled or dropped.
  private func inputs(from samples: [[UInt8]], count: Int, using random: inout SeededRandom) -> [[UInt8]] {
    (0..<count).map { round in
      guard round % 4 != 0, var bytes = samples.randomElement(using: &random) else {
        return random.bytes(count: Int.random(in: 0...200, using: &random))
      }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[place..<min(place + 7, bytes.count)], at: place)
        default: bytes[place] = [0x0A, 0x20, 0x2B, 0x2F, 0x2E, 0x70, 0xCC, 0xE2].randomElement(using: &random) ?? 0
        }
      }
      return bytes
    }
  }

  @Test("Texts are read or refused")
  func anyTexts() {
    let seed = testSeed
    var random = SeededRandom(seed: seed)
    let samples = [
      GoldenNote.cosigned, GoldenNote.text, GoldenNote.witnessKey, "tile/0/x001/x234/067", "tile/entries/x001/067.p/12",
      "tile/0/\u{301}\u{600}00.p/1", "tile/0/é00",
    ].map { bytes($0) }
    for input in inputs(from: samples, count: 6000, using: &random) {
      let text = String(decoding: input, as: UTF8.self)
      if let note = try? SignedNote(decoding: input), note.bytes != input {
        Issue.record("A note changed; seed \(seed).")
      }
      if let path = try? TilePath(text), bytes(path.description) != bytes(text) {
        Issue.record("A path changed; seed \(seed).")
      }
      if let key = try? VerifierKey(text), bytes(key.description) != bytes(text) {
        Issue.record("A key changed; seed \(seed).")
      }
      if let checkpoint = try? Checkpoint(noteText: text), bytes(checkpoint.noteText) != bytes(text) {
        Issue.record("A checkpoint changed; seed \(seed).")
      }
    }
  }

  @Test("Bytes are read or refused")
  func anyBytes() throws {
    let seed = testSeed
    var random = SeededRandom(seed: seed)
    for _ in 0..<5000 {
      let input = random.bytes(count: Int.random(in: 0...130, using: &random)).map { $0 % 5 == 0 ? $0 : 0 }
      let width = Int.random(in: -1...20, using: &random)
      if let bundle = try? EntryBundle(decoding: input, width: width) {
        var again = EntryBundle()
        for entry in bundle.entries { unsafe try again.append(entry.span.bytes) }
        if again.bytes != input { Issue.record("A bundle changed; seed \(seed).") }
      }
      if let tile = try? HashTile(decoding: input, width: width), tile.bytes != input {
        Issue.record("A tile changed; seed \(seed).")
      }
      let rows = (0..<3).map { _ in random.bytes(count: 32 * Int.random(in: 0...2, using: &random)) }
      let size = UInt64.random(in: 0..<0x333, using: &random)
      if let edge = try? MerkleEdge(size: size, rows: rows) { _ = edge.root() }
    }
  }

  /// Signatures of any length by a known key are judged, not trusted.
  @Test("Signatures of any length are judged")
  func signatures() throws {
    var random = SeededRandom(seed: testSeed)
    let keys = try [VerifierKey(GoldenNote.logKey), VerifierKey(GoldenNote.witnessKey)]
    for length in 1..<100 {
      for key in keys {
        var note = try SignedNote(decoding: bytes(GoldenNote.checkpoint))
        try note.add(NoteSignature(keyName: key.name, keyID: key.id, bytes: random.bytes(count: length)))
        #expect(throws: TransparencyError(.invalidSignature, "")) { try note.verifiedKeys(among: [key]) }
      }
    }
  }
}
