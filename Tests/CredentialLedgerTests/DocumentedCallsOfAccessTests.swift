import CredentialLedger
import LedgerTestSupport
import Testing

/// As ``DocumentedCallsTests``, for resource servers and a connector's own tokens.
@Suite struct DocumentedCallsOfAccessTests {
  let folder = TemporaryFolder()

  /// The examples show nothing here.
  private func show(_ values: any Sendable...) { #expect(!values.isEmpty) }

  @Test("Resource servers and own tokens") func resourceServers() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration())
    let steps = try await FourSteps(on: ledger)
    do {
      let (server, secret) = try await ledger.resourceServers.create(
        name: "Archive", audience: "https://archive.example.org", by: Requester.operator)
      show(server.publicID.description, secret.text)
      let asking = try ledger.resourceServers.authenticate(server.publicID, secret: secret)
      #expect(asking == server)
      let names = try ledger.resourceServers.all().map(\.name)
      #expect(names == ["Archive"])
      let audience = try ledger.resourceServers.server(server.id)?.audience
      #expect(audience == "https://archive.example.org")
      do {
        let known = try ledger.resourceServers.server(audience: "https://archive.example.org")
        #expect(known == server)
      }
      do {
        let known = try ledger.resourceServers.server(publicID: server.publicID)
        #expect(known == server)
      }
      let another = try await ledger.resourceServers.rotateSecret(of: server.id, overlap: .zero, by: Requester.operator)
      #expect(throws: LedgerError.self) { try ledger.resourceServers.authenticate(server.publicID, secret: secret) }
      #expect(try ledger.resourceServers.authenticate(server.publicID, secret: another).id == server.id)
      try await ledger.resourceServers.delete(server.id, by: Requester.operator)
      #expect(throws: LedgerError.self) { try ledger.resourceServers.authenticate(server.publicID, secret: another) }
    }
    try await ledger.connectors.update(steps.connector.id, allowsOwnTokens: true, by: Requester.operator)
    let (clientID, secret) = (steps.connector.publicID, steps.secret)
    let own = try await ledger.tokens.issueOwn(connector: clientID, secret: secret, scopes: .groupInfoRead)
    show(own.accessToken.text)
    #expect(try ledger.tokens.validate(own.accessToken).isValid)
    let explanation = try await ledger.explain(.token(own.handle))
    #expect(explanation.isValid && explanation.claims?.grant == nil)
    do {
      let origin = "https://tokens.example.org"
      let token = own
      let text = try ledger.tokens.signed(token.accessToken, .init(issuer: origin, audiences: [origin]))
      #expect(try ledger.tokens.validate(text).isValid)
      #expect(try ledger.tokens.handle(of: text.text) == own.handle)
      do {
        let (list, index) = Tokens.statusListPlace(of: token.handle)
        let newest = try ledger.tokens.statusLists.upperBound
        #expect(list == 0 && newest == 0 && index == own.handle.rawValue)
      }
      do {
        let address = origin + "/oauth2/status-lists/0"
        // swift-format-ignore
        let list = try await ledger.tokens.signedStatusList(0, at: address, lifetime: .seconds(300), timeToLive: .seconds(60))
        #expect(list.split(separator: ".").count == 3)
      }
      let identifiers = try ledger.tokens.verifyingKeys.map(\.identifier)
      #expect(identifiers.count == 1)
    }
    do {
      let page = "see \(steps.granted.refreshToken.text)."
      let leaked = try ledger.tokens.find(in: Array(page.utf8)).map(\.token)
      #expect(leaked == [steps.granted.refreshToken.text])
    }
    do {
      let leaked = steps.granted.refreshToken.text
      let outcome = try await ledger.tokens.reportLeak(leaked, reporter: "scan", source: "file", location: "notes.txt")
      #expect(outcome == .recorded(stopped: true))
      let again = try await ledger.tokens.reportLeak(leaked, reporter: "scan", source: "file", location: "other.txt")
      #expect(again == .recorded(stopped: false))
    }
    try await ledger.connectors.update(steps.connector.id, allowsOwnTokens: false, by: Requester.operator)
    #expect(try !ledger.tokens.validate(own.accessToken).isValid)
    let stopped = try await ledger.explain(.token(own.handle))
    #expect(stopped.decidedBy?.type == .connectorUpdated)
    await ledger.close()
  }
}
