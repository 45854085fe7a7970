package import LedgerEvents

/// Puts a group below another. Members of both stay as they are; who is counted or reached through the upper group
/// changes.
package struct AttachSubgroup: Command {
  package var group: GroupID
  package var subgroup: GroupID
  /// An admin of both groups.
  package var requester: Requester

  /// The attachment that somebody asks for.
  package init(_ subgroup: GroupID, to group: GroupID, requester: some Requesting) {
    self.group = group
    self.subgroup = subgroup
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    _ = try state.requireAdmin(of: subgroup, by: requester)
    let siblings = try read(state.subgroups(of: group))
    guard !siblings.contains(subgroup) else { return Decision(by: requester) }
    guard siblings.count < GroupHierarchy.maximumFanOut else { throw .fullGroup }
    return Decision(by: requester, .groupSubgroupAttached(try state.attachment(of: subgroup, to: group)))
  }

  /// Whether it was not below the group before.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}

extension DomainReader where Self: ~Copyable {
  /// The attachment of a group that is not there yet, where that many may be above it, and it fits in the levels without a circle.
  func attachment(
    of subgroup: GroupID, to group: GroupID
  ) throws(DecisionFailure) -> GroupSubgroupAttached {
    guard try read(parents(of: subgroup)).count < GroupHierarchy.maximumParents else {
      throw .refused(
        .invalidValue, field: "subgroup", expected: "a group below less than \(GroupHierarchy.maximumParents) others")
    }
    let above = try height(above: group, looking: subgroup)
    guard !above.isMet else {
      throw .refused(.conflict, field: "subgroup", expected: "a group that is not the other, nor above it")
    }
    guard above.levels + (try depth(below: subgroup)) <= GroupHierarchy.maximumDepth else {
      throw .refused(
        .invalidValue, field: "subgroup", expected: "at most \(GroupHierarchy.maximumDepth) levels of groups")
    }
    var event = GroupSubgroupAttached()
    event.group = group.rawValue
    event.subgroup = subgroup.rawValue
    return event
  }

  /// The attachment of a group that is made in the same commit, and so has nothing below it.
  func attachment(
    ofNew subgroup: GroupID, to group: GroupID, by requester: Requester
  ) throws(DecisionFailure) -> GroupSubgroupAttached {
    _ = try requireAdmin(of: group, by: requester)
    guard try read(subgroups(of: group)).count < GroupHierarchy.maximumFanOut else {
      throw .refused(
        .invalidValue, field: "parent", expected: "a group with less than \(GroupHierarchy.maximumFanOut) sub-groups")
    }
    guard try height(above: group, looking: subgroup).levels < GroupHierarchy.maximumDepth else {
      throw .refused(
        .invalidValue, field: "parent", expected: "at most \(GroupHierarchy.maximumDepth) levels of groups")
    }
    var event = GroupSubgroupAttached()
    event.group = group.rawValue
    event.subgroup = subgroup.rawValue
    return event
  }
}

extension DecisionFailure {
  static var fullGroup: Self {
    .refused(
      .invalidValue, field: "group", expected: "a group with at most \(GroupHierarchy.maximumFanOut) sub-groups")
  }
}
