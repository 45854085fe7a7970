import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Connectors that are set inactive and active again, and old Secrets that are ended, in the whole library.
@Suite struct ConnectorStandingAreaTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func made() async throws -> (ledger: Ledger, steps: FourSteps) {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return (ledger, try await FourSteps(on: ledger))
  }

  private func code(_ body: () async throws -> Void) async -> LedgerError.Code? {
    do { try await body() } catch { return (error as? LedgerError)?.code }
    return nil
  }

  @Test("A connector is stopped and started by one event each, and explained at each moment and after a rebuild")
  func connectorStopped()
    async throws
  {
    let (ledger, steps) = try await made()
    let (id, publicID) = (steps.connector.id, steps.connector.publicID)
    let issued = try await ledger.tokens.issue(
      connector: publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let refresh = issued.refreshToken ?? steps.granted.refreshToken
    let before = try ledger.head()
    clock.advance(seconds: 1)
    #expect(try await ledger.connectors.deactivate(id, reason: "under review", by: Requester.operator))
    let stop = try ledger.head()
    #expect(stop == before + 1)
    #expect(try await !ledger.connectors.deactivate(id, reason: "again", by: Requester.operator))
    #expect(try ledger.connectors.connector(id)?.deactivatedBy == stop)
    #expect(try ledger.connectors.state(of: id)?.isInForce == false)
    #expect(try !ledger.tokens.validate(issued.accessToken).isValid)
    #expect(try ledger.grants.states(to: id).map(\.isInForce) == [false])
    #expect(
      await code {
        _ = try await ledger.tokens.issue(connector: publicID, secret: steps.secret, refreshToken: refresh)
      } == .invalidClient)
    #expect(await code { try ledger.connectors.check(publicID, secret: steps.secret) } == .invalidClient)
    // Its owner may not undo what an operator did.
    #expect(await code { try await ledger.connectors.activate(id, by: steps.developer) } == .forbidden)

    let explained = try await ledger.explain(.token(issued.handle))
    #expect(explained.decidedBy?.position == stop && explained.decidedBy?.type == .connectorDeactivated)
    #expect(explained.decidedBy?.reason == "under review" && explained.decidedBy?.time == clock.now)

    clock.advance(seconds: 1)
    let context = RequestContext(reason: "review passed")
    #expect(try await ledger.connectors.activate(id, by: Requester.operator, context: context))
    let start = try ledger.head()
    #expect(try await ledger.audit.entry(at: start)?.reason == "review passed")
    #expect(try ledger.tokens.validate(issued.accessToken).isValid)
    #expect(try ledger.connectors.state(of: id)?.denialReason == nil)
    _ = try await ledger.tokens.issue(connector: publicID, secret: steps.secret, refreshToken: refresh)
    for (position, isValid) in [(before, true), (stop, false), (start, true)] {
      let past = try await ledger.explain(.token(issued.handle), at: .position(position))
      #expect(past.isValid == isValid, "\(position)")
      let state = try await ledger.history.state(at: .position(position))
      #expect(try (state.denialReason(for: steps.granted.grant) == nil) == isValid, "\(position)")
      state.close()
    }

    try await ledger.connectors.deactivate(id, reason: "once more", by: steps.developer)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    #expect(try !ledger.tokens.validate(issued.accessToken).isValid)
    #expect(try await ledger.connectors.activate(id, by: steps.developer))
    await ledger.close()
  }

  @Test("An old Secret that is ended is refused at once, and lists say that one Secret works") func oldSecret()
    async throws
  {
    let (ledger, steps) = try await made()
    let (id, publicID) = (steps.connector.id, steps.connector.publicID)
    #expect(await code { try await ledger.connectors.endOldSecret(of: id, by: steps.developer) } == .conflict)
    let issued = try await ledger.tokens.issue(
      connector: publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let second = try await ledger.connectors.rotateSecret(of: id, overlap: .seconds(60), by: steps.developer)
    // Seen, and so remembered, before it ends.
    for secret in [steps.secret, second] { #expect(try ledger.connectors.check(publicID, secret: secret) == id) }
    #expect(
      try await ledger.connectors.endOldSecret(of: id, by: steps.developer) == SecretID(rawValue: id.rawValue))
    #expect(await code { try ledger.connectors.check(publicID, secret: steps.secret) } == .invalidClient)
    #expect(try ledger.connectors.check(publicID, secret: second) == id)
    #expect(try ledger.connectors.state(of: id)?.previousSecretUntil == nil)
    #expect(try ledger.tokens.validate(issued.accessToken).isValid)
    #expect(await code { try await ledger.connectors.endOldSecret(of: id, by: steps.developer) } == .conflict)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    await ledger.close()
  }
}
