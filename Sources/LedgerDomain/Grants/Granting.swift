import LedgerCrypto
import LedgerEvents

/// What gives a connector access: the events, of which the last begins a family of refresh tokens.
struct Granting {
  var events: [LedgerEvent]
  var scopes: Scopes
  var grant: GrantID
  /// Handle of the refresh token, too.
  var family: FamilyID
  var expiresAt: Timestamp
}

extension DomainReader where Self: ~Copyable {
  /// Lets a connector act for a group, or for the granter, and begins a family of refresh tokens.
  ///
  /// Where the access is given already, the new family supersedes the one before. The grant itself is made anew if it
  /// is another's, if it no longer stands, or if it is for other scopes.
  ///
  /// - Parameters:
  ///   - consent: what the granter agreed to.
  ///   - audiences: the resource servers that access tokens of the family are restricted to.
  ///   - refreshDigest: SHA-256 of the refresh token's secret part.
  ///   - first: the position that the first of the events will get.
  func granting(
    _ access: GrantAccess.Access, to id: ConnectorID, by granter: AccountID, agreeingTo consent: Consent,
    refreshDigest: Digest, audiences: Audiences = .unrestricted, first: Position, at now: Timestamp
  ) throws(DecisionFailure) -> Granting {
    let connector = try requireActiveConnector(id)
    let role = try requireActiveAccount(granter, field: "granter").role
    var permission = PermissionGranted()
    permission.connector = connector.id.rawValue
    permission.granter = granter.rawValue
    permission.phone = try requireVerifiedPhone(of: granter).rawValue
    // What the granter may not give now is not given for later either, when the role may be another.
    permission.scopes = try connector.scopes(agreedTo: consent).intersection(role.grantableScopes).rawValue
    if case .group(let id) = access {
      permission.group = id.rawValue
      permission.membership = try requireAdminship(of: id, by: granter).rawValue
      permission.scopes = Scopes(rawValue: permission.scopes).subtracting(.tenant).rawValue
      guard permission.scopes != 0 else { throw .nothingForGroup }
    }
    guard permission.scopes != 0 else { throw .nothingToGive }

    var token = RefreshTokenIssued()
    token.connector = permission.connector
    token.group = permission.group
    token.granter = permission.granter
    token.digest = .init(refreshDigest)
    token.audiences = audiences.numbers
    token.expiresAt = (now + TokenLifetime.refresh(connector.details.refreshTokenLifetime)).milliseconds

    var events: [LedgerEvent] = []
    let existing = try existingGrant(like: permission)
    if let existing, try canGoOn(existing, as: permission) {
      token.grant = existing.id.rawValue
      token.supersedes = try standingFamily(of: existing)
    } else {
      if let existing { events.append(.permissionRevoked(PermissionRevoked(of: existing))) }
      token.grant = (first + UInt64(events.count)).rawValue
      events.append(.permissionGranted(permission))
    }
    events.append(.refreshTokenIssued(token))
    return Granting(
      events: events, scopes: Scopes(rawValue: permission.scopes), grant: GrantID(rawValue: token.grant),
      family: FamilyID(madeAt: first + UInt64(events.count - 1)),
      expiresAt: Timestamp(milliseconds: token.expiresAt))
  }

  /// The membership by which an account is an admin of a group.
  private func requireAdminship(of id: GroupID, by account: AccountID) throws(DecisionFailure) -> MembershipID {
    guard let membership = try requireMember(of: id, by: .account(account)).membership, membership.role == .admin else {
      throw .adminRequired
    }
    return membership.id
  }

  private func existingGrant(like permission: PermissionGranted) throws(DecisionFailure) -> Grant? {
    let group = GroupID(unlessZero: permission.group)
    let id = try read(
      grant(
        to: ConnectorID(rawValue: permission.connector), group: group, granter: AccountID(rawValue: permission.granter))
    )
    guard let id else { return nil }
    return try read(grant(id))
  }

  /// Whether the grant stands, on the same granter and with the same scopes.
  private func canGoOn(_ grant: Grant, as permission: PermissionGranted) throws(DecisionFailure) -> Bool {
    guard grant.granter.rawValue == permission.granter, grant.scopes.rawValue == permission.scopes,
      case .clear = try read(examine(grant: grant.id, family: .max))
    else { return false }
    return true
  }

  /// Number of the grant's latest family, 0 if that one is stopped.
  private func standingFamily(of grant: Grant) throws(DecisionFailure) -> UInt64 {
    guard let family = grant.family?.rawValue, try read(required(family, .family)).stoppedBy == 0 else { return 0 }
    return family
  }
}

extension DecisionFailure {
  fileprivate static var nothingToGive: Self {
    .refused(
      .invalidValue, field: "connector", expected: "a connector with a permission that the granter may give",
      remedy: "have an administrator approve what concerns the organisation, and give it")
  }

  fileprivate static var nothingForGroup: Self {
    .refused(.invalidValue, field: "connector", expected: "a connector with a permission that concerns groups")
  }
}
