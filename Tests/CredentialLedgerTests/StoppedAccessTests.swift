import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// One connector with access to a group and to a person, with everything that was handed out for it.
struct HandedOut {
  let ledger: Ledger
  let steps: FourSteps
  let membership: MembershipID
  /// An admin besides the granter, so that the granter can go.
  let second: AccountID
  let group: Grants.Granted
  let user: Grants.Granted
  let groupToken: AccessToken
  let userToken: AccessToken

  init(
    on ledger: Ledger, permissions: Set<Permission> = [.groupInformation, .textMessage]
  ) async throws {
    self.ledger = ledger
    let steps = try await FourSteps(on: ledger, permissions: permissions)
    self.steps = steps
    group = steps.granted
    membership = try #require(
      try ledger.groups.members(of: steps.group.id).first { $0.account == steps.admin }
    ).id
    second = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "second").account
    _ = try await ledger.groups.add(second, role: .admin, to: steps.group.id, by: steps.admin)
    user = try await ledger.grants.grant(steps.connector.id, access: .user, by: steps.admin)
    groupToken = try await Self.issue(steps, group.refreshToken, ledger)
    userToken = try await Self.issue(steps, user.refreshToken, ledger)
  }

  static func issue(_ steps: FourSteps, _ token: RefreshToken, _ ledger: Ledger) async throws -> AccessToken {
    try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: token
    ).accessToken
  }
}

/// Disables an account, without asking who may.
private struct Disable: Command {
  let account: AccountID

  func decide(_ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext) -> Decision {
    var event = AccountDisabled()
    event.account = account.rawValue
    return Decision(by: Requester.operator, .accountDisabled(event))
  }

  func outcome(of recorded: RecordedEvents) {}
}

/// What stops access, and which of it.
enum Stop: String, CaseIterable, Sendable {
  case granterDisabled, ownerDisabled, phoneRemoved, granterDemoted, granterRemoved, groupDeleted, connectorDeleted
  case grantRevoked, familyRevoked, familySuperseded, allOfConnectorRevoked

  /// Whether the person's own access is stopped too, or only that to the group.
  var stopsOwnAccess: Bool {
    switch self {
    case .granterDemoted, .granterRemoved, .groupDeleted: false
    default: true
    }
  }

  /// Whether access can be given anew.
  var letsGrantAgain: Bool {
    switch self {
    case .grantRevoked, .familyRevoked, .familySuperseded, .allOfConnectorRevoked: true
    default: false
    }
  }

  func apply(to given: HandedOut) async throws {
    let ledger = given.ledger
    let steps = given.steps
    switch self {
    case .granterDisabled: try await ledger.execute(Disable(account: steps.admin))
    case .ownerDisabled: try await ledger.execute(Disable(account: steps.developer))
    case .phoneRemoved:
      for phone in try ledger.phones.verified(by: steps.admin) {
        try await ledger.phones.remove(phone, by: steps.admin)
      }
    case .granterDemoted:
      try await ledger.groups.changeRole(of: given.membership, in: steps.group.id, to: .member, by: given.second)
    case .granterRemoved: try await ledger.groups.remove(given.membership, from: steps.group.id, by: given.second)
    case .groupDeleted: try await ledger.groups.delete(steps.group.id, by: given.second)
    case .connectorDeleted: try await ledger.connectors.delete(steps.connector.id, by: steps.developer)
    case .grantRevoked:
      for grant in [given.group, given.user] { try await ledger.grants.revoke(grant.grant, by: steps.admin) }
    case .familyRevoked:
      for token in [given.group, given.user] {
        let family = try #require(try ledger.grants.grant(token.grant)?.family)
        try await ledger.tokens.revoke(.refreshToken(TokenID(rawValue: family.rawValue)), by: steps.admin)
      }
    case .familySuperseded:
      for access in [GrantAccess.Access.group(steps.group.id), .user] {
        _ = try await ledger.grants.grant(steps.connector.id, access: access, by: steps.admin)
      }
    case .allOfConnectorRevoked:
      try await ledger.tokens.revoke(.connector(steps.connector.id), by: steps.developer)
    }
  }
}

/// A way to get or to use a token. A new one is a case here, with what it tries.
enum Way: String, CaseIterable, Sendable {
  case issue, validate, grantAgain

  func works(_ given: HandedOut, toGroup: Bool) async throws -> Bool {
    let ledger = given.ledger
    let steps = given.steps
    switch self {
    case .validate: return try ledger.tokens.validate(toGroup ? given.groupToken : given.userToken).isValid
    case .issue:
      let token = (toGroup ? given.group : given.user).refreshToken
      return await succeeds { _ = try await HandedOut.issue(steps, token, ledger) }
    case .grantAgain:
      let access = toGroup ? GrantAccess.Access.group(steps.group.id) : .user
      return await succeeds { _ = try await ledger.grants.grant(steps.connector.id, access: access, by: steps.admin) }
    }
  }

  private func succeeds(_ body: () async throws -> Void) async -> Bool {
    do {
      try await body()
      return true
    } catch { return false }
  }
}

@Suite struct StoppedAccessTests {
  let folder = TemporaryFolder()
  let quick = LedgerConfiguration(pinCost: 10)

  @Test(arguments: Stop.allCases)
  func `What is stopped gives no access in any way, before and after a rebuild`(stop: Stop) async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", quick)
    let given = try await HandedOut(on: ledger)
    for way in Way.allCases where way != .grantAgain {
      for toGroup in [true, false] { #expect(try await way.works(given, toGroup: toGroup), "\(way) before") }
    }
    try await stop.apply(to: given)
    // A superseded grant stands: its newest family has the access.
    if stop != .familySuperseded {
      #expect(try ledger.grants.states(of: given.steps.group.id).allSatisfy { !$0.isInForce })
      if stop.stopsOwnAccess { #expect(try ledger.grants.states(by: given.steps.admin).allSatisfy { !$0.isInForce }) }
    }
    for attempt in ["at once", "after a rebuild"] {
      for way in Way.allCases where way != .grantAgain || !stop.letsGrantAgain {
        #expect(try await !way.works(given, toGroup: true), "\(way) to the group \(attempt)")
        // Granting again would supersede the tokens that are tried.
        guard way != .grantAgain || stop.stopsOwnAccess else { continue }
        #expect(
          try await way.works(given, toGroup: false) == !stop.stopsOwnAccess,
          "\(way) to the person's own access \(attempt)")
      }
      try await ledger.rebuildProjections()
    }
    await ledger.close()
  }
}
