import CredentialLedger
import Testing

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
    user = try await ledger.grants.grant(steps.connector.id, consent: .scopes(.all), access: .user, by: steps.admin)
    groupToken = try await Self.issue(steps, group.refreshToken, ledger)
    userToken = try await Self.issue(steps, user.refreshToken, ledger)
  }

  static func issue(_ steps: FourSteps, _ token: RefreshToken, _ ledger: Ledger) async throws -> AccessToken {
    try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: token
    ).accessToken
  }
}

/// What stops access, and which of it.
enum Stop: String, CaseIterable, Sendable {
  case granterDisabled, ownerDisabled, granterErased, ownerErased, phoneRemoved, granterDemoted, granterRemoved
  case groupDeleted, connectorDeleted, grantRevoked, familyRevoked, familySuperseded
  case allOfGrantRevoked, allOfConnectorRevoked, allOfAccountRevoked

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
    case .grantRevoked, .familyRevoked, .familySuperseded, .allOfGrantRevoked, .allOfConnectorRevoked,
      .allOfAccountRevoked:
      true
    default: false
    }
  }

  /// Whether a code and a PIN that were handed out before lead nowhere any more, though access can be given anew.
  var endsCodes: Bool {
    switch self {
    case .grantRevoked, .allOfConnectorRevoked, .allOfAccountRevoked: true
    default: false
    }
  }

  /// Whether the tokens themselves are stopped, so that presenting one revokes nothing any more.
  var leavesNothingToRevoke: Bool {
    switch self {
    case .connectorDeleted, .familyRevoked, .familySuperseded, .allOfGrantRevoked: true
    default: false
    }
  }

  func apply(to given: HandedOut) async throws {
    let ledger = given.ledger
    let steps = given.steps
    let accesses = [given.group, given.user]
    switch self {
    case .granterDisabled: try await ledger.accounts.disable(steps.admin, reason: "left", by: Requester.operator)
    case .ownerDisabled: try await ledger.accounts.disable(steps.developer, reason: "left", by: Requester.operator)
    case .granterErased: try await ledger.people.erase(steps.admin, by: Requester.operator)
    case .ownerErased: try await ledger.people.erase(steps.developer, by: steps.developer)
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
      for access in accesses { try await ledger.grants.revoke(access.grant, by: steps.admin) }
    case .familyRevoked:
      for access in accesses {
        let family = try #require(try ledger.grants.grant(access.grant)?.family)
        try await ledger.tokens.revoke(.refreshToken(TokenID(rawValue: family.rawValue)), by: steps.admin)
      }
    case .familySuperseded:
      for access in [GrantAccess.Access.group(steps.group.id), .user] {
        _ = try await ledger.grants.grant(steps.connector.id, consent: .scopes(.all), access: access, by: steps.admin)
      }
    case .allOfGrantRevoked:
      for access in accesses { #expect(try await ledger.tokens.revoke(.grant(access.grant), by: steps.admin)) }
    case .allOfConnectorRevoked:
      try await ledger.tokens.revoke(.connector(steps.connector.id), by: steps.developer)
    case .allOfAccountRevoked: try await ledger.tokens.revoke(.account(steps.admin), by: steps.admin)
    }
  }
}
