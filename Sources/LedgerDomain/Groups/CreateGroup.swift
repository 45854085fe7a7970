public import LedgerEvents

/// Creates a group, with its creator as its first admin and the other people named as members and admins: all of it, or
/// nothing where anybody is refused.
public struct CreateGroup: Command {
  public var creator: AccountID
  /// 16 random bytes, the ID that clients use.
  public var publicID: PublicID
  public var name: String
  public var kind: GroupKind
  /// Shown to new members; may be empty.
  public var welcomeMessage: String
  /// At most ``AddMembers/limit`` people. The creator and others may be named several times; the highest role counts.
  public var members: [NewMember]
  /// A group below which it is put, of which whoever asks is an admin.
  public var parent: GroupID?
  /// The creator, unless another is named.
  public var requester: Requester?

  public init(
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
  public struct Outcome: Sendable, Equatable {
    public var group: GroupID
    /// The creator's membership. Those of the others have the numbers that follow.
    public var membership: MembershipID
    /// How many members the group has, the creator included.
    public var memberCount: Int
  }

  public func decide(
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
    let added = try state.additions(of: members, to: GroupID(rawValue: context.next), creator: creator, at: context.now)
    let attached = try parent.map { (parent) throws(DecisionFailure) in
      try state.attachment(ofNew: GroupID(rawValue: context.next), to: parent, by: requester)
    }
    return Decision(
      by: requester, events: [.groupCreated(created)] + added + (attached.map { [.groupSubgroupAttached($0)] } ?? []))
  }

  public func outcome(of recorded: RecordedEvents) -> Outcome {
    Outcome(
      group: GroupID(rawValue: recorded.first), membership: MembershipID(rawValue: recorded.first + 1),
      memberCount: recorded.events.count - (parent == nil ? 1 : 2))
  }
}
