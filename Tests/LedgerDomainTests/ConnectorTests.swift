import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct CreateConnectorTests {
  var scenario = Scenario()
  let owner: AccountID

  init() throws {
    owner = try scenario.account("owner")
    _ = try scenario.phone("+910000000001", of: owner)
  }

  private func command(_ change: (inout ConnectorDetails) -> Void = { _ in }) -> CreateConnector {
    CreateConnector(owner: owner, publicID: .fake(5), secretDigest: .of("secret"), details: .fake(change))
  }

  @Test("It is recorded with its texts trimmed")
  func trimmed() throws {
    let event = filled(ConnectorCreated()) {
      $0.owner = owner.rawValue
      $0.publicID = .init(PublicID.fake(5))
      $0.secretDigest = .init(Digest.of("secret"))
      $0.details = .fake {
        $0.name = "Näme  of it"
        $0.description_p = "two\nlines"
        $0.publisher = ""
      }
    }
    let command = command {
      $0.name = " \u{3000}Näme  of it\n"
      $0.description_p = "two\nlines\n"
      $0.publisher = "   "
    }
    let made = try scenario.when(command).then(.connectorCreated(event), by: Subject(owner))
    #expect(made.id.rawValue == scenario.next)
  }

  @Test(
    "Each detail has its bounds",
    arguments: [
      Change("name", { $0.name = "" }), Change("name", { $0.name = " \t " }), Change("name", { $0.name = "a\nb" }),
      Change("name", { $0.name = "a\u{0}b" }), Change("name", { $0.name = "a\u{2028}b" }),
      Change("name", { $0.name = String(repeating: "é", count: 101) }),
      Change("description", { $0.description_p = String(repeating: "x", count: 1_001) }),
      Change("description", { $0.description_p = "a\u{1B}b" }),
      Change("publisher", { $0.publisher = String(repeating: "x", count: 101) }),
      Change("publisher", { $0.publisher = "a\tb" }),
      Change("redirectURIs", { $0.redirectUris = [String](repeating: "https://example.org", count: 11) }),
      Change("redirectURIs", { $0.redirectUris = ["https://example.org", "ftp://example.org"] }),
      Change("scopes", { $0.scopes = 0 }), Change("scopes", { $0.scopes = Scopes.all.rawValue + 1 }),
      Change("scopes", { $0.scopes = .max }),
      Change("accessTokenLifetime", { $0.accessTokenLifetime = 59 }),
      Change("accessTokenLifetime", { $0.accessTokenLifetime = 7 * 86_400 + 1 }),
      Change("accessTokenLifetime", { $0.accessTokenLifetime = -1 }),
      Change("refreshTokenLifetime", { $0.refreshTokenLifetime = 3_599 }),
      Change("refreshTokenLifetime", { $0.refreshTokenLifetime = 730 * 86_400 + 1 }),
      Change("rotation", { $0.rotation = .UNRECOGNIZED(7) }),
    ])
  func bounds(change: Change) throws {
    scenario.when(command(change.body)).thenRefused(.invalidValue, field: change.field)
  }

  @Test("The bounds themselves are allowed")
  func atBounds() throws {
    for (access, refresh): (Int64, Int64) in [(60, 3_600), (7 * 86_400, 730 * 86_400)] {
      let command = command {
        $0.name = String(repeating: "é", count: 100)
        $0.description_p = String(repeating: "x", count: 1_000)
        $0.redirectUris = [String](repeating: "https://example.org", count: 10)
        $0.accessTokenLifetime = access
        $0.refreshTokenLifetime = refresh
        $0.rotation = .always
        $0.scopes = 1
      }
      var scenario = scenario
      try scenario.perform(command)
    }
  }

  @Test("A name is unique for its owner while the connector lives")
  mutating func uniqueName() throws {
    let first = try scenario.perform(command()).id
    var again = command { $0.name = " Connector " }
    again.publicID = .fake(6)
    scenario.when(again).thenRefused(.conflict, field: "name")

    let other = try scenario.account("other")
    _ = try scenario.phone("+910000000009", of: other)
    again.owner = other
    try scenario.perform(again)

    try scenario.perform(DeleteConnector(connector: first, requester: owner))
    again.owner = owner
    again.publicID = .fake(7)
    try scenario.perform(again)
  }

  @Test("A public ID is used once")
  mutating func publicID() throws {
    try scenario.perform(command())
    scenario.when(command { $0.name = "Other" }).thenRefused(.conflict, field: "publicID")
  }

  @Test("The owner is in force and has a phone")
  mutating func ownerInForce() throws {
    var command = command()
    command.owner = AccountID(rawValue: 99)
    scenario.when(command).thenRefused(.notFound, field: "owner")
    command.owner = try scenario.account("no phone")
    scenario.when(command).thenRefused(.phoneRequired, field: "account")
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = owner.rawValue }))
    scenario.when(self.command()).thenRefused(.accountDisabled, field: "owner")
  }

  @Test(
    "Redirect addresses with HTTPS or to loopback are taken",
    arguments: [
      "https://example.org", "https://example.org/", "https://a-b.example.org:8443/path/x?q=1&r=%20%C3%A9",
      "https://example.org?x", "https://192.0.2.1/cb", "https://[2001:db8::1]:443/cb", "https://localhost/cb",
      "http://localhost", "http://localhost:3000/cb", "http://127.0.0.1:1/cb", "http://[::1]:65535/cb",
      "http://[::1]", "https://[::]/", "https://[1:2:3:4:5:6:7:8]/", "https://[1::8]/", "https://[::ffff:192.0.2.1]/",
      "https://[1:2:3:4:5:6:192.0.2.1]/", "https://1a.2b/",
      "https://example.org/" + String(repeating: "x", count: 1_980),
    ])
  func redirects(uri: String) throws {
    var scenario = scenario
    try scenario.perform(command { $0.redirectUris = [uri] })
  }

  @Test(
    "Other redirect addresses are refused",
    arguments: [
      "", "example.org", "//example.org", "https:", "https://", "https:///path", "https:/example.org",
      "HTTPS://example.org",
      "ftp://example.org", "javascript:alert(1)", " https://example.org", "https://example.org ",
      "https://exa mple.org",
      "https://example.org/#", "https://example.org/#x", "https://user@example.org", "https://user:pw@example.org",
      "https://example.org\\@evil.org", "https://example.org/\\x", "https://example.org/\u{e9}",
      "https://ex\u{e4}mple.org",
      "https://example.org:", "https://example.org:0", "https://example.org:65536", "https://example.org:+80",
      "https://example.org:80:80", "https://-a.org", "https://a-.org", "https://a..org", "https://.org",
      "https://a.org.",
      "https://" + String(repeating: "a", count: 64) + ".org",
      "https://" + [String](repeating: "abcdefg", count: 32).joined(separator: "."),
      "https://[::1", "https://::1]", "https://[]", "https://[zz]", "https://[::1]x", "https://x[::1]",
      "https://a_b.org",
      "https://example.org/%", "https://example.org/%2", "https://example.org/%zz", "https://example.org/a b",
      "https://example.org/\n", "https://example.org/\u{0}", "https://example.org/<x>", "https://example.org/[x]",
      "http://example.org", "http://localhost.example.org", "http://localhost@example.org", "http://127.0.0.2",
      "http://127.0.0.1.example.org", "http://[::2]", "http://::1", "http://LOCALHOST", "http://0x7f.1",
      "https://[:::::]/", "https://[....]/", "https://[:]/", "https://[1:2:3:4:5:6:7]/", "https://[1:2:3:4:5:6:7:8:9]/",
      "https://[1::2::3]/", "https://[1:2:3:4:5:6:7::8]/", "https://[12345::]/", "https://[::1.2.3]/",
      "https://[1.2.3.4::]/",
      "https://[::256.1.1.1]/", "https://256.256.256.256/", "https://1.2.3/", "https://1.2.3.4.5/", "https://01.2.3.4/",
      "https://127.1/", "https://2130706433/", "https://a.0x7f/", "https://a.1/",
      "https://example.org/" + String(repeating: "x", count: 1_981),
    ])
  func badRedirects(uri: String) throws {
    scenario.when(command { $0.redirectUris = [uri] }).thenRefused(.invalidValue, field: "redirectURIs")
  }
}

