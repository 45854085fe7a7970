public import LedgerEvents

/// What the tokens of a family, or a connector's own tokens, depend on, where nothing is in their way.
@usableFromInline package struct GrantPath: Sendable, Equatable, BitwiseCopyable {
  /// Nil for a connector's own tokens.
  @usableFromInline package var grant: GrantID?
  @usableFromInline package var connector: ConnectorID
  @usableFromInline package var granter: AccountID
  @usableFromInline package var group: GroupID?
  /// The intersection of the scopes along the way: of the family, its grant, and all that the grant depends on.
  @usableFromInline package var scopes: Scopes
  /// Position of the event that stopped the connector's own tokens of before it; 0 if none did, and on all other paths.
  @usableFromInline package var ownTokensStoppedBy: UInt64

  /// A way that is clear.
  @inlinable
  package init(
    grant: GrantID?, connector: ConnectorID, granter: AccountID, group: GroupID?, scopes: Scopes,
    ownTokensStoppedBy: UInt64 = 0
  ) {
    self.ownTokensStoppedBy = ownTokensStoppedBy
    self.grant = grant
    self.connector = connector
    self.granter = granter
    self.group = group
    self.scopes = scopes
  }
}

/// Whether the way down to all that something depends on is clear.
@usableFromInline package enum Examination: Sendable, Equatable {
  case clear(GrantPath)
  case denied(Verdict.Reason)
}

extension StandingReader where Self: ~Copyable {
  /// The family of a token; of a family's first refresh token that is the token itself.
  @inlinable
  func family(
    of token: Standing, _ handle: TokenID
  ) throws(StateUnreadable) -> (number: UInt64, standing: Standing) {
    let parent = try required(token.parents[0])
    switch (token.kind, parent.kind) {
    case (.token, .family), (.family, .family): return (token.parents[0], parent)
    case (.family, .grant): return (handle.rawValue, token)
    default: throw .misplaced(token.parents[0])
    }
  }

  /// Whether the way from a family down to all that it depends on is clear.
  @inlinable
  package func examine(family number: UInt64) throws(StateUnreadable) -> Examination {
    let family = try required(number)
    if family.kind == .connector { return try examine(ownTokensOf: family, number) }
    guard family.kind == .family else { throw .misplaced(number) }
    if let reason = family.denialReason(at: number) { return .denied(reason) }
    switch try examine(grant: GrantID(rawValue: family.parents[0]), family: number) {
    case .clear(var path):
      path.scopes.formIntersection(family.scopes)
      return .clear(path)
    case .denied(let reason):
      return .denied(reason)
    }
  }

  /// Whether the way from a connector's own tokens down to its owner is clear.
  @usableFromInline
  func examine(ownTokensOf connector: Standing, _ number: UInt64) throws(StateUnreadable) -> Examination {
    if let reason = connector.denialReason(at: number) { return .denied(reason) }
    let owner = try required(connector.parents[0], .account)
    if let reason = owner.denialReason(at: connector.parents[0]) { return .denied(reason) }
    return .clear(
      GrantPath(
        grant: nil, connector: ConnectorID(rawValue: number), granter: AccountID(rawValue: connector.parents[0]),
        group: nil, scopes: connector.scopes, ownTokensStoppedBy: max(connector.floor, connector.ownTokensStoppedBy)))
  }

  @inlinable
  package func path(ofFamily number: UInt64) throws(StateUnreadable) -> Examination { try examine(family: number) }

  /// - Parameter family: the family of tokens to examine the grant for.
  @inlinable
  func examine(grant id: GrantID, family: UInt64) throws(StateUnreadable) -> Examination {
    let grant = try required(id.rawValue, .grant)
    if let reason = grant.denialReason(at: id.rawValue) { return .denied(reason) }
    var scopes = grant.scopes

    let connector = try required(grant.parents[0], .connector)
    if let reason = connector.denialReason(at: grant.parents[0], for: family) { return .denied(reason) }
    scopes.formIntersection(connector.scopes)

    // The owner must stand, but it is the granter whose rights pass.
    let owner = try required(connector.parents[0], .account)
    if let reason = owner.denialReason(at: connector.parents[0]) { return .denied(reason) }

    let granter = try required(grant.parents[1], .account)
    if let reason = granter.denialReason(at: grant.parents[1], for: family) { return .denied(reason) }
    scopes.formIntersection(granter.scopes)

    var groupID: GroupID?
    if grant.parents[2] != 0 {
      let membership = try required(grant.parents[2], .membership)
      if let reason = membership.denialReason(at: grant.parents[2], for: id.rawValue) { return .denied(reason) }
      scopes.formIntersection(membership.scopes)

      let group = try required(membership.parents[0], .group)
      if let reason = group.denialReason(at: membership.parents[0]) { return .denied(reason) }
      scopes.formIntersection(group.scopes)
      groupID = GroupID(rawValue: membership.parents[0])
    }

    let phone = try required(grant.parents[3], .phone)
    if let reason = phone.denialReason(at: grant.parents[3]) { return .denied(reason) }
    scopes.formIntersection(phone.scopes)

    return .clear(
      GrantPath(
        grant: id, connector: ConnectorID(rawValue: grant.parents[0]), granter: AccountID(rawValue: grant.parents[1]),
        group: groupID, scopes: scopes))
  }

  /// The standing of an object that another is known to depend on.
  @inlinable
  func required(_ number: UInt64, _ kind: SubjectKind? = nil) throws(StateUnreadable) -> Standing {
    guard let standing = try standing(of: number), kind == nil || standing.kind == kind else {
      throw .misplaced(number)
    }
    return standing
  }
}

extension StateUnreadable {
  @usableFromInline
  static func misplaced(_ number: UInt64) -> Self {
    StateUnreadable(
      "The row of object \(number), on which others stand, is missing or of another kind: rebuild the projections from the log."
    )
  }
}
