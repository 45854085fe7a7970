import CredentialLedger
import Synchronization
import TestSupport
import Testing

@testable import ManagementPortal

/// What waits for somebody on the first page of the portal.
@Suite struct PortalNeedsTests {
  /// How far a ledger's clock is ahead of the machine's, in milliseconds.
  private final class Ahead: Sendable {
    let milliseconds = Mutex<Int64>(0)

    func advance(days: Int64) { milliseconds.withLock { $0 += days * 86_400_000 } }
  }

  /// A ledger where an owner's connector was let into an admin's group, and has a webhook.
  private struct Scene {
    let folder = TemporaryFolder()
    let ahead = Ahead()
    let ledger: Ledger
    let owner: AccountID
    let admin: AccountID
    let connector: ConnectorID
    let group: GroupID
    let grant: GrantID
    let token: AccessToken
    let webhook: WebhookID

    init() async throws {
      let shift = self.ahead
      ledger = try await Ledger.create(
        at: "\(folder.path)/ledger", origin: "ledger.example.org",
        LedgerConfiguration(clock: { LedgerConfiguration.systemClock() + shift.milliseconds.withLock { $0 } }))
      owner = try await ServedLedger.arrive("owner", "+911199999999", on: ledger)
      admin = try await ServedLedger.arrive("admin", "+911199999998", on: ledger)
      let (made, secret) = try await ledger.connectors.create(
        name: "Roster", permissions: [.textMessage, .outgoingWebhooks], by: owner)
      connector = made.id
      let team = try await ledger.groups.create(name: "Field team", by: admin)
      group = team.id
      let granted = try await ledger.grants.grant(
        made.id, consent: .scopes(.all), access: .group(team.id), by: admin)
      grant = granted.grant
      let issued = try await ledger.tokens.issue(
        connector: made.publicID, secret: secret, refreshToken: granted.refreshToken)
      token = issued.accessToken
      guard case .valid(let claims) = try ledger.tokens.validate(issued.accessToken) else {
        throw ServerFailure(reason: "the token is not valid")
      }
      webhook = try await ledger.webhooks.register(
        on: .group(team.id), for: [.textMessageCreated], callbackURL: "https://hooks.example.org/", with: claims
      ).id
    }

    func needs(of account: AccountID) async throws -> [Need] {
      let known = try #require(try ledger.accounts.account(account))
      return try await Needs.all(of: known, in: ledger)
    }

    /// What waits for somebody, by the places where it is done.
    func paths(of account: AccountID) async throws -> [String] { try await needs(of: account).map(\.path) }
  }

  /// That every text of what waits is there in German.
  private static func requireGerman(_ needs: [Need]) throws {
    var lacking = PortalLanguageTests.Lacking(try PortalLanguageTests.german())
    for need in needs { lacking.look(at: need.html) }
    #expect(lacking.count >= needs.count && lacking.texts.isEmpty, "\(lacking.texts.sorted())")
  }

  @Test("A webhook that is switched off or fails waits for the owner of its connector alone") func webhookSwitched()
    async throws
  {
    let scene = try await Scene()
    let (ledger, path) = (
      scene.ledger, "/portal/connectors/\(scene.connector.rawValue)/webhooks/\(scene.webhook.rawValue)"
    )
    #expect(try await scene.paths(of: scene.owner).isEmpty)
    #expect(try await scene.paths(of: scene.admin).isEmpty)
    try await ledger.webhooks.disable(scene.webhook, reason: "floods the gateway", by: Requester.operator)
    let off = try await scene.needs(of: scene.owner)
    #expect(off.map(\.path) == [path] && off.first?.title.text.contains("is switched off") == true)
    #expect(try await scene.paths(of: scene.admin).isEmpty)
    try await ledger.webhooks.enable(scene.webhook, by: Requester.operator)
    #expect(try await scene.paths(of: scene.owner).isEmpty)
    // A delivery under way is no failure; one that failed is, until it is delivered.
    try await ledger.deliveries.enqueue(
      WebhookEvent(object: .group(scene.group), type: .textMessageCreated, eventID: "1", payload: [1]))
    let taken = try await ledger.deliveries.lease()
    let delivery = try #require(taken.first)
    #expect(try await scene.paths(of: scene.owner).isEmpty)
    try await ledger.deliveries.reject(delivery, answer: 503)
    let failing = try await scene.needs(of: scene.owner)
    #expect(failing.map(\.path) == [path] && failing.first?.title.text.contains("fails") == true)
    try Self.requireGerman(off + failing)
    await ledger.close()
  }