@Suite struct DeleteConnectorTests {
  @Test("Its owner deletes it, once")
  func deleted() throws {
    var access = try GroupAccess()
    let command = DeleteConnector(connector: access.connector, requester: access.owner)
    let event = filled(ConnectorDeleted()) { $0.connector = access.connector.rawValue }
    try access.scenario.when(command).then(.connectorDeleted(event), by: Subject(access.owner))
    access.scenario.when(DeleteConnector(connector: access.connector, requester: access.granter))
      .thenRefused(.notFound, field: "connector")
    access.scenario.when(DeleteConnector(connector: ConnectorID(rawValue: 999), requester: access.owner))
      .thenRefused(.notFound, field: "connector")
    try access.scenario.perform(command)
    access.scenario.when(command).thenRefused(.gone, field: "connector")
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.connector), by: Position(access.scenario.next - 1))))
  }

  @Test("A disabled owner deletes nothing")
  func disabledOwner() throws {
    var access = try GroupAccess()
    try access.scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    access.scenario.when(DeleteConnector(connector: access.connector, requester: access.owner))
      .thenRefused(.accountDisabled, field: "requester")
  }
}

/// A change of a connector's details, and the field that it makes wrong.
struct Change: Sendable {
  let field: String
  let body: @Sendable (inout ConnectorDetails) -> Void

  init(_ field: String, _ body: @escaping @Sendable (inout ConnectorDetails) -> Void) {
    self.field = field
    self.body = body
  }
}
