public import LedgerEvents

/// Through whose eyes groups are looked at.
public enum GroupViewer: Sendable, Hashable {
  /// An account, itself or through a connector, sees the groups that it is a member of; an operator sees all.
  case requester(Requester)
  /// What a grant gives: its group, or what the granter sees where it is for the granter's own access.
  case grant(GrantID)
}

/// How far around the viewer's own groups the view goes.
public enum GroupScope: Sendable, Hashable {
  /// The groups that the viewer is a member of or was granted.
  case own
  /// Those, all that lie below them, and all that lie above those that the viewer is a member of.
  case hierarchy
}

/// A group that somebody sees.
public struct VisibleGroup: Sendable, Equatable {
  public var group: Group
  /// What the viewer is in the group itself; nil for one who is no member.
  public var role: Role?
  /// Whether the viewer may see who is in it. Of a group that is seen from below, only ID, name and kind may be shown.
  public var isReadable: Bool
}

extension DomainReader where Self: ~Copyable {
  /// The groups that somebody sees and that are not deleted, in the order of their numbers.
  ///
  /// Costs in proportion to the groups around, whatever the page; to an operator, to the page.
  ///
  /// - Parameters:
  ///   - after: the last group of the page before.
  ///   - limit: 1 to 1,000.
  /// - Throws: ``ErrorCode/invalidValue`` of `limit`, ``ErrorCode/accountDisabled``, ``ErrorCode/notFound`` of
  ///   an account or a grant, ``ErrorCode/forbidden`` of a grant that is not in force.
  package func visibleGroups(
    to viewer: GroupViewer, scope: GroupScope, after: GroupID?, limit: Int
  ) throws(DecisionFailure) -> [VisibleGroup] {
    try requireCount(limit, in: 1...1_000, field: "limit")
    if scope == .own, case .account(let account) = try eyes(of: viewer) {
      return try ownGroups(of: account, after: after, limit: limit)
    }
    guard let view = try self.view(of: viewer) else { return try allGroups(after: after, limit: limit) }
    var seen: [GroupID: VisibleGroup] = [:]
    if scope == .hierarchy {
      if view.seesAbove {
        for group in try read(reach(from: Array(view.own.keys), .up)) {
          seen[group.id] = VisibleGroup(group: group, role: nil, isReadable: false)
        }
      }
      for group in try read(reach(from: Array(view.own.keys), .down)) {
        seen[group.id] = VisibleGroup(group: group, role: nil, isReadable: true)
      }
    }
    for (id, role) in view.own {
      guard let group = try read(existing([id])).first else { continue }
      seen[id] = VisibleGroup(group: group, role: role, isReadable: true)
    }
    return Array(
      seen.values.filter { $0.group.id > after ?? GroupID(rawValue: 0) }.sorted { $0.group.id < $1.group.id }
        .prefix(limit))
  }

  /// One group, to somebody who may see who is in it: a member of it or of a group above it.
  ///
  /// - Throws: ``ErrorCode/notFound`` of a group that the viewer does not see or that is deleted, and as
  ///   ``visibleGroups(to:scope:after:limit:)``.
  package func sight(of id: GroupID, for viewer: GroupViewer) throws(DecisionFailure) -> VisibleGroup {
    let eyes = try self.eyes(of: viewer)
    guard let group = try read(existing([id])).first else { throw .unseenGroup }
    if case .all = eyes { return VisibleGroup(group: group, role: nil, isReadable: true) }
    if let role = try role(in: id, of: eyes) { return VisibleGroup(group: group, role: role, isReadable: true) }
    for above in try read(reach(from: [id], .up)) {
      if try role(in: above.id, of: eyes) != nil { return VisibleGroup(group: group, role: nil, isReadable: true) }
    }
    throw .unseenGroup
  }

  /// The same by the ID that clients use.
  package func sight(ofGroup publicID: PublicID, for viewer: GroupViewer) throws(DecisionFailure) -> VisibleGroup {
    guard let id = try read(self.group(publicID: publicID)) else { throw .unseenGroup }
    return try sight(of: id, for: viewer)
  }

  /// Who a viewer is, found to be allowed to look.
  private func eyes(of viewer: GroupViewer) throws(DecisionFailure) -> Eyes {
    switch viewer {
    case .requester(let requester):
      guard let active = try requireActive(requester) else { return .all }
      return .account(active.id)
    case .grant(let id):
      guard let grant = try read(self.grant(id)) else {
        throw .refused(.notFound, field: "grant", expected: "a grant of this ledger")
      }
      guard try isInForce(grant) else {
        throw .refused(.forbidden, field: "grant", expected: "a grant that is in force")
      }
      // What a group token may do is what an admin of the group may do in that group, and no other.
      if let group = grant.group { return .group(group) }
      return .account(grant.granter)
    }
  }

