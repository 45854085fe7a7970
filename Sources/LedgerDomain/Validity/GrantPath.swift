import LedgerEvents

/// What a grant stands on.
struct GrantPath {
  var connector: ConnectorID
  var granter: AccountID
  var group: GroupID?
  /// What the grant and everything that it stands on let pass.
  var scopes: Scopes
}

/// Whether the way from a grant down to all that it stands on is clear.
enum Examination {
  case clear(GrantPath)
  case obstructed(Verdict.Reason)
}

extension DomainReader where Self: ~Copyable {
  /// The family of a token; of a family's first refresh token that is the token itself.
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

  /// - Parameter family: the family of tokens to examine the grant for.
  func examine(grant id: GrantID, family: UInt64) throws(StateUnreadable) -> Examination {
    let grant = try required(id.rawValue, .grant)
    if let reason = grant.obstacle(at: id.rawValue) { return .obstructed(reason) }
    var scopes = grant.scopes

    let connector = try required(grant.parents[0], .connector)
    if let reason = connector.obstacle(at: grant.parents[0], for: family) { return .obstructed(reason) }
    scopes.formIntersection(connector.scopes)

    let owner = try required(connector.parents[0], .account)
    if let reason = owner.obstacle(at: connector.parents[0]) { return .obstructed(reason) }
    scopes.formIntersection(owner.scopes)

    let granter = try required(grant.parents[1], .account)
    if let reason = granter.obstacle(at: grant.parents[1], for: family) { return .obstructed(reason) }
    scopes.formIntersection(granter.scopes)

    var groupID: GroupID?
    if grant.parents[2] != 0 {
      let membership = try required(grant.parents[2], .membership)
      if let reason = membership.obstacle(at: grant.parents[2], for: id.rawValue) { return .obstructed(reason) }
      scopes.formIntersection(membership.scopes)

      let group = try required(membership.parents[0], .group)
      if let reason = group.obstacle(at: membership.parents[0]) { return .obstructed(reason) }
      scopes.formIntersection(group.scopes)
      groupID = GroupID(rawValue: membership.parents[0])
    }

    let phone = try required(grant.parents[3], .phone)
    if let reason = phone.obstacle(at: grant.parents[3]) { return .obstructed(reason) }
    scopes.formIntersection(phone.scopes)

    return .clear(
      GrantPath(
        connector: ConnectorID(rawValue: grant.parents[0]), granter: AccountID(rawValue: grant.parents[1]),
        group: groupID, scopes: scopes))
  }

  /// The standing of an object that another is known to stand on.
  func required(_ number: UInt64, _ kind: SubjectKind? = nil) throws(StateUnreadable) -> Standing {
    guard let standing = try standing(of: number), kind == nil || standing.kind == kind else {
      throw .misplaced(number)
    }
    return standing
  }
}

extension StateUnreadable {
  static func misplaced(_ number: UInt64) -> Self {
    StateUnreadable(
      "The row of object \(number), on which others stand, is missing or of another kind: rebuild the projections from the log."
    )
  }
}
