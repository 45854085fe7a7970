public import LedgerDomain
public import LedgerEvents
import Projections

// Groups as somebody sees them.
extension Groups {
  /// The groups that somebody sees and that are not deleted, in the order of their numbers.
  ///
  /// An account, itself or through a connector, sees the groups that it is a member of; with the whole hierarchy, those
  /// below them, and those above them by name alone. A grant shows its group, and with the hierarchy those below it; one
  /// for the granter's own access shows what the granter sees. An operator sees all.
  ///
  /// ```swift
  /// let groups = try ledger.groups.visible(to: .requester(.account(member)), scope: .hierarchy)
  /// let granted = try ledger.groups.visible(to: .grant(claims.grant))
  /// ```
  ///
  /// - Parameters:
  ///   - after: the last group of the page before.
  ///   - limit: 1 to 1,000. The cost is in proportion to the groups that are seen, whatever the page.
  /// - Throws: `account_disabled`, `not_found`, `forbidden` of a grant that is not in force, `invalid_value`.
  public func visible(
    to viewer: GroupViewer, scope: GroupScope = .own, after: GroupID? = nil, limit: Int = 100
  ) throws(LedgerError) -> [VisibleGroup] {
    try ledger.asking { (state) throws(DecisionFailure) in
      try state.visibleGroups(to: viewer, scope: scope, after: after, limit: limit)
    }
  }

  /// One group, to somebody who may see who is in it: a member of it or of a group above it, a grant that shows it, or an
  /// operator. Costs in proportion to the groups above it.
  ///
  /// - Throws: `not_found` of a group that is not seen or is deleted, `account_disabled`, `forbidden`.
  public func visible(_ group: GroupID, to viewer: GroupViewer) throws(LedgerError) -> VisibleGroup {
    try ledger.asking { (state) throws(DecisionFailure) in try state.sight(of: group, for: viewer) }
  }

  /// The same by the ID that clients use: found and looked at in one snapshot.
  package func visible(publicID: PublicID, to viewer: GroupViewer) throws(LedgerError) -> VisibleGroup {
    try ledger.asking { (state) throws(DecisionFailure) in try state.sight(ofGroup: publicID, for: viewer) }
  }

  /// Of how many members, and of how many subscribers, a summary is made on the caller's thread.
  private static let fewPeople: UInt64 = 64

  /// One group by the ID that clients use, and the summary of it where few people are in it and no group is below: all of one
  /// snapshot, on the caller's thread.
  package func summed(
    publicID: PublicID, to viewer: GroupViewer
  ) throws(LedgerError) -> (group: VisibleGroup, summary: GroupSummary?) {
    try ledger.asking { (state) throws(DecisionFailure) in
      try state.summary(ofGroup: publicID, for: viewer, upTo: Self.fewPeople)
    }
  }

  /// A page of the groups that somebody sees, as ``visible(to:scope:after:limit:)``, and the summary of each that may be looked into,
  /// where few people are in it and no group is below: all of one snapshot, on a thread for reading.
  package func summed(
    to viewer: GroupViewer, scope: GroupScope, after: GroupID?, limit: Int
  ) async throws(LedgerError) -> [(group: VisibleGroup, summary: GroupSummary?)] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try ledger.asking { (state) throws(DecisionFailure) -> [(group: VisibleGroup, summary: GroupSummary?)] in
        var page: [(group: VisibleGroup, summary: GroupSummary?)] = []
        for group in try state.visibleGroups(to: viewer, scope: scope, after: after, limit: limit) {
          let id = group.group.id
          let summary = try group.isReadable ? state.summary(of: id, for: viewer, upTo: Self.fewPeople) : nil
          page.append((group, summary))
        }
        return page
      }
    }
  }

  /// Sums up a group and what lies below it: members, admins and subscribers, each person once, and groups.
  ///
  /// Somebody who is a member of the group or of one above it may ask, as may a grant that shows the group, and an operator.
  /// Reads each list of members and subscribers once, its rows side by side, on a thread for reading unless they are few: the cost is in
  /// proportion to the people, some bytes of memory for each included.
  ///
  /// ```swift
  /// let summary = try await ledger.groups.summary(of: group, for: .grant(claims.grant))
  /// print("\(summary.hierarchy.members) people in \(summary.hierarchy.groups) groups")
  /// ```
  ///
  /// - Throws: `not_found` of a group that is not seen or is deleted, `account_disabled`, `forbidden`.
  public func summary(of group: GroupID, for viewer: GroupViewer) async throws(LedgerError) -> GroupSummary {
    // To count a few people takes less than to change threads twice.
    let small = try ledger.asking { (state) throws(DecisionFailure) in
      try state.summary(of: group, for: viewer, upTo: Self.fewPeople)
    }
    if let small { return small }
    let ledger = ledger
    return try await ledger.blocking { () throws(LedgerError) in
      try ledger.asking { (state) throws(DecisionFailure) in try state.summary(of: group, for: viewer) }
    }
  }
}
