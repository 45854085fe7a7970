public import LedgerEvents

/// An admin adds a person to a group, by account or by phone number. A number that no account holds yet makes a
/// membership without account, which goes to whoever verifies the number.
public struct AddMember: Command {
  /// Who is added.
  public typealias Person = NamedPerson

  public var group: GroupID
  public var person: Person
  public var role: Role
  /// An admin of the group.
  public var requester: Requester

  /// The addition that somebody asks for.
  public init(group: GroupID, person: Person, role: Role = .member, requester: some Requesting) {
    self.group = group
    self.person = person
    self.role = role
    self.requester = requester.requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    let role = try role.checked()
    let found = try state.find(person)
    try state.requireSealed(CollectionOfOne(person))
    guard try state.membership(of: found, in: group) == nil else {
      throw .refused(.conflict, field: "person", expected: "somebody who is not a member yet")
    }
    return Decision(by: requester, .groupMemberAdded(GroupMemberAdded(found, role: role, group: group)))
  }

  public func outcome(of recorded: RecordedEvents) -> MembershipID { MembershipID(rawValue: recorded.first) }
}

extension DomainReader where Self: ~Copyable {
  /// The membership by which somebody is in a group: that of the account, or else that of the number.
  func membership(of person: FoundPerson, in group: GroupID) throws(DecisionFailure) -> MembershipID? {
    if let account = person.account, let id = try read(membership(of: account, in: group)) { return id }
    guard let number = person.number else { return nil }
    return try read(membership(number: number, in: group))
  }
}

extension GroupMemberAdded {
  init(_ person: FoundPerson, role: Role, group: GroupID) {
    self.init()
    self.group = group.rawValue
    self.role = role
    account = person.account?.rawValue ?? 0
    if let sealed = person.sealed { number = sealed }
  }
}