  /// Whether a grant gives access. That the way from its newest family is clear says so, and is remembered: most often a token of
  /// that family was judged just before.
  private func isInForce(_ grant: Grant) throws(DecisionFailure) -> Bool {
    if let family = grant.family, case .clear(let way) = try read(self.path(ofFamily: family.rawValue)),
      way.grant == grant.id
    {
      return true
    }
    return try read(LedgerDomain.denialReason(for: Subject(grant.id), in: self)) == nil
  }

  /// What a viewer is in a group; nil for one who is no member. Of an account, however many groups it is in, two rows are read.
  private func role(in group: GroupID, of eyes: Eyes) throws(DecisionFailure) -> Role? {
    switch eyes {
    case .all: nil
    case .group(let own): own == group ? .admin : nil
    case .account(let account): try membership(in: group, of: account)?.role
    }
  }

  /// The groups that a viewer is in, deleted ones included, and what it is there; nil for one who sees all.
  private func view(
    of viewer: GroupViewer
  ) throws(DecisionFailure) -> (own: [GroupID: Role], seesAbove: Bool)? {
    switch try eyes(of: viewer) {
    case .all: return nil
    case .group(let group): return ([group: .admin], seesAbove: false)
    case .account(let account):
      var own: [GroupID: Role] = [:]
      for group in try read(groups(of: account)) {
        if let membership = try membership(in: group, of: account) { own[group] = membership.role }
      }
      return (own, seesAbove: true)
    }
  }

  /// Those that an account is in: of those that are not on the page, nothing is read but the number.
  private func ownGroups(
    of account: AccountID, after: GroupID?, limit: Int
  ) throws(DecisionFailure) -> [VisibleGroup] {
    var found: [VisibleGroup] = []
    for id in try read(groups(of: account)).sorted() where id > after ?? GroupID(rawValue: 0) {
      guard found.count < limit else { break }
      guard let membership = try membership(in: id, of: account), let group = try read(existing([id])).first else {
        continue
      }
      found.append(VisibleGroup(group: group, role: membership.role, isReadable: true))
    }
    return found
  }

  private func allGroups(after: GroupID?, limit: Int) throws(DecisionFailure) -> [VisibleGroup] {
    var found: [VisibleGroup] = []
    var last = after
    while found.count < limit {
      let page = try read(groups(from: .following(last), limit: limit))
      guard let end = page.last else { break }
      last = end.id
      for group in page where !group.isDeleted && found.count < limit {
        found.append(VisibleGroup(group: group, role: nil, isReadable: true))
      }
    }
    return found
  }

  /// Whether a group is another or lies below it, through groups that are not deleted: so far a token of the other reaches.
  func reaches(_ group: GroupID, from own: GroupID) throws(StateUnreadable) -> Bool {
    if group == own { return true }
    return try reach(from: [group], .up).contains { $0.id == own }
  }

  /// The groups that can be reached from some, those first, through groups that are not deleted, each once: in levels,
  /// and in a level by number.
  func reach(from start: [GroupID], _ direction: HierarchyDirection) throws(StateUnreadable) -> [Group] {
    var seen = Set(start)
    var level = start.sorted()
    var found: [Group] = []
    while !level.isEmpty {
      let groups = try existing(level)
      found += groups
      var next: [GroupID] = []
      for group in groups {
        let neighbours =
          switch direction {
          case .down: try subgroups(of: group.id)
          case .up: try parents(of: group.id)
          }
        for id in neighbours where seen.insert(id).inserted { next.append(id) }
      }
      level = next.sorted()
    }
    return found
  }

  /// Those of the groups that there are and that are not deleted.
  func existing(_ ids: [GroupID]) throws(StateUnreadable) -> [Group] {
    var groups: [Group] = []
    for id in ids {
      if let group = try self.group(id), !group.isDeleted { groups.append(group) }
    }
    return groups
  }
}

/// Who looks at groups.
private enum Eyes {
  /// Somebody who sees all.
  case all
  /// A token of one group.
  case group(GroupID)
  case account(AccountID)
}

/// Which way through the hierarchy of groups.
enum HierarchyDirection {
  case down
  case up
}

extension DecisionFailure {
  fileprivate static var unseenGroup: Self {
    .refused(.notFound, field: "group", expected: "a group that you are a member of, or one below such a group")
  }
}
