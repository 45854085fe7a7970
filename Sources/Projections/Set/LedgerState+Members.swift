import EventLog
package import KeyStore
import LMDB
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
    var numbers: [UInt64] = []
    numbers.reserveCapacity(places.count)
    for (key, place) in places where place.needsMembership {
      if case .pair(_, _, let id) = key { numbers.append(id) }
    }
    var memberships = try rows(ListedMembership.self, of: .membership, numbered: numbers).makeIterator()
    var members: [SealedMember] = []
    members.reserveCapacity(places.count)
    for (key, place) in places {
      guard case .pair(_, _, let id) = key else { continue }
      var membership: ListedMembership?
      if place.needsMembership {
        membership = memberships.next() ?? nil
        guard membership != nil else { continue }
      }
      members.append(try sealedMember(id, place, membership))
    }
    return members
  }

  /// The rows of objects by their numbers, which are in order; nil for each that is none.
  private func rows<Stored: ReadableRow>(
    _ type: Stored.Type, of family: DirectoryKey.Family, numbered numbers: [UInt64]
  ) throws(StateUnreadable) -> [Stored?] {
    var missing: [Int] = []
    var listed = try reading { () throws(LogError) -> [Stored?] in
      var found: [Stored?] = []
      found.reserveCapacity(numbers.count)
      var malformed: UInt64?
      try stored { () throws(LMDBError) in
        let keys = numbers.lazy.map { DirectoryKey.number(family, $0) }
        try directory.rows.forEach(at: keys, in: transaction) { place, bytes in
          var row: Stored?
          if let bytes {
            row = Stored(decoding: bytes)
            if row == nil, malformed == nil { malformed = numbers[place] }
          } else {
            missing.append(place)
          }
          found.append(row)
        }
      }
      if let malformed { throw Directory.malformed(.number(family, malformed)) }
      return found
    }
    // Throws where an event made the object.
    for place in missing { listed[place] = try row(type, .number(family, numbers[place])) }
    return listed
  }

  /// The name of the key of the person that an account is; nil where there is no such account.
  package func person(of account: AccountID) throws(StateUnreadable) -> PersonID? {
    try row(ListedAccount.self, .number(.account, account.rawValue))?.person
  }

  /// - Parameter membership: nil where the place says all that is shown of it.
  private func sealedMember(
    _ id: UInt64, _ place: PlaceRow, _ membership: ListedMembership?
  ) throws(StateUnreadable) -> SealedMember {
    var (account, role) = (AccountID(unlessZero: place.account), place.role)
    var number: (value: SealedValue, purpose: Purpose)?
    // Whether the row tells that the person is not erased, so that it need not be looked up.
    var isFound = true
    if let membership {
      (account, role, isFound) = (membership.account, membership.role, membership.isFound)
      number = membership.number.map { (value: $0, purpose: Purpose.memberNumber) }
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

extension PlaceRow {
  /// Whether a list shows what only the membership says. Who was added as an account has no number in it, and the place says the rest.
  fileprivate var needsMembership: Bool { account == 0 || person != nil }
}
