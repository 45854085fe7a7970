import LedgerCrypto
import Testing
import TransparencyLog

/// The requests to witnesses and their answers, byte for byte (C2SP tlog-witness).
@Suite struct AddCheckpointTests {
  let log: Ed25519NoteSigner
  let cosigner: Cosigner
  let note: SignedNote
  let hash = SHA256.hash([1])

  init() throws {
    log = try Ed25519NoteSigner(
      name: "ledger.example.org", key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 1, count: 32))))
    cosigner = try Cosigner(
      name: "witness.example.org", key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 2, count: 32))))
    let checkpoint = try Checkpoint(origin: "ledger.example.org", size: 9, root: SHA256.hash([2]))
    note = try SignedNote(text: checkpoint.noteText, signedBy: log)
  }

  func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("A request is the old size, the proof and the checkpoint")
  func request() throws {
    let proof = ConsistencyProof(oldSize: 7, newSize: 9, hashes: [hash, hash])
    let line = Base64.encode(hash.bytes) + "\n"
    #expect(
      text(try AddCheckpoint.request(for: note, provenBy: proof)) == "old 7\n" + line + line + "\n" + text(note.bytes))
    let first = ConsistencyProof(oldSize: 0, newSize: 9, hashes: [])
    #expect(text(try AddCheckpoint.request(for: note, provenBy: first)) == "old 0\n\n" + text(note.bytes))
    for wrong in [
      ConsistencyProof(oldSize: 7, newSize: 8, hashes: []),
      ConsistencyProof(oldSize: 7, newSize: 9, hashes: [Digest](repeating: hash, count: 64)),
    ] {
      #expect(throws: TransparencyError(.malformedCheckpoint, "")) {
        try AddCheckpoint.request(for: note, provenBy: wrong)
      }
    }
  }

  static let now: Int64 = 1_700_000_000

  func answer(_ status: Int, _ body: String, from size: UInt64 = 7) throws -> AddCheckpoint.Answer {
    try AddCheckpoint.answer(
      status: status, body: Array(body.utf8), to: note, from: size, by: cosigner.verifierKey, now: Self.now)
  }

  /// The lines of the signatures that a witness would answer with.
  func lines(_ cosigners: Cosigner..., time: Int64 = now) throws -> String {
    var other = note
    for cosigner in cosigners { try other.add(try cosigner.cosign(note, time: time)) }
    return String(text(other.bytes).dropFirst(text(note.bytes).count))
  }

  @Test("A cosignature is added, and those of others are not")
  func added() throws {
    let stranger = try Cosigner(
      name: "stranger.example.org", key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 3, count: 32))))
    guard case .cosigned(let cosigned) = try answer(200, lines(stranger, cosigner)) else {
      Issue.record("not taken for a cosignature")
      return
    }
    #expect(cosigned.signatures.map(\.keyName) == ["ledger.example.org", "witness.example.org"])
    #expect(try cosigned.cosignatures(by: [cosigner.verifierKey]).map(\.time) == [1_700_000_000])
    #expect(throws: TransparencyError(.missingSignature, "")) { try answer(200, lines(stranger)) }
    #expect(throws: TransparencyError(.malformedNote, "")) { try answer(200, "nonsense") }
    #expect(throws: TransparencyError(.malformedNote, "")) { try answer(200, "") }
  }

  @Test("An answer brings signatures and nothing else")
  func answered() throws {
    // A cosignature of the checkpoint with a further line, and that line: together they make another note.
    let extended = try SignedNote(text: note.text + "extension\n", signedBy: log)
    var cosigned = extended
    try cosigned.add(cosigner.cosign(extended, time: Self.now))
    let line = try #require(
      text(cosigned.bytes).split(separator: "\n", omittingEmptySubsequences: false).dropLast().last)
    let own = try lines(cosigner)
    for body in [
      "extension\n\n\(line)\n", "\n\(own)", "\(own)\n", "\(own)more\n", "more\n\(own)", String(own.dropLast()),
      "\(own)\0", "\u{FEFF}\(own)",
    ] {
      #expect(throws: TransparencyError(.malformedNote, ""), "\(body)") { try answer(200, body) }
    }
    #expect(throws: TransparencyError(.malformedNote, "")) {
      try AddCheckpoint.answer(
        status: 200, body: Array(own.utf8) + [0xFF, 0x0A], to: note, from: 7, by: cosigner.verifierKey, now: Self.now)
    }
    #expect(throws: TransparencyError(.invalidSignature, "")) { try answer(200, "\(line)\n") }
  }

  @Test("A cosignature is of now")
  func current() throws {
    for time in [Self.now - AddCheckpoint.clockTolerance, Self.now + AddCheckpoint.clockTolerance] {
      #expect(throws: Never.self) { try answer(200, lines(cosigner, time: time)) }
    }
    for time in [1, Self.now - AddCheckpoint.clockTolerance - 1, Self.now + AddCheckpoint.clockTolerance + 1] {
      #expect(throws: TransparencyError(.invalidSignature, "")) { try answer(200, lines(cosigner, time: time)) }
    }
    // Without a time, and of a year that no clock shows, nobody cosigns, and nobody is believed.
    for time in [0, 253_402_300_800, Int64.max] {
      #expect(throws: TransparencyError(.signingFailed, "")) { try cosigner.cosign(note, time: time) }
      let key = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 2, count: 32)))
      let id = unsafe withUnsafeBytes(of: cosigner.verifierKey.id.bigEndian) { unsafe Array($0) }
      let stamp = unsafe withUnsafeBytes(of: time.bigEndian) { unsafe Array($0) }
      let signature = try key.sign(Array("cosignature/v1\ntime \(time)\n\(note.text)".utf8))
      let line = "\u{2014} witness.example.org \(Base64.encode(id + stamp + signature))\n"
      #expect(throws: TransparencyError(.invalidSignature, "")) { try answer(200, line) }
    }
  }

  @Test("Only a well-formed conflict accuses")
  func conflict() throws {
    if case .cosignedLast(let size) = try answer(409, "12\n") { #expect(size == 12) } else { Issue.record("no size") }
    for body in ["7\n", "", "12", "012\n", "+12\n", "-1\n", "99999999999999999999\n", "12\n\n", "<html>"] {
      guard case .malformed = try answer(409, body) else {
        Issue.record("\(body)")
        continue
      }
    }
    // Asked from the checkpoint's own size, it is the root that differs.
    for body in ["", "9\n"] {
      guard case .contradicted = try answer(409, body, from: 9) else {
        Issue.record("\(body)")
        continue
      }
    }
    guard case .malformed = try answer(409, "<html>", from: 9) else {
      Issue.record("accused by a page")
      return
    }
  }

  @Test("Other statuses say what to do")
  func statuses() throws {
    guard case .contradicted = try answer(422, ""), case .unknownLog = try answer(404, ""),
      case .unknownKey = try answer(403, ""), case .refused(500) = try answer(500, "")
    else {
      Issue.record("a status is taken for another")
      return
    }
  }
}
