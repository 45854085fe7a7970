import KeyStore
import LedgerCrypto
import LedgerTestSupport
import Testing
import TransparencyLog

@testable import CredentialLedger
@testable import LedgerOperations

/// A signing key that was replaced counts for the trees of its time, and a thief of it signs nothing newer.
@Suite struct ReplacedSigningKeyTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  /// A ledger whose signing key was replaced after three events, with what the first key has signed and signs now.
  private struct Rotated {
    let ledger: Ledger
    let stolen: Ed25519.SigningKey
    /// By the first key, over the three events.
    let old: String
    /// The position of the event that says so.
    let position: Position

    /// What the newest checkpoint says, signed by the stolen key.
    func forged() async throws -> String {
      let newest = try SignedNote(decoding: Array(await ledger.checkpoint().utf8))
      return try sign(newest.text)
    }

    func sign(_ text: String) throws -> String {
      let signer = try Ed25519NoteSigner(name: ledger.origin, key: stolen)
      return String(decoding: try SignedNote(text: text, signedBy: signer).bytes, as: UTF8.self)
    }
  }

  private func rotated() async throws -> Rotated {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    for name in ["a", "b"] { _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name) }
    let old = try await ledger.checkpoint()
    let stolen = try ledger.keyStore.signingKey
    try await ledger.keys.rotateSigningKey()
    let position = try ledger.head()
    for name in ["c", "d"] { _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name) }
    return Rotated(ledger: ledger, stolen: stolen, old: old, position: position)
  }

  @Test("The ledger takes nothing from a key that was replaced but what that may have signed") func ledgerTakes()
    async throws
  {
    let rotated = try await rotated()
    let ledger = rotated.ledger
    #expect(try await ledger.integrity.verify(against: rotated.old) == 3)
    let forged = try await rotated.forged()
    let refused = await #expect(throws: LedgerError.self) { try await ledger.integrity.verify(against: forged) }
    #expect(refused?.code == .invalidCheckpoint && refused?.reason.contains("had the size 3") == true)
    #expect(try ledger.verifierKeys.map { $0.hasSuffix("@3") } == [true, false])
    #expect(try ledger.verifierKeys.last == ledger.verifierKey)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
    // Nor does it where the file names such a checkpoint as the last that was seen.
    try FileBytes.write(Array(forged.utf8), to: folder.path + "/witness")
    var configuration = clock.configuration
    configuration.witnessFile = folder.path + "/witness"
    let opening = await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, configuration) }
    #expect(opening?.code == .invalidCheckpoint)
  }

  @Test("Evidence by a key that was replaced is refused where that can be known") func evidenceKey() async throws {
    let rotated = try await rotated()
    let ledger = rotated.ledger
    let keys = try ledger.verifierKeys
    let plain = try ledger.plainVerifierKeys
    let forged = try await rotated.forged()
    func bundle(_ checkpoint: String, _ positions: [Position]) async throws -> EvidenceBundle {
      let honest = try await ledger.evidence.bundle(of: positions)
      return EvidenceBundle(checkpoint: checkpoint, keys: [plain[0]], entries: honest.entries)
    }
    let untold = try await bundle(forged, [2])
    #expect(throws: LedgerError.self) { try untold.verify(keys: keys) }
    let told = try await bundle(forged, [2, rotated.position])
    let refused = #expect(throws: LedgerError.self) { try told.verify(keys: plain) }
    #expect(refused?.code == .invalidEvidence && refused?.position == rotated.position)
    // By the key alone nobody can know.
    let unknown = try untold.verify(keys: plain)
    #expect(try unknown.size == ledger.head().rawValue && !unknown.isKeyEndKnown)
    let honest = try await ledger.evidence.bundle(of: [2])
    #expect(try honest.verify(keys: ["\(plain[1])@\(ledger.head())"]).isKeyEndKnown)
    #expect(throws: LedgerError.self) { try honest.verify(keys: ["\(plain[1])@\(ledger.head() - 1)"]) }
    let proof = try await ledger.integrity.proveInclusion(of: 2)
    #expect(proof.verify(origin: ledger.origin, verifierKeys: keys))
    #expect(!proof.verify(origin: ledger.origin, verifierKey: keys[0]))
    // The other verifier says the same.
    for (name, evidence) in [("untold", untold), ("told", told)] {
      try FileBytes.write(evidence.encoded, to: "\(folder.path)/\(name)")
    }
    try FileBytes.write(Array(forged.utf8), to: "\(folder.path)/forged")
    try FileBytes.write(Array(rotated.old.utf8), to: "\(folder.path)/old")
    #expect(checks("checkpoint", "old", by: keys[0]) && !checks("checkpoint", "forged", by: keys[0]))
    #expect(checks("bundle", "untold", by: plain[0]) && !checks("bundle", "untold", by: keys[0]))
    #expect(!checks("bundle", "told", by: plain[0]))
    // Where neither a size nor the rotation's record is there it warns, and refuses if asked to.
    try FileBytes.write(honest.encoded, to: "\(folder.path)/honest")
    let bounded = "\(plain[1])@\(try ledger.head())"
    #expect(checks("bundle", "honest", by: plain[1]) && !checks("bundle", "honest", by: plain[1], "--strict"))
    #expect(checks("bundle", "honest", by: bounded, "--strict") && checks("checkpoint", "old", by: keys[0], "--strict"))
    #expect(
      !checks("bundle", "untold", by: plain[0], "--strict") && !checks("checkpoint", "forged", by: plain[0], "--strict")
    )
    for suffix in ["@", "@x", "@03", "@-1", "@3@3", "@18446744073709551616"] {
      #expect(!checks("checkpoint", "old", by: plain[0] + suffix))
      #expect(throws: TransparencyError.self) { try VerifierKey(plain[0] + suffix) }
    }
    // Whoever has all entries need not be told.
    _ = try await ledger.evidence.exportTiles(to: folder.path + "/tiles")
    #expect(checks("tiles", "tiles", by: plain[1], "--strict"))
    try FileBytes.write(Array(forged.utf8), to: "\(folder.path)/tiles/checkpoint")
    #expect(!checks("tiles", "tiles", by: plain[0]))
    await ledger.close()
  }

  @Test("A copy is held against the keys as its own events name them") func copyHeld() async throws {
    let rotated = try await rotated()
    let ledger = rotated.ledger
    var trust = try CheckpointTrust(origin: ledger.origin, trusted: [])
    let view = try ledger.log.snapshot()
    for record in try view.records(from: 1, limit: 100) {
      try trust.learn(from: record.header, Array(record.bytes))
    }
    let (old, forged) = try await (SignedNote(decoding: Array(rotated.old.utf8)), rotated.forged())
    #expect(trust.isSigned(old, claimed: []))
    #expect(try !trust.isSigned(SignedNote(decoding: Array(forged.utf8)), claimed: try ledger.plainVerifierKeys))
    await ledger.close()
  }

  /// Whether the second verifier takes it.
  private func checks(_ what: String, _ file: String, by key: String, _ more: String = "") -> Bool {
    let repository = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let program = "\(repository)/Tools/checks/verify-proofs"
    return Program.run(
      "bash", ["-c", "'\(program)' \(what) '\(folder.path)/\(file)' --key '\(key)' \(more) 2>/dev/null"])
  }
}
