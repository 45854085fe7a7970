package import LedgerEvents

/// Puts groups below another at once: all of them, or none where any is refused. Those that are there already may be named as well.
package struct AttachSubgroups: Command {
  package var group: GroupID
  package var subgroups: [GroupID]
  /// An admin of all of the groups.
  package var requester: Requester

  /// The attachments that somebody asks for.
  package init(_ subgroups: [GroupID], to group: GroupID, requester: some Requesting) {
    self.group = group
    self.subgroups = subgroups
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    try requireCount(subgroups.count, in: 1...GroupHierarchy.maximumFanOut, field: "subgroups")
    return Decision(by: requester, events: try state.attachments(of: subgroups, to: group, by: requester))
  }

  package func outcome(of recorded: RecordedEvents) {}
}

extension DomainReader where Self: ~Copyable {
  /// The attachments by which all of the groups are below another; none for those that are.
  ///
  /// Each is decided alone: none of them is above the group, so what is attached along with it changes neither the levels above the
  /// group nor those below another. Only how many are directly below the group is counted together.
  fileprivate func attachments(
    of wanted: [GroupID], to group: GroupID, by requester: Requester
  ) throws(DecisionFailure) -> [LedgerEvent] {
    var siblings = Set(try read(subgroups(of: group)))
    var refusals = ItemRefusals(field: "subgroups")
    var events: [LedgerEvent] = []
    for (index, subgroup) in wanted.enumerated() {
      let attached = try refusals.attempt(index) { () throws(DecisionFailure) -> [LedgerEvent] in
        _ = try requireAdmin(of: subgroup, by: requester)
        if siblings.contains(subgroup) { return [] }
        return [.groupSubgroupAttached(try attachment(of: subgroup, to: group))]
      }
      siblings.insert(subgroup)
      events += attached ?? []
    }
    try refusals.check()
    guard siblings.count <= GroupHierarchy.maximumFanOut else { throw .fullGroup }
    return events
  }
}
