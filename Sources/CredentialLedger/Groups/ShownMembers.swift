import KeyStore
import LedgerDomain
package import LedgerEvents
import Projections

extension Groups {
  /// A member as the others in the group see it. Prints without number and name.
  package struct ShownMember: Sendable, CustomStringConvertible, CustomReflectable {
    package let id: MembershipID
    /// Nil of an invitation.
    package let account: AccountID?
    package let role: Role
    /// In E.164 form; nil where there is none, and of somebody who is erased.
    package let number: String?
    package let name: String?

    package var description: String { "\(id)" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
  }

  /// The members that a group has now, a page at a time, with their numbers and names, for services in which the rules of access
  /// already say who sees whom: see ``Disclosure/withoutRecord(for:)``.
  ///
  /// All rows are read in one snapshot, then each value is opened, on a thread for reading: some microseconds a member.
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value`, `key_unavailable`, `keys_missing`, `damaged`, `storage`, `busy`.
  package func shownMembers(
    of group: GroupID, after last: MembershipID?, limit: Int
  ) async throws(LedgerError) -> [ShownMember] {
    try Self.require(limit, in: 1...1_000, "limit")
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let sealed = try ledger.reading { (state) throws(StateUnreadable) in
        var sealed: [SealedMember] = []
        sealed.reserveCapacity(limit)
        for id in try state.members(of: group, from: .following(last), limit: limit) {
          if let member = try state.membership(id) { sealed.append(try SealedMember(member, in: state)) }
        }
        return sealed
      }
      var shown: [ShownMember] = []
      shown.reserveCapacity(sealed.count)
      for member in sealed { shown.append(try member.opened(in: ledger)) }
      return shown
    }
  }
}

/// A member before its values are opened.
private struct SealedMember: Sendable {
  let member: Membership
  /// Nil where there is none, and of somebody who is erased.
  let number: (value: Sealed, purpose: Purpose)?
  let name: Sealed?

  init(_ member: Membership, in state: borrowing LedgerState) throws(StateUnreadable) {
    self.member = member
    var number = member.number.map { (value: $0, purpose: Purpose.memberNumber) }
    if number == nil, let account = member.account, let first = try state.phones(of: account).first {
      number = try state.phone(first).map { (value: $0.number, purpose: .phoneNumber) }
    }
    if let found = number, try state.isErased(person: found.value.personBytes) { number = nil }
    self.number = number
    var name = try member.account.flatMap { (id) throws(StateUnreadable) in try state.account(id)?.name }
    // Most often both are of one person, and were looked up already.
    if let found = name, found.person != number?.value.person, try state.isErased(person: found.personBytes) {
      name = nil
    }
    self.name = name
  }

  func opened(in ledger: Ledger) throws(LedgerError) -> Groups.ShownMember {
    let number = try number.flatMap { (value, purpose) throws(LedgerError) in
      try ledger.openUnlessErasedSince(value, purpose)
    }
    let name = try name.flatMap { (value) throws(LedgerError) in
      try ledger.openUnlessErasedSince(value, .accountName)
    }
    return Groups.ShownMember(
      id: member.id, account: member.account, role: member.role,
      number: number.map { String(decoding: $0, as: UTF8.self) },
      name: name.map { String(decoding: $0, as: UTF8.self) })
  }
}
