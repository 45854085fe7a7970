package import LedgerEvents

/// Somebody who is to become a member.
package struct NewMember: Sendable {
  package var person: NamedPerson
  package var role: Role

  package init(_ person: NamedPerson, role: Role = .member) {
    self.person = person
    self.role = role
  }
}

/// People who are to become members, each once: somebody who is named several times gets the highest of the roles. An account
/// and a number are two, so that nobody learns whose the number is.
struct Roster {
  private(set) var entries: [(person: FoundPerson, role: Role)] = []
  private var places: [FoundPerson.Identity: Int] = [:]

  mutating func add(_ person: FoundPerson, role: Role) {
    let name = person.number.map(FoundPerson.Identity.number) ?? person.identity
    if let place = places[name] {
      if role.isAtLeast(.admin) { entries[place].role = role }
    } else {
      places[name] = entries.count
      entries.append((person, role))
    }
  }
}

extension Role {
  /// Whether somebody who has this role may do what one with the other may.
  func isAtLeast(_ other: Role) -> Bool { self == .admin || other != .admin }
}

extension DomainReader where Self: ~Copyable {
  /// The events by which everybody who is named becomes a member with at least the role that goes with the name: none
  /// for those who are that already. An invitation that is over is removed where another takes its place.
  ///
  /// - Parameter creator: of a group that is made along with it: its first member, as an admin.
  /// - Throws: what is refused of anybody, as one refusal of `members`: an account that is unknown or disabled, a role
  ///   that is none, and a member whose role is lower, which ``ChangeMemberRole`` changes.
  func additions(
    of people: [NewMember], to group: GroupID, creator: AccountID? = nil, at now: Timestamp
  ) throws(DecisionFailure) -> [LedgerEvent] {
    try requireSealed(people.lazy.map(\.person))
    var roster = Roster()
    if let creator { roster.add(FoundPerson(account: creator), role: .admin) }
    var refusals = ItemRefusals(field: "members")
    var expired: [MembershipID: Membership] = [:]
    for (index, member) in people.enumerated() {
      let found = try refusals.attempt(index) { () throws(DecisionFailure) in
        let role = try member.role.checked()
        let person = try find(member.person)
        // The creator has its own number, and needs no invitation.
        if let creator, person.account == creator { return (person: person, role: role, isKnown: true) }
        if let known = try place(of: person, in: group) {
          if known.isExpired(at: now) {
            expired[known.id] = known
            return (person: person, role: role, isKnown: false)
          }
          guard known.role.isAtLeast(role) else {
            throw .refused(.conflict, field: "role", expected: "no member yet; change the role of one who is")
          }
          return (person: person, role: role, isKnown: true)
        }
        return (person: person, role: role, isKnown: false)
      }
      if let found, !found.isKnown { roster.add(found.person, role: found.role) }
    }
    try refusals.check()
    return expired.values.sorted { $0.id < $1.id }.map { .groupMemberRemoved(GroupMemberRemoved(of: $0)) }
      + roster.entries.map { .groupMemberAdded(GroupMemberAdded($0.person, role: $0.role, group: group)) }
  }
}
