package import LedgerEvents

/// Creates a group, with its creator as its first admin and the other people named as members and admins: all of it, or
/// nothing where anybody is refused.
package struct CreateGroup: Command {
  package var creator: AccountID
  /// 16 random bytes, the ID that clients use.
  package var publicID: PublicID
  package var name: String
  package var kind: GroupKind
  /// Shown to new members; may be empty.
  package var welcomeMessage: String
  /// At most ``AddMembers/limit`` people. The creator and others may be named several times; the highest role counts.
  package var members: [NewMember]
  /// A group below which it is put, of which the requester is an admin.
  package var parent: GroupID?
  /// The creator, unless another is named.
  package var requester: Requester?

  package init(
    creator: AccountID, publicID: PublicID, name: String, kind: GroupKind = .group, welcomeMessage: String = "",
    members: [NewMember] = [], parent: GroupID? = nil, requester: Requester? = nil
  ) {
    self.parent = parent
    self.members = members
    self.creator = creator
    self.publicID = publicID
    self.name = name
    self.kind = kind
    self.welcomeMessage = welcomeMessage
    self.requester = requester
  }

  /// What was made.
  package struct Outcome: Sendable, Equatable {
    /// The group as it was made.
    package var made: Group
    /// The creator's membership. Those of the others have the numbers that follow.
    package var membership: MembershipID

    package var group: GroupID { made.id }
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let requester = requester ?? .account(creator)
    try state.requireActive(creator, madeBy: requester, field: "creator")
    guard kind == .group || kind == .connectGroup else {
      throw .refused(.invalidValue, field: "kind", expected: "group or connect group")
    }
    guard try read(state.group(publicID: publicID)) == nil else {
      throw .refused(.conflict, field: "publicID", expected: "an ID that is not in use", remedy: "draw another")
    }
    var created = GroupCreated()
    created.publicID = .init(publicID)
    created.name = try Group.nameRule.trimming(name)
    created.kind = kind
    created.creator = creator.rawValue
    created.welcomeMessage = try TextRule(field: "welcomeMessage", characters: 0...1_000, isMultiline: true)
      .trimming(welcomeMessage)
    try requireCount(members.count, in: 0...AddMembers.limit, field: "members")
    let added = try state.additions(of: members, to: GroupID(madeAt: context.next), creator: creator, at: context.now)
    let attached = try parent.map { (parent) throws(DecisionFailure) in
      try state.attachment(ofNew: GroupID(madeAt: context.next), to: parent, by: requester)
    }
    return Decision(
      by: requester, events: [.groupCreated(created)] + added + (attached.map { [.groupSubgroupAttached($0)] } ?? []))
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .groupCreated(let created) = recorded.events.first else {
      preconditionFailure("These are not the events of a CreateGroup.")
    }
    var made = Group(
      id: GroupID(madeAt: recorded.first), publicID: PublicID(bytes: created.publicID) ?? publicID,
      name: created.name, kind: created.kind, welcomeMessage: created.welcomeMessage, isDeleted: false,
      memberCount: 0, adminCount: 0, createdAt: recorded.time)
    for case .groupMemberAdded(let event) in recorded.events {
      made.memberCount += 1
      if event.role == .admin, event.account != 0 { made.adminCount += 1 }
    }
    return Outcome(made: made, membership: MembershipID(madeAt: recorded.first + 1))
  }
}
