import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct WebhookDenialReasonTests {
  private var given: WebhookGiven
  private let webhook: WebhookID
  private var access: GroupAccess { given.access }

  init() throws {
    var given = try WebhookGiven()
    webhook = try given.webhook()
    self.given = given
  }

  private func denialReason(_ scenario: Scenario? = nil, _ id: WebhookID? = nil) throws -> Webhook.DenialReason? {
    let scenario = scenario ?? access.scenario
    let known = try #require(try scenario.state.webhook(id ?? webhook))
    return try scenario.state.denialReason(for: known, at: scenario.now)
  }

  @Test("It stops by itself")
  mutating func itself() throws {
    #expect(try denialReason() == nil)
    var scenario = access.scenario
    scenario.now += .seconds(86_400)
    #expect(try denialReason(scenario) == .expired(at: scenario.now))
    scenario.now -= .seconds(1)
    #expect(try denialReason(scenario) == nil)
    try given.access.scenario.perform(DisableWebhook(webhook: webhook, .failures(7)))
    #expect(try denialReason() == .disabled)
    try given.access.scenario.perform(DeleteWebhook(webhook: webhook, by: .requester(.operator)))
    #expect(try denialReason() == .deleted)
    try scenario.perform(DeleteConnector(connector: access.connector, requester: access.owner))
    #expect(try denialReason(scenario) == .deleted)
  }

  @Test("It stops with what its grant stands on")
  func standings() throws {
    func stopped(_ subject: Subject, _ change: (inout Scenario) throws -> Void) throws {
      var scenario = access.scenario
      try change(&scenario)
      #expect(try denialReason(scenario) == .stopped(.stopped(subject, by: Position(scenario.next - 1))))
    }
    try stopped(Subject(access.grant)) { try $0.perform(RevokeGrant(grant: access.grant, requester: access.owner)) }
    try stopped(Subject(access.connector)) { try $0.revoke(.connector, access.connector.rawValue) }
    try stopped(Subject(access.connector)) {
      try $0.perform(
        DeactivateConnector(connector: access.connector, reason: "under review", requester: Requester.operator))
    }
    try stopped(Subject(access.granter)) { try $0.revoke(.account, access.granter.rawValue) }
    try stopped(Subject(access.owner)) {
      try $0.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    }
    try stopped(Subject(access.phone)) { try $0.perform(RemovePhone(phone: access.phone, requester: .operator)) }
    try stopped(Subject(access.membership)) {
      try $0.changeRole(of: access.membership, in: access.group, from: .admin, to: .member)
    }
    try stopped(Subject(access.group)) {
      try $0.given(.groupDeleted(filled(GroupDeleted()) { $0.group = access.group.rawValue }))
    }
    try stopped(Subject(access.family)) {
      try $0.perform(RevokeToken(.refreshToken(access.refreshToken), requester: .operator))
    }
    try stopped(Subject(access.family)) {
      try $0.given(
        .refreshTokenReuseDetected(
          filled(RefreshTokenReuseDetected()) {
            $0.grant = access.grant.rawValue
            $0.family = access.family.rawValue
          }))
    }
  }

  @Test("What leaves the grant alone leaves it alone")
  func unaffected() throws {
    // What an admin of a group can give, so that giving it again is the same.
    var given = try WebhookGiven(scopes: Scopes.all.subtracting(.tenant))
    let webhook = try given.webhook()
    let access = given.access
    func denialReason(_ id: WebhookID) throws -> Webhook.DenialReason? {
      try self.denialReason(given.access.scenario, id)
    }
    try given.access.scenario.perform(RevokeToken(.token(access.token), requester: .operator))
    // A new refresh token takes the place of the one before.
    try given.access.scenario.perform(
      GrantAccess(
        connector: access.connector, access: .group(access.group), granter: access.granter, consent: .scopes(.all),
        refreshDigest: .of("another")))
    #expect(try denialReason(webhook) == nil)
    try given.access.scenario.perform(DisableAccount(account: access.owner, reason: "x", requester: .operator))
    #expect(try denialReason(webhook) != nil)
    try given.access.scenario.perform(EnableAccount(account: access.owner, requester: .operator))
    #expect(try denialReason(webhook) == nil)
    // Revoked before, and registered after.
    try given.access.scenario.revoke(.connector, access.connector.rawValue)
    let later = try given.access.scenario.webhook(
      of: access.connector, on: access.group, under: access.grant, family: access.family, publicID: .fake(201))
    #expect(try denialReason(later) == nil)
    #expect(try denialReason(webhook) != nil)
  }

  @Test("On a group below that of its grant it stops when that is deleted, or taken from there")
  mutating func takenFromBelow() throws {
    let below = try given.access.scenario.group(by: access.granter, publicID: .fake(101))
    try given.access.scenario.perform(AttachSubgroup(below, to: access.group, requester: Requester.operator))
    let lower = try given.access.scenario.webhook(
      of: access.connector, on: below, under: access.grant, family: access.family, publicID: .fake(201))
    #expect(try denialReason(nil, lower) == nil)
    var deleted = access.scenario
    try deleted.given(.groupDeleted(filled(GroupDeleted()) { $0.group = below.rawValue }))
    #expect(
      try denialReason(deleted, lower) == .stopped(.stopped(Subject(below), by: Position(deleted.next - 1))))
    try given.access.scenario.perform(DetachSubgroup(below, from: access.group, requester: Requester.operator))
    #expect(try denialReason(nil, lower) == .outOfReach)
  }

  @Test("A permission that is gone, and a person who left, stop it")
  mutating func leftPerson() throws {
    var scenario = access.scenario
    try scenario.perform(
      UpdateConnector(connector: access.connector, .init(scopes: .textMessageRead), requester: access.owner))
    #expect(try denialReason(scenario) == .scopeMissing)

    let grant = try given.access.scenario.grant(to: access.connector, by: access.granter, phone: access.phone)
    let family = try given.access.scenario.family(under: grant, secret: "own")
    let own = try given.access.scenario.webhook(
      of: access.connector, on: access.group, under: grant, family: family, publicID: .fake(201))
    #expect(try denialReason(nil, own) == nil)
    var deleted = access.scenario
    try deleted.given(.groupDeleted(filled(GroupDeleted()) { $0.group = access.group.rawValue }))
    #expect(try denialReason(deleted, own) == .stopped(.stopped(Subject(access.group), by: Position(deleted.next - 1))))
    try given.access.scenario.given(
      .groupMemberRemoved(
        filled(GroupMemberRemoved()) {
          $0.group = access.group.rawValue
          $0.membership = access.membership.rawValue
          $0.account = access.granter.rawValue
        }))
    #expect(try denialReason(nil, own) == .notMember)
  }
}
