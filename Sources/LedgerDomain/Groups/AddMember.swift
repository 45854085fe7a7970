package import LedgerEvents

/// An admin adds a person to a group by account, or invites one by phone number. An invitation is a membership without
/// account until the holder of the number accepts it, whether or not an account holds the number now.
package struct AddMember: Command {
  /// Who is added.
  package typealias Person = NamedPerson

  package var group: GroupID
  package var person: Person
  package var role: Role
  /// An admin of the group.
  package var requester: Requester

  /// The addition that somebody asks for.
  package init(group: GroupID, person: Person, role: Role = .member, requester: some Requesting) {
    self.group = group
    self.person = person
    self.role = role
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    let role = try role.checked()
    let found = try state.find(person)
    try state.requireSealed(CollectionOfOne(person))
    var events: [LedgerEvent] = []
    if let known = try state.place(of: found, in: group) {
      guard known.isExpired(at: context.now) else {
        throw .refused(.conflict, field: "person", expected: "somebody who is not a member yet")
      }
      events.append(.groupMemberRemoved(GroupMemberRemoved(of: known)))
    }
    events.append(.groupMemberAdded(GroupMemberAdded(found, role: role, group: group)))
    return Decision(by: requester, events: events)
  }

  package func outcome(of recorded: RecordedEvents) -> MembershipID { MembershipID(madeAt: recorded.last) }
}

extension RecordedEvents {
  /// Position of the last event.
  var last: Position { events.isEmpty ? first : first + UInt64(events.count - 1) }
}

extension DomainReader where Self: ~Copyable {
  /// The membership by which somebody is in a group: that of the account, or else that of the number, which may be an
  /// invitation.
  func place(of person: FoundPerson, in group: GroupID) throws(DecisionFailure) -> Membership? {
    if let account = person.account, let id = try read(membership(of: account, in: group)) {
      return try read(membership(id))
    }
    guard let number = person.number, let id = try read(membership(number: number, in: group)) else { return nil }
    return try read(membership(id))
  }
}

extension GroupMemberAdded {
  init(_ person: FoundPerson, role: Role, group: GroupID) {
    self.init()
    self.group = group.rawValue
    self.role = role
    if let sealed = person.sealed {
      // Somebody who knows a number does not learn who holds it.
      number = sealed
    } else {
      account = person.account?.rawValue ?? 0
    }
  }
}
