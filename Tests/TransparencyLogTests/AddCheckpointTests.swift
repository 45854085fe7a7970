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

  @Test func aRequestIsTheOldSizeTheProofAndTheCheckpoint() throws {
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

  func answer(_ status: Int, _ body: String) throws -> AddCheckpoint.Answer {
    try AddCheckpoint.answer(
      status: status, body: Array(body.utf8), to: note, from: 7, by: cosigner.verifierKey)
  }

  /// The lines of the signatures that a witness would answer with.
  func lines(_ cosigners: Cosigner...) throws -> String {
    var other = note
    for cosigner in cosigners { try other.add(try cosigner.cosign(note, time: 1_700_000_000)) }
    return String(text(other.bytes).dropFirst(text(note.bytes).count))
  }

  @Test func aCosignatureIsAddedAndThoseOfOthersAreNot() throws {
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

  @Test func otherAnswersSayWhatToDo() throws {
    if case .cosignedLast(let size) = try answer(409, "12\n") { #expect(size == 12) } else { Issue.record("no size") }
    // The size that was sent, or none: then the root differs.
    for body in ["7\n", "", "12", "012\n", "+12\n", "-1\n", "99999999999999999999\n", "12\n\n"] {
      guard case .contradicted = try answer(409, body) else {
        Issue.record("\(body)")
        continue
      }
    }
    guard case .contradicted = try answer(422, ""), case .unknownLog = try answer(404, ""),
      case .unknownKey = try answer(403, ""), case .refused(500) = try answer(500, "")
    else {
      Issue.record("a status is taken for another")
      return
    }
  }
}
