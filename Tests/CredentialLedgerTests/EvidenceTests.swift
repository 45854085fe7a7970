import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing
import TransparencyLog

@Suite struct EvidenceTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let origin = "ledger.example.org"

  /// A ledger with the four steps and a token.
  func filled() async throws -> (ledger: Ledger, steps: FourSteps, token: TokenID) {
    let ledger = try await Ledger.create(at: path, origin: origin, LedgerConfiguration())
    let steps = try await FourSteps(on: ledger)
    let issued = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    return (ledger, steps, issued.handle)
  }

  @Test("A tokens evidence is checked without the ledger") func tokensEvidence() async throws {
    let (ledger, _, token) = try await filled()
    let key = try ledger.verifierKey
    let explanation = try await ledger.explain(.token(token))
    let positions = explanation.steps.map(\.position)
    let file = try await ledger.evidence.bundle(of: positions + positions.reversed()).encoded
    let head = try ledger.head()
    await ledger.close()
    TemporaryFolder.remove(path)

    let bundle = try EvidenceBundle(decoding: file)
    #expect(bundle.encoded == file)
    let evidence = try bundle.verify(keys: [key])
    #expect(evidence.origin == origin)
    #expect(evidence.size == head.rawValue)
    #expect(evidence.signers == [key])
    #expect(evidence.records.map(\.position) == positions)
    #expect(evidence.records.map(\.entry?.type) == explanation.steps.map(\.type))
  }

  @Test("A key of another ledger is refused") func keyAnother() async throws {
    let (ledger, _, token) = try await filled()
    let bundle = try await ledger.evidence.bundle(of: [token.position])
    let stranger = try await Ledger.create(
      at: folder.path + "/other", origin: origin, LedgerConfiguration())
    #expect(try await code(of: { try bundle.verify(keys: [try stranger.verifierKey]) }) == .invalidEvidence)
    #expect(try await code(of: { try bundle.verify(keys: []) }) == .invalidEvidence)
    #expect(try await code(of: { try bundle.verify(keys: ["nonsense"]) }) == .invalidValue)
    let own = try ledger.verifierKey
    #expect(try await code(of: { try bundle.verify(keys: [own], witnesses: [own]) }) == .invalidValue)
    await ledger.close()
    await stranger.close()
  }

  /// The key of one ledger, which is trusted, has signed the checkpoint of another.
  @Test("A trusted key of another origin does not speak for a ledger") func aTrustedKey() async throws {
    let (ledger, _, token) = try await filled()
    let own = try ledger.verifierKey
    let plain = try await ledger.evidence.bundle(of: [token.position])
    await ledger.close()
    let key = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 5, count: 32)))
    let stranger = try Ed25519NoteSigner(name: "other.example.org", key: key)
    var note = try SignedNote(decoding: Array(plain.checkpoint.utf8))
    let strange = try SignedNote(text: note.text, signedBy: stranger)
    try note.add(strange.signatures[0])
    let bundle = EvidenceBundle(
      checkpoint: String(decoding: note.bytes, as: UTF8.self), keys: plain.keys, entries: plain.entries)
    let trusted = try VerifierKey(name: "other.example.org", type: .ed25519, key: key.verifyingKey).description
    #expect(try bundle.verify(keys: [own]).signers == [own])
    #expect(try bundle.verify(keys: [own, trusted]).signers == [own])
    #expect(try await code(of: { try bundle.verify(keys: [trusted]) }) == .invalidEvidence)
  }

  @Test("The wrong part is named") func theWrongPartIsNamed() async throws {
    let (ledger, _, token) = try await filled()
    let key = try ledger.verifierKey
    let whole = try await ledger.evidence.bundle(of: [2, 3, token.position])
    await ledger.close()

    func fault(_ keys: [String]? = nil, _ change: (inout [EvidenceBundle.Entry]) -> Void) -> LedgerError? {
      var entries = whole.entries
      change(&entries)
      let bundle = EvidenceBundle(checkpoint: whole.checkpoint, keys: keys ?? whole.keys, entries: entries)
      do throws(LedgerError) {
        _ = try bundle.verify(keys: [key])
        return nil
      } catch { return error }
    }
    typealias Entry = EvidenceBundle.Entry
    #expect(fault { _ in } == nil)
    let changed = fault {
      var record = $0[1].record
      record[record.count - 1] ^= 1
      $0[1] = Entry(position: 3, record: record, hashes: $0[1].hashes)
    }
    #expect(changed?.code == .invalidEvidence)
    #expect(changed?.position == 3)
    let moved = fault { $0[1] = Entry(position: 4, record: $0[1].record, hashes: $0[1].hashes) }
    #expect(moved?.position == 4)
    let swapped = fault { $0.swapAt(0, 1) }
    #expect(swapped?.position == 2)
    let beyond = fault { $0.append(Entry(position: 1_000, record: [1], hashes: [])) }
    #expect(beyond?.position == 1_000)
    #expect(fault { $0 = [] }?.code == .invalidEvidence)
    #expect(fault([]) { _ in }?.code == .invalidEvidence)
    let other = try VerifierKey(name: origin, type: .ed25519, key: .init(bytes: [UInt8](repeating: 7, count: 32)))
    #expect(fault(whole.keys + [other.description]) { _ in }?.code == .invalidEvidence)
  }

  @Test("Positions that there are not are refused") func positionsRefused() async throws {
    let (ledger, _, _) = try await filled()
    let head = try ledger.head()
    #expect(try await code(of: { try await ledger.evidence.bundle(of: []) }) == .invalidValue)
    for position in [0, head + 1, .max] {
      #expect(try await code(of: { try await ledger.evidence.bundle(of: [position]) }) == .notFound)
    }
    let many = Array(1...Position(UInt64(EvidenceBundle.maximumRecordCount + 1)))
    #expect(try await code(of: { try await ledger.evidence.bundle(of: many) }) == .invalidValue)
    await ledger.close()
  }

  @Test("Evidence of every age carries the key that signed") func evidenceEvery() async throws {
    let (ledger, _, token) = try await filled()
    let first = try ledger.verifierKey
    let old = try await ledger.checkpoint()
    let second = try await ledger.keys.rotateSigningKey()
    let before = try await ledger.evidence.bundle(of: [token.position], at: old)
    let after = try await ledger.evidence.bundle(of: [token.position])
    #expect(before.keys == [first])
    #expect(after.keys == [second])
    #expect(try before.verify(keys: [first]).signers == [first])
    #expect(try after.verify(keys: [first, second]).signers == [second])
    #expect(try await code(of: { try after.verify(keys: [first]) }) == .invalidEvidence)
    await ledger.close()
  }

  @Test("Cosignatures are checked where they are asked for") func cosignaturesChecked() async throws {
    let (ledger, _, token) = try await filled()
    let key = try ledger.verifierKey
    let signingKey = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 3, count: 32)))
    let cosigner = try Cosigner(name: "witness.example.org", key: signingKey)
    var note = try SignedNote(decoding: Array(try await ledger.checkpoint().utf8))
    try note.add(try cosigner.cosign(note, time: 1_700_000_000))
    let cosigned = String(decoding: note.bytes, as: UTF8.self)
    let bundle = try await ledger.evidence.bundle(of: [token.position], at: cosigned)
    let witness = cosigner.verifierKey.description
    let evidence = try bundle.verify(keys: [key], witnesses: [witness])
    #expect(evidence.cosignatures.map(\.witness) == ["witness.example.org"])
    #expect(evidence.cosignatures.map(\.time) == [1_700_000_000])
    for time in [0, 253_402_300_800, 9_223_372_036_854_775, 9_223_372_036_854_776, .max] as [Int64] {
      var other = try SignedNote(decoding: Array(try await ledger.checkpoint().utf8))
      // Cosigner states no such time, so the witness that does is made by hand.
      let signature = try signingKey.sign(Array("cosignature/v1\ntime \(time)\n\(other.text)".utf8))
      let bytes = (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) } + signature
      try other.add(
        try NoteSignature(keyName: cosigner.verifierKey.name, keyID: cosigner.verifierKey.id, bytes: bytes))
      let bundle = try await ledger.evidence.bundle(
        of: [token.position], at: String(decoding: other.bytes, as: UTF8.self))
      let code = try await code(of: { try bundle.verify(keys: [key], witnesses: [witness]) })
      #expect(code == .invalidEvidence, "\(time)")
    }
    let plain = try await ledger.evidence.bundle(of: [token.position])
    #expect(try await code(of: { try plain.verify(keys: [key], witnesses: [witness]) }) == .invalidEvidence)
    await ledger.close()
  }
}
