public import LedgerCrypto
public import LedgerEvents

/// Lets a connector act for a group, or for a person, and makes a refresh token for it.
///
/// Where the access is given already, the new refresh token supersedes the one before. The grant itself is made anew
/// if it is another's, if it no longer stands, or if the connector's scopes have changed: a grant always stands on who
/// gives it now, and gives what the connector asks for now.
public struct GrantAccess: Command {
  /// What a grant opens.
  public enum Access: Sendable, Equatable {
    /// To a group that the granter is an admin of.
    case group(GroupID)
    /// To what the granter may do.
    case user
  }

  public var connector: ConnectorID
  public var access: Access
  public var granter: AccountID
  /// SHA-256 of the refresh token's secret part.
  public var refreshDigest: Digest
  /// The granter, unless another is named.
  public var requester: Requester?

  public init(
    connector: ConnectorID, access: Access, granter: AccountID, refreshDigest: Digest, requester: Requester? = nil
  ) {
    self.connector = connector
    self.access = access
    self.granter = granter
    self.refreshDigest = refreshDigest
    self.requester = requester
  }

  /// The scopes given are those of the grant, which never change.
  public struct Outcome: Sendable, Equatable {
    public var grant: GrantID
    /// The new family, which is the handle of the refresh token too.
    public var family: FamilyID
    /// When the refresh token expires.
    public var expiresAt: Timestamp
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let connector = try state.requireConnector(connector)
    _ = try state.requireActiveAccount(connector.owner, field: "connector")
    let requester = requester ?? .account(granter)
    try state.requireActive(granter, madeBy: requester, field: "granter")
    var permission = PermissionGranted()
    permission.connector = connector.id.rawValue
    permission.granter = granter.rawValue
    permission.phone = try state.requireVerifiedPhone(of: granter).rawValue
    permission.scopes = connector.details.scopes
    if case .group(let id) = access {
      permission.group = id.rawValue
      permission.membership = try state.requireAdminship(of: id, by: granter).rawValue
      permission.scopes = Scopes(rawValue: permission.scopes).subtracting(.tenant).rawValue
      guard permission.scopes != 0 else { throw .nothingForGroup }
    }

    var token = RefreshTokenIssued()
    token.connector = permission.connector
    token.group = permission.group
    token.granter = permission.granter
    token.digest = .init(refreshDigest)
    token.expiresAt = (context.now + TokenLifetime.refresh(connector.details.refreshTokenLifetime)).milliseconds

    var events: [LedgerEvent] = []
    if let existing = try state.existingGrant(like: permission) {
      if try state.canGoOn(existing, as: permission) {
        token.grant = existing.id.rawValue
        token.supersedes = try state.standingFamily(of: existing)
        return Decision(by: requester, .refreshTokenIssued(token))
      }
      events.append(.permissionRevoked(PermissionRevoked(of: existing)))
    }
    token.grant = context.next + UInt64(events.count)
    events += [.permissionGranted(permission), .refreshTokenIssued(token)]
    return Decision(by: requester, events: events)
  }

  public func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .refreshTokenIssued(let token) = recorded.events.last else {
      preconditionFailure("These are not the events of a GrantAccess.")
    }
    return Outcome(
      grant: GrantID(rawValue: token.grant),
      family: FamilyID(rawValue: recorded.first + UInt64(recorded.events.count - 1)),
      expiresAt: Timestamp(milliseconds: token.expiresAt))
  }
}

extension DecisionFailure {
  fileprivate static var nothingForGroup: Self {
    .refused(.invalidValue, field: "connector", expected: "a connector with a permission that concerns groups")
  }
}

extension DomainReader where Self: ~Copyable {
  /// The membership by which an account is an admin of a group.
  fileprivate func requireAdminship(of id: GroupID, by account: AccountID) throws(DecisionFailure) -> MembershipID {
    guard let membership = try requireMember(of: id, by: .account(account)).membership, membership.role == .admin else {
      throw .adminRequired
    }
    return membership.id
  }

  fileprivate func existingGrant(like permission: PermissionGranted) throws(DecisionFailure) -> Grant? {
    let group = GroupID(unlessZero: permission.group)
    let id = try read(
      grant(
        to: ConnectorID(rawValue: permission.connector), group: group, granter: AccountID(rawValue: permission.granter))
    )
    guard let id else { return nil }
    return try read(grant(id))
  }

  /// Whether the grant stands, on the same granter and with the same scopes.
  fileprivate func canGoOn(_ grant: Grant, as permission: PermissionGranted) throws(DecisionFailure) -> Bool {
    guard grant.granter.rawValue == permission.granter, grant.scopes.rawValue == permission.scopes,
      case .clear = try read(examine(grant: grant.id, family: .max))
    else { return false }
    return true
  }

  /// Number of the grant's latest family, 0 if that one is stopped.
  fileprivate func standingFamily(of grant: Grant) throws(DecisionFailure) -> UInt64 {
    guard let family = grant.family?.rawValue, try read(required(family, .family)).stoppedBy == 0 else { return 0 }
    return family
  }
}
