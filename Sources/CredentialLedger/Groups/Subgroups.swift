public import LedgerDomain
public import LedgerEvents
import Projections

extension Groups {
  /// Puts a group below another. Groups lie in at most 5 levels, with at most 100 directly below one and at most 20
  /// directly above one; a group is never above itself.
  ///
  /// ```swift
  /// try await ledger.groups.attach(lower.id, to: group.id, by: admin)
  /// ```
  ///
  /// - Parameter requester: an admin of both groups, or an operator.
  /// - Returns: false if it was there before; nothing is appended then.
  /// - Throws: `forbidden`, `not_found`, `gone`, `conflict` for a cycle, `invalid_value` beyond the bounds.
  @discardableResult
  public func attach(
    _ subgroup: GroupID, to group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(AttachSubgroup(subgroup, to: group, requester: requester), context: context)
  }

  /// Puts groups below another in one commit: all of them, or none where any is refused. Those that are there already may be named
  /// as well.
  ///
  /// - Parameters:
  ///   - subgroups: 1 to 100.
  ///   - requester: an admin of all of the groups, or an operator.
  /// - Throws: `forbidden`, `not_found`, `gone`, `invalid_value` of the upper group. Where it is about those named, the field is
  ///   `subgroups`, and the items of the refusal say for each by its index why, as of one alone.
  package func attach(
    _ subgroups: [GroupID], to group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    try await ledger.submit(AttachSubgroups(subgroups, to: group, requester: requester), context: context)
  }

  /// Takes a group from below another.
  ///
  /// ```swift
  /// try await ledger.groups.detach(lower.id, from: group.id, by: admin)
  /// ```
  ///
  /// - Parameter requester: an admin of the upper group, or an operator.
  /// - Throws: `forbidden`, `not_found`, `gone`.
  public func detach(
    _ subgroup: GroupID, from group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(DetachSubgroup(subgroup, from: group, requester: requester), context: context)
  }

  /// The groups directly below a group that are not deleted, oldest first.
  ///
  /// ```swift
  /// let below = try ledger.groups.subgroups(of: group.id).map(\.id)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func subgroups(of group: GroupID) throws(LedgerError) -> [Group] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var groups: [Group] = []
      for id in try state.subgroups(of: group) {
        if let group = try state.group(id), !group.isDeleted { groups.append(group) }
      }
      return groups
    }
  }

  /// The groups directly above a group that are not deleted, oldest first: 20 at most. A look-up for each.
  package func parents(of group: GroupID) throws(LedgerError) -> [Group] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var groups: [Group] = []
      for id in try state.parents(of: group) {
        if let group = try state.group(id), !group.isDeleted { groups.append(group) }
      }
      return groups
    }
  }
}
