import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// As ``DocumentedCallsTests``, for keys, proofs, the audit trail and verification.
@Suite struct DocumentedCallsOfProofTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  /// The examples print nothing here.
  private func print(_ values: any Sendable...) { #expect(!values.isEmpty) }

  private func made() async throws -> Ledger {
    try await Ledger.create(at: path, origin: "ledger.example.org", LedgerConfiguration())
  }

  @Test("Keys, proofs, the audit trail and verification") func keysProofs() async throws {
    let ledger = try await made()
    let steps = try await FourSteps(on: ledger)
    let connector = steps.connector
    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    do {
      let verifierKey = try ledger.verifierKey
      let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
      let isProved = proof.verify(origin: "ledger.example.org", verifierKey: verifierKey)
      #expect(isProved)
    }
    do {
      let verifierKey = try await ledger.keys.rotateSigningKey()
      let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
      let isGenuine = proof.verify(origin: ledger.origin, verifierKeys: try ledger.verifierKeys)
      #expect(isGenuine && !verifierKey.isEmpty)
    }
    let fingerprint = ledger.keys.masterKeyFingerprint
    let isVerifying = ledger.hasKeys
    await #expect(throws: LedgerError.self) {
      let provider = try SigningKeySource.provider("pkcs11:token=ledger;object=signing?module-path=/usr/lib/module.so")
      let verifierKey = try await ledger.keys.rotateSigningKey(to: provider)
      #expect(verifierKey.isEmpty)
    }
    let readerKey = try ledger.keys.key(of: .reader)
    do {
      let path = ledger.path
      let monitor = try await Ledger.openWithoutKeys(at: path)
      let isOpen = monitor.hasKeys
      #expect(isVerifying && !isOpen && readerKey.count > 64)
      await monitor.close()
    }
    let checkpoint = try await ledger.checkpoint()
    let latest = try ledger.latestCheckpoint()
    let grown = try await ledger.integrity.proveConsistency(from: 10, to: ledger.head())
    #expect(fingerprint.count == 16 && latest == checkpoint && grown != nil)

    let yesterday = Timestamp(milliseconds: LedgerConfiguration.systemClock()) - .seconds(86_400)
    let entries = try await ledger.audit.latest(50, of: .connector(connector.id).and(.recorded(since: yesterday)))
    let older = try await ledger.audit.latest(50, of: .connector(connector.id), before: entries.last?.position)
    let position = try ledger.position(at: yesterday)
    let head = try ledger.head()
    #expect(!entries.isEmpty && older.isEmpty && position == 0 && head > 0)
    let handle = token.handle
    let explanation = try await ledger.explain(.token(handle), at: yesterday)
    for step in explanation.steps { print(step.position, step.type) }

    let report = try await ledger.integrity.verify { done, total in print("\(done) of \(total)") }
    print(report.root.hex, report.projectionsMatch)
    let digests = try await ledger.integrity.projectionDigests()
    let (live, rebuilt) = try await ledger.integrity.digests()
    #expect(live == rebuilt && live == digests)
    try await ledger.integrity.rebuildProjections()
    let events = try await ledger.integrity.statistics().events
    #expect(events == head.rawValue)
    await ledger.close()
    // Ends, as the ledger is closed.
    for try await entry in ledger.events(from: head + 1) { print(entry.position, entry.type) }
  }

  @Test("Searching, following and naming") func searchingFollowing() async throws {
    let ledger = try await made()
    let steps = try await FourSteps(on: ledger)
    let account = steps.admin
    do {
      let id = account
      let filter = Audit.Filter.account(id).and(.anyType(of: EventType.matching("token.*"))).and(.request("r-17"))
      #expect(try await ledger.audit.search(filter).entries.isEmpty)
    }
    let id = steps.connector.id
    let yesterday = Timestamp(milliseconds: LedgerConfiguration.systemClock()) - .seconds(86_400)
    let filter = Audit.Filter.connector(id).and(.type(.tokenIssued)).and(.recorded(since: yesterday))
    var page = try await ledger.audit.search(filter)
    while let next = page.next { page = try await ledger.audit.search(filter, after: next) }
    page = try await ledger.audit.search(.connector(id))
    do {
      let (page, description) = try await ledger.audit.describedSearch(.connector(id))
      #expect(!page.entries.isEmpty && !description.labels.isEmpty)
    }
    let description = try await ledger.audit.describe(page.entries)
    let entry = try #require(page.entries.first)
    let isErased = description.labels[entry.actor]?.standing == .erased
    #expect(!isErased)
    await ledger.close()
    // Ends, as the ledger is closed.
    for try await entry in ledger.audit.follow(.connector(id), after: page.head) { print(entry.type) }
  }

  @Test("Evidence, and what was kept elsewhere") func evidenceKept() async throws {
    let ledger = try await made()
    let steps = try await FourSteps(on: ledger)
    let admin = steps.admin
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let handle = token.handle
    let verifierKey = try ledger.verifierKey
    let noteFromAnotherMachine = try await ledger.checkpoint()
    let explanation = try await ledger.explain(.token(handle))
    let bundle = try await ledger.evidence.bundle(of: explanation.steps.map(\.position))
    let file = bundle.encoded
    let evidence = try EvidenceBundle(decoding: file).verify(keys: [verifierKey])
    for record in evidence.records { print(record.position, record.entry?.type.description ?? "unknown") }
    try await ledger.integrity.verify(against: noteFromAnotherMachine)
    let leaked = token.accessToken.text
    if let handle = try ledger.tokens.handle(of: leaked) { try await ledger.tokens.revoke(.token(handle), by: admin) }
    // The new master key would be where the example has it; here there is none.
    await #expect(throws: LedgerError.self) {
      try await ledger.keys.rotateMasterKey(to: .file("/run/secrets/ledger-key"))
    }
    #expect(throws: LedgerError.self) {
      let fingerprint = try ledger.keys.fingerprint(of: .file("/run/secrets/ledger-key"))
      _ = fingerprint
    }
    do {
      let masks = ledger.keys.all.filter { $0.kind == .tokenMask }
      try await ledger.keys.rotate(.tokenMask, overlap: .seconds(30 * 86_400))
      try await ledger.keys.rotateAll(overlap: .seconds(7 * 86_400))
      let numbers = try await ledger.keys.drop(.tokenMask)
      #expect(masks.count == 1 && numbers == [1, 2])
    }
    await ledger.close()
  }
}