  @Test("Secrets and tokens that end, and grants that nobody uses, wait for those who can do something")
  func secretsTokens()
    async throws
  {
    let scene = try await Scene()
    let ledger = scene.ledger
    let base = "/portal/connectors/\(scene.connector.rawValue)"
    _ = try await ledger.connectors.rotateSecret(of: scene.connector, overlap: .seconds(86_400), by: scene.owner)
    let ending = try await scene.needs(of: scene.owner)
    #expect(ending.map(\.path) == [base] && ending.first?.title.text.contains("The old Secret of") == true)
    scene.ahead.advance(days: 89)
    #expect(try await scene.paths(of: scene.owner).isEmpty)
    scene.ahead.advance(days: 2)
    let unused = try await scene.needs(of: scene.owner)
    #expect(unused.map(\.path) == ["\(base)/grants"], "\(unused.map(\.title.text))")
    #expect(unused.first?.title.text.contains("<span>1 grant</span> to <bdi>Roster</bdi>: unused for 90 days") == true)
    #expect(try await scene.paths(of: scene.admin).isEmpty)
    // The refresh token lives for 365 days.
    scene.ahead.advance(days: 258)
    #expect(try await scene.paths(of: scene.admin).isEmpty)
    scene.ahead.advance(days: 4)
    let last = try await scene.needs(of: scene.admin)
    #expect(last.map(\.path) == ["/portal/groups/\(scene.group.rawValue)/connectors/\(scene.grant.rawValue)"])
    try Self.requireGerman(ending + unused + last)
    await ledger.close()
  }

  @Test("A proposal waits for the other operators, and once it is approved for the one who made it")
  func proposalWaits() async throws {
    let scene = try await Scene()
    let ledger = scene.ledger
    let ada = try await ledger.operators.create(issuer: "https://id.example.org", subject: "ada", name: "Ada")
    let bo = try await ledger.operators.create(
      issuer: "https://id.example.org", subject: "bo", name: "Bo", context: RequestContext(namedOperator: ada))
    let id = try await ledger.proposals.make(.changeRole(of: scene.admin, to: .auditor), by: ada, context: .none)
    let path = "/portal/proposals/\(id.rawValue)"
    let waiting = try await scene.needs(of: bo).filter { $0.path == path }
    #expect(waiting.count == 1)
    for account in [ada, scene.admin] { #expect(try await !scene.paths(of: account).contains(path)) }
    try await ledger.proposals.approve(id, by: bo, context: .none)
    let approved = try await scene.needs(of: ada).filter { $0.path == path }
    #expect(approved.count == 1)
    #expect(try await !scene.paths(of: bo).contains(path))
    scene.ahead.advance(days: 4)
    #expect(try await !scene.paths(of: ada).contains(path))
    try Self.requireGerman(waiting + approved)
    await ledger.close()
  }

  @Test("Signs of the ledger that are bad wait for operators, and nothing waits only where nothing does")
  func signsLedger() throws {
    let signs = try PortalHealthTests.cases().map { try $0.sign() }
    let needs = Needs.health(signs)
    let bad = signs.filter { $0.state == .bad }
    #expect(!bad.isEmpty && bad.count < signs.count && needs.count == bad.count)
    #expect(Set(needs.map(\.path)) == ["/portal/health"])
    try Self.requireGerman(needs)
    #expect(ManagementPortal.subtitle("", isNew: false, []).text.contains("Nothing needs you."))
    #expect(!ManagementPortal.subtitle("", isNew: false, needs).text.contains("Nothing needs you."))
    #expect(ManagementPortal.subtitle("", isNew: true, needs).text.contains("Four steps"))
    #expect(
      ManagementPortal.needList([]) == .empty && ManagementPortal.needList(needs).text.contains(">Needs you</h2>"))
  }
}
