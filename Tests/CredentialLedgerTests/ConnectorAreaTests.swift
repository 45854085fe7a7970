import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

@Suite struct ConnectorAreaTests {
  let folder = TemporaryFolder()
  let quick = LedgerConfiguration()

  @Test("A connector is changed, its Secret rotated and its lists kept, also after a rebuild") func connectorChanged()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let id = steps.connector.id
    let head = try ledger.head()
    #expect(try await !ledger.connectors.update(id, name: "Roster", by: steps.developer))
    #expect(try ledger.head() == head)
    #expect(
      try await ledger.connectors.update(
        id, permissions: [.textMessage], accessTokenLifetime: 120, rotation: .always, by: steps.developer))
    #expect(try ledger.connectors.connector(id)?.details.name == "Roster")

    let second = try await ledger.connectors.rotateSecret(of: id, overlap: .seconds(60), by: Requester.operator)
    var token = steps.granted.refreshToken
    for secret in [steps.secret, second] {
      let issued = try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: secret, refreshToken: token)
      #expect(issued.scopes == Permission.textMessage.scopes)
      token = try #require(issued.refreshToken)
    }
    let third = try await ledger.connectors.rotateSecret(of: id, overlap: .zero, by: steps.developer)
    for secret in [steps.secret, second] {
      await #expect(throws: LedgerError.self) {
        try await ledger.tokens.issue(connector: steps.connector.publicID, secret: secret, refreshToken: token)
      }
    }
    _ = try await ledger.tokens.issue(connector: steps.connector.publicID, secret: third, refreshToken: token)

    let (other, _) = try await ledger.connectors.create(
      name: "Other", permissions: [.media], accessTokenLifetime: 60, for: steps.developer, by: Requester.operator)
    _ = try await ledger.grants.grant(
      id, consent: .scopes(.all), access: .user, for: steps.admin, by: Requester.operator)
    #expect(try ledger.connectors.owned(by: steps.developer).map(\.id) == [id, other.id])
    #expect(try ledger.connectors.all(limit: 1).map(\.id) == [id])
    #expect(try ledger.connectors.all(after: id).map(\.id) == [other.id])
    #expect(try ledger.connectors.connectors(of: steps.group.id).map(\.id) == [id])
    #expect(try ledger.grants.states(to: id).map(\.grant.group) == [steps.group.id, nil])
    #expect(try ledger.grants.states(by: steps.admin).allSatisfy(\.isInForce))
    await #expect(throws: LedgerError.self) {
      try await ledger.connectors.create(name: "Nobody's", permissions: [.media], by: Requester.operator)
    }

    let lower = try await ledger.groups.create(name: "Lower", for: steps.admin, by: Requester.operator)
    #expect(try await ledger.groups.attach(lower.id, to: steps.group.id, by: steps.admin))
    #expect(try await !ledger.groups.attach(lower.id, to: steps.group.id, by: steps.admin))
    #expect(try ledger.groups.subgroups(of: steps.group.id).map(\.id) == [lower.id])
    await #expect(throws: LedgerError.self) {
      try await ledger.groups.attach(steps.group.id, to: lower.id, by: steps.admin)
    }
    try await ledger.groups.detach(lower.id, from: steps.group.id, by: steps.admin)
    try await ledger.groups.attach(steps.group.id, to: lower.id, by: steps.admin)

    let before = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == before)
    await ledger.close()
  }
}
