import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct UpdateConnectorTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func command(_ changes: UpdateConnector.Changes, by requester: Requester? = nil) -> UpdateConnector {
    UpdateConnector(connector: access.connector, changes, requester: requester ?? .account(access.owner))
  }

  @Test("What is given changes, and the event has before and after")
  mutating func changed() throws {
    let event = filled(ConnectorUpdated()) {
      $0.connector = access.connector.rawValue
      $0.before = .fake()
      $0.after = .fake {
        $0.name = "Other"
        $0.accessTokenLifetime = 60
        $0.rotation = .always
        $0.redirectUris = ["https://example.org/new"]
      }
      $0.approved = Scopes.tenant.rawValue
    }
    let changes = UpdateConnector.Changes(
      name: " Other ", redirectURIs: ["https://example.org/new"], accessTokenLifetime: 60, rotation: .always)
    #expect(try access.scenario.when(command(changes)).then(.connectorUpdated(event), by: Subject(access.owner)))
    try access.scenario.when(command(changes, by: .operator)).then(.connectorUpdated(event), by: .operator)
    try access.scenario.perform(command(changes))
    #expect(try access.scenario.when(command(changes)).thenNothing() == false)
    #expect(try access.scenario.when(command(.init())).thenNothing() == false)
  }

  @Test("A name is changed to one that is free")
  mutating func renamed() throws {
    let other = try access.scenario.connector(
      of: access.owner, publicID: .fake(9), details: .fake { $0.name = "Taken" })
    access.scenario.when(command(.init(name: "Taken"))).thenRefused(.conflict, field: "name")
    try access.scenario.perform(DeleteConnector(connector: other, requester: access.owner))
    try access.scenario.perform(command(.init(name: "Taken")))
    // Names that differ in case or in how Unicode composes them are different names.
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(10), details: .fake { $0.name = "\u{E9}" })
    access.scenario.when(command(.init(name: "\u{E9}"))).thenRefused(.conflict, field: "name")
    try access.scenario.perform(command(.init(name: "e\u{301}")))
    try access.scenario.perform(command(.init(name: "taken")))
  }

  @Test(
    "Changed details have the bounds of new ones",
    arguments: [
      ("name", UpdateConnector.Changes(name: "")), ("description", .init(description: "a\u{1B}")),
      ("publisher", .init(publisher: "a\nb")), ("redirectURIs", .init(redirectURIs: ["ftp://example.org"])),
      ("scopes", .init(scopes: [])), ("accessTokenLifetime", .init(accessTokenLifetime: 59)),
      ("refreshTokenLifetime", .init(refreshTokenLifetime: 1)), ("rotation", .init(rotation: .UNRECOGNIZED(9))),
    ])
  func bounds(field: String, changes: UpdateConnector.Changes) {
    access.scenario.when(command(changes)).thenRefused(.invalidValue, field: field)
  }

  @Test("Only the owner or an operator changes a connector that is there")
  mutating func authority() throws {
    let changes = UpdateConnector.Changes(name: "Other")
    access.scenario.when(command(changes, by: .account(access.granter))).thenRefused(.notFound, field: "connector")
    access.scenario.when(command(changes, by: .connector(access.connector, for: access.granter)))
      .thenRefused(.notFound, field: "connector")
    var unknown = command(changes, by: .operator)
    unknown.connector = ConnectorID(rawValue: 999)
    access.scenario.when(unknown).thenRefused(.notFound, field: "connector")
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    disabled.when(command(changes)).thenRefused(.accountDisabled, field: "requester")
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: Requester.operator))
    access.scenario.when(command(changes)).thenRefused(.gone, field: "connector")
    access.scenario.when(command(changes, by: .operator)).thenRefused(.gone, field: "connector")
  }

  @Test("Fewer permissions narrow live tokens; more do not widen them beyond their grant")
  mutating func narrowing() throws {
    access = try GroupAccess(details: .fake { $0.scopes = Scopes([.groupInfoRead, .mediaRead]).rawValue })
    func scopes() throws -> Scopes? {
      guard
        case .valid(let claims) = try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
      else { return nil }
      return claims.scopes
    }
    #expect(try scopes() == [.groupInfoRead, .mediaRead])
    try access.scenario.perform(command(.init(scopes: .mediaRead)))
    #expect(try scopes() == .mediaRead)
    try access.scenario.perform(command(.init(scopes: .all)))
    #expect(try scopes() == [.groupInfoRead, .mediaRead])
  }
}

@Suite struct RotateSecretTests {
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func command(
    _ secret: String = "second", overlap: Duration = .zero, by requester: Requester? = nil
  ) -> RotateSecret {
    RotateSecret(
      connector: access.connector, secretDigest: .of(secret), overlap: overlap,
      requester: requester ?? .account(access.owner))
  }

  private func authenticates(_ secret: String, at now: Timestamp) throws -> SecretID? {
    try access.scenario.state.authenticate(.fake(1), secret: .of(secret), at: now)?.secret
  }

  @Test(
    "The secret before is named, with the moment from which it is refused",
    arguments: [Duration.zero, .seconds(30 * 86_400)])
  func rotated(overlap: Duration) throws {
    let event = filled(ConnectorSecretRotated()) {
      $0.connector = access.connector.rawValue
      $0.secretDigest = .init(Digest.of("second"))
      $0.previousSecret = access.connector.rawValue
      $0.previousExpiresAt = (access.scenario.now + overlap).milliseconds
    }
    let id = try access.scenario.when(command(overlap: overlap))
      .then(.connectorSecretRotated(event), by: Subject(access.owner))
    #expect(id.rawValue == access.scenario.next)
    try access.scenario.when(command(overlap: overlap, by: .operator))
      .then(.connectorSecretRotated(event), by: .operator)
  }

  @Test("Both are accepted while they overlap, and which one is known")
  mutating func overlap() throws {
    let first = SecretID(rawValue: access.connector.rawValue)
    let second = try access.scenario.perform(command(overlap: .seconds(60)))
    let now = access.scenario.now
    #expect(try authenticates("secret", at: now) == first)
    #expect(try authenticates("second", at: now) == second)
    #expect(try authenticates("secret", at: now + .milliseconds(59_999)) == first)
    #expect(try authenticates("secret", at: now + .seconds(60)) == nil)
    // The one before the one before is refused at once.
    let third = try access.scenario.perform(command("third", overlap: .seconds(60)))
    #expect(try authenticates("secret", at: now) == nil)
    #expect(try authenticates("second", at: now) == second)
    #expect(try authenticates("third", at: now) == third)
    // Without an overlap nothing but the new one is.
    try access.scenario.perform(command("fourth"))
    #expect(try authenticates("third", at: now) == nil)
  }

  @Test("The overlap has bounds")
  func overlapBounds() throws {
    for overlap in [Duration.milliseconds(-1), .seconds(30 * 86_400) + .milliseconds(1)] {
      access.scenario.when(command(overlap: overlap)).thenRefused(.invalidValue, field: "overlap")
    }
  }

  @Test("Only the owner or an operator rotates the secret of a connector that is there")
  mutating func rotationAuthority() throws {
    access.scenario.when(command(by: .account(access.granter))).thenRefused(.notFound, field: "connector")
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    disabled.when(command()).thenRefused(.accountDisabled, field: "requester")
    try access.scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    access.scenario.when(command()).thenRefused(.gone, field: "connector")
  }
}
