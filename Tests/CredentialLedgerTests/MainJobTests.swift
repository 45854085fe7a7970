import CredentialLedger
import EventLog
import LedgerOperations
import LedgerTestSupport
import Testing

/// What the four steps lead to.
struct FourSteps {
  let developer: AccountID
  let admin: AccountID
  let connector: Connector
  let secret: ConnectorSecret
  let group: Group
  let granted: Grants.Granted

  init(
    on ledger: Ledger, permissions: Set<Permission> = [.groupInformation, .textMessage]
  ) async throws {
    developer = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    admin = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "admin").account
    for (account, number) in [(developer, "+911199999999"), (admin, "+4915112345678")] {
      let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    }
    (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: permissions, by: developer)
    group = try await ledger.groups.create(name: "Field team", by: admin)
    granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .group(group.id), by: admin)
  }
}

@Suite struct MainJobTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let quick = LedgerConfiguration()

  @Test("The four steps and a revocation") func fourSteps() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    guard case .valid(let claims) = try ledger.tokens.validate(token.accessToken) else {
      Issue.record("the token is not valid")
      return
    }
    #expect(claims.handle == token.handle)
    #expect(claims.group == steps.group.id)
    #expect(claims.connector == steps.connector.id)

    let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
    let verifierKey = try ledger.verifierKey
    #expect(proof.verify(origin: "ledger.example.org", verifierKey: verifierKey))
    #expect(!proof.verify(origin: "elsewhere.example.org", verifierKey: verifierKey))

    #expect(try await ledger.grants.revoke(steps.granted.grant, by: steps.admin))
    #expect(try await !ledger.grants.revoke(steps.granted.grant, by: steps.admin))
    #expect(try !ledger.tokens.validate(token.accessToken).isValid)

    let report = try await ledger.integrity.verify()
    #expect(report.projectionsMatch)
    #expect(report.events == (try ledger.head().rawValue))
    await ledger.close()
  }

  @Test("State survives reopening") func stateSurvivesReopening() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let before = try await ledger.integrity.projectionDigests()
    await ledger.close()
    let again = try await Ledger.open(at: path, quick)
    #expect(try again.tokens.validate(token.accessToken).isValid)
    #expect(try await again.integrity.projectionDigests() == before)
    try await again.integrity.rebuildProjections()
    #expect(try await again.integrity.projectionDigests() == before)
    #expect(try again.tokens.validate(token.accessToken).isValid)
    await again.close()
  }

  @Test("A wrong PIN counts and another is refused") func wrongPIN() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    let wrong = request.pin?.digits == "000000" ? "000001" : "000000"
    for _ in 0..<5 {
      await #expect(throws: LedgerError.self) {
        try await ledger.phones.verify(wrong, challenge: request.challenge, by: account)
      }
    }
    // Five wrong ones, and the right one comes too late.
    await #expect(throws: LedgerError.self) {
      try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    }
    #expect(try ledger.phones.verified(by: account).isEmpty)
    await ledger.close()
  }

  @Test("The same idempotency key gets the same token") func sameIdempotency() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let context = RequestContext(requestID: "r1", address: "192.0.2.7", idempotencyKey: "once")
    func issue() async throws -> Tokens.Issued {
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken,
        context: context)
    }
    let first = try await issue()
    let head = try ledger.head()
    let second = try await issue()
    #expect(first.accessToken.text == second.accessToken.text)
    #expect(try ledger.head() == head)
    await ledger.close()
  }

  @Test("Wrong secrets and tokens look alike") func wrongSecrets() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let head = try ledger.head()
    func failure(_ connector: PublicID, _ secret: ConnectorSecret, _ token: RefreshToken) async -> LedgerError? {
      do {
        _ = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: token)
        return nil
      } catch { return error }
    }
    let unknown = try PublicID(random: SystemRandom())
    let wrongSecret = await failure(steps.connector.publicID, ConnectorSecret("cls_wrong"), steps.granted.refreshToken)
    let wrongID = await failure(unknown, steps.secret, steps.granted.refreshToken)
    #expect(wrongSecret?.description == wrongID?.description)
    #expect(wrongSecret?.code.rawValue == "invalid_client")
    var changed = Array(steps.granted.refreshToken.text)
    changed[20] = changed[20] == "a" ? "b" : "a"
    let wrongToken = await failure(steps.connector.publicID, steps.secret, RefreshToken(String(changed)))
    #expect(wrongToken?.code.rawValue == "invalid_grant")
    #expect(try ledger.head() == head)
    #expect(try ledger.tokens.validate("cla_nonsense") == .invalid(.malformed))
    await ledger.close()
  }

  @Test("The audit trail knows who did what") func auditTrail() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let ofToken = try await ledger.audit.latest(of: .token(token.handle))
    #expect(ofToken.map(\.position) == [token.handle.position])
    let ofConnector = try await ledger.audit.latest(of: .connector(steps.connector.id))
    #expect(ofConnector.first?.type == .tokenIssued)
    #expect(ofConnector.last?.type == .connectorCreated)
    #expect(try await ledger.audit.latest(of: .type(.phoneVerified)).count == 2)
    #expect(
      try await ledger.audit.latest(3).map(\.position) == [
        token.handle.position, token.handle.position - 1, token.handle.position - 2,
      ])
    await ledger.close()
  }

  @Test("A folder that is no ledger is refused and left alone") func folderLedger() async throws {
    await #expect(throws: LedgerError.self) { try await Ledger.open(at: folder.path) }
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    await #expect(throws: LedgerError.self) { try await Ledger.create(at: path, origin: "another.example.org") }
    let wrong = await #expect(throws: LedgerError.self) {
      try await Ledger.create(at: "\(path)-2", origin: "another example", quick)
    }
    #expect(wrong?.code == .invalidValue && wrong?.field == "origin")
    #expect(TemporaryFolder.names(in: folder.path) == ["ledger"])
    await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, quick) }
    await ledger.close()
  }
}
