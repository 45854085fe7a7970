package import LedgerEvents

/// Which people of a group.
@usableFromInline package enum GroupList: Sendable, Hashable {
  case members
  case subscribers
}

/// What tells one person from another when people are counted.
package enum PersonName: Sendable, Hashable {
  /// Somebody who has the account, or holds a number with which it was verified.
  case account(AccountID)
  /// Somebody who has a number, and is known by that alone: the name of the key that the number is sealed under, wherever it is.
  case key(PublicID)
}

/// A person's place in a group, with as much as counting needs.
@usableFromInline package struct GroupPlace: Sendable, Equatable {
  package var person: PersonName
  /// What a member may do; unspecified for subscribers.
  package var role: Role

  package init(person: PersonName, role: Role) {
    self.person = person
    self.role = role
  }
}
