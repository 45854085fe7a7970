public import LedgerEvents

/// Stops tokens: one, a family, or all of a grant, a connector or an account issued so far. Always one event.
///
/// What is unknown or stopped already is no error and makes no event (RFC 7009 section 2.2).
public struct RevokeToken: Command {
  /// What is revoked.
  public enum Target: Sendable, Equatable {
    /// One access token.
    case token(TokenID)
    /// A refresh token: with its family, and every access token from it.
    case refreshToken(TokenID)
    /// Every token under the grant issued so far. The grant itself stays: its granter can give a new refresh token.
    case grant(GrantID)
    /// Every token of the connector issued so far.
    case connector(ConnectorID)
    /// Every token that depends on the account's grants issued so far.
    case account(AccountID)
  }

  package var target: Target
  /// The granter, an admin of the group, or the connector's owner; for an account its holder only; a connector for its
  /// own tokens, where the person for whom it acts may.
  package var requester: Requester

  package init(_ target: Target, requester: Requester) {
    self.target = target
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let event =
      switch target {
      case .token(let id): try stopToken(id, state)
      case .refreshToken(let id): try stopFamily(of: id, state)
      case .grant(let id): try stopAll(ofGrant: id, state)
      case .connector(let id): try stopAll(ofConnector: id, state)
      case .account(let id): try stopAll(ofAccount: id, state)
      }
    guard let event else { return Decision(by: requester) }
    return Decision(by: requester, .tokenRevoked(event))
  }

  /// Whether something was stopped; false if there was nothing to stop.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }

  private func stopToken(
    _ id: TokenID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> TokenRevoked? {
    guard let token = try read(state.standing(of: id.rawValue)), token.kind == .token else { return nil }
    if let connector = try read(state.connectorOfOwnToken(token)) {
      try requireReach(of: connector, state)
      return token.stoppedBy == 0 ? TokenRevoked(.token, id.rawValue, of: connector) : nil
    }
    let family = try read(state.family(of: token, id))
    let grant = try requireReach(of: GrantID(rawValue: family.standing.parents[0]), state)
    return token.stoppedBy == 0 ? TokenRevoked(.token, id.rawValue, under: grant) : nil
  }

  private func stopFamily(
    of id: TokenID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> TokenRevoked? {
    guard let token = try read(state.standing(of: id.rawValue)), token.kind == .family else { return nil }
    let family = try read(state.family(of: token, id))
    let grant = try requireReach(of: GrantID(rawValue: family.standing.parents[0]), state)
    return family.standing.stoppedBy == 0 ? TokenRevoked(.family, family.number, under: grant) : nil
  }

  /// A grant's newest family carries all that is left: a new one supersedes the one before.
  private func stopAll(
    ofGrant id: GrantID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> TokenRevoked? {
    guard let family = try read(state.grant(id))?.family else { return nil }
    let grant = try requireReach(of: id, state)
    guard try read(state.required(family.rawValue, .family)).stoppedBy == 0 else { return nil }
    return TokenRevoked(.family, family.rawValue, under: grant)
  }

  private func stopAll(
    ofConnector id: ConnectorID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> TokenRevoked? {
    guard let connector = try read(state.connector(id)) else { return nil }
    try requireReach(of: id, state)
    guard !connector.isDeleted else { return nil }
    var event = TokenRevoked()
    event.reach = .connector
    event.target = id.rawValue
    event.connector = id.rawValue
    return event
  }

  private func stopAll(
    ofAccount id: AccountID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> TokenRevoked? {
    guard requester == .account(id) || requester == .operator else { throw .tokensOfOthers }
    guard try read(state.account(id)) != nil else { return nil }
    var event = TokenRevoked()
    event.reach = .account
    event.target = id.rawValue
    return event
  }

  /// - Throws: ``ErrorCode/forbidden`` unless the requester may stop all tokens of the connector.
  private func requireReach(
    of id: ConnectorID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) {
    guard let owner = try read(state.connector(id))?.owner else { throw .unreadable(.misplaced(id.rawValue)) }
    switch requester {
    case .account(owner), .connector(id, for: owner), .operator: return
    default: throw .tokensOfOthers
    }
  }

  /// The grant, if the requester may stop tokens under it.
  private func requireReach(
    of id: GrantID, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> Grant {
    guard let grant = try read(state.grant(id)) else { throw .unreadable(.misplaced(id.rawValue)) }
    let isAllowed =
      switch requester {
      case .account(let account): try state.may(account, stop: grant)
      case .connector(let connector, let account):
        grant.connector == connector ? try state.may(account, stop: grant) : false
      case .operator: true
      }
    guard isAllowed else { throw .tokensOfOthers }
    return grant
  }
}

extension TokenRevoked {
  init(_ reach: RevocationReach, _ target: UInt64, under grant: Grant) {
    self.init()
    self.reach = reach
    self.target = target
    connector = grant.connector.rawValue
    self.grant = grant.id.rawValue
    group = grant.group?.rawValue ?? 0
  }
}

extension TokenRevoked {
  /// The revocation of something that depends on a connector alone.
  init(_ reach: RevocationReach, _ target: UInt64, of connector: ConnectorID) {
    self.init()
    self.reach = reach
    self.target = target
    self.connector = connector.rawValue
  }
}

extension StandingReader where Self: ~Copyable {
  /// The connector whose own an access token is; nil of every other token.
  func connectorOfOwnToken(_ token: Standing) throws(StateUnreadable) -> ConnectorID? {
    guard token.kind == .token, try required(token.parents[0]).kind == .connector else { return nil }
    return ConnectorID(rawValue: token.parents[0])
  }
}

extension DecisionFailure {
  fileprivate static var tokensOfOthers: Self {
    .refused(
      .forbidden, field: "target", expected: "tokens that you gave, or that are for your group or your connector")
  }
}
