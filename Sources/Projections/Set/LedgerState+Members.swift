package import KeyStore
package import LedgerDomain
package import LedgerEvents

/// A member of a group, with what is sealed of the person, for a list of members.
package struct SealedMember: Sendable {
  package let id: MembershipID
  /// Nil of an invitation.
  package let account: AccountID?
  package let role: Role
  /// The number that the member was added by, otherwise the first of the account; nil where there is none, and of somebody who is
  /// erased.
  package let number: (value: SealedValue, purpose: Purpose)?
  /// Nil where there is none, and of somebody who is erased.
  package let name: SealedValue?
}

extension LedgerState {
  /// The members that a group has now, in the order in which they were added, some at a time: those of numbers from one on. Of the
  /// rows only that is read which a list shows.
  package func sealedMembers(
    of group: GroupID, from first: MembershipID, limit: Int
  ) throws(StateUnreadable) -> [SealedMember] {
    let places = try rows(
      PlaceRow.self, from: .pair(.membershipOfGroup, group.rawValue, first.rawValue),
      below: .pair(.membershipOfGroup, group.rawValue, .max), limit: limit)
    var members: [SealedMember] = []
    members.reserveCapacity(places.count)
    for (key, place) in places {
      guard case .pair(_, _, let id) = key, let member = try sealedMember(id, place) else { continue }
      members.append(member)
    }
    return members
  }

  /// The name of the key of the person that an account is; nil where there is no such account.
  package func person(of account: AccountID) throws(StateUnreadable) -> PersonID? {
    try row(ListedAccount.self, .number(.account, account.rawValue))?.person
  }

  private func sealedMember(_ id: UInt64, _ place: PlaceRow) throws(StateUnreadable) -> SealedMember? {
    var (account, role) = (AccountID(unlessZero: place.account), place.role)
    var number: (value: SealedValue, purpose: Purpose)?
    // Whether the row tells that the person is not erased, so that it need not be looked up.
    var isFound = true
    // Who was added as an account has no number in the membership, and the place says the rest of it.
    if account == nil || place.person != nil {
      guard let row = try row(ListedMembership.self, .number(.membership, id)) else { return nil }
      (account, role, isFound) = (row.account, row.role, row.isFound)
      number = row.number.map { (value: $0, purpose: Purpose.memberNumber) }
    }
    if number == nil, let account, let first = try numbers(.phoneOfAccount, of: account.rawValue, limit: 1).first,
      let phone = try row(ListedPhone.self, .number(.phone, first))
    {
      number = (value: phone.number, purpose: Purpose.phoneNumber)
      isFound = phone.isFound
    }
    if let found = number?.value.person, !isFound, try isErased(person: found.bytes) { number = nil }
    var name: SealedValue?
    if let account, let row = try row(ListedAccount.self, .number(.account, account.rawValue)) {
      name = row.name
      if let named = name?.person, try named == row.person ? row.isErased : isErased(person: named.bytes) { name = nil }
    }
    return SealedMember(
      id: MembershipID(rawValue: id), account: account, role: role, number: number, name: name)
  }
}
