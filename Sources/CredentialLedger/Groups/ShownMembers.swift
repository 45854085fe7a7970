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
        try state.sealedMembers(of: group, from: .following(last), limit: limit)
      }
      var opener = try ledger.opener()
      var shown: [ShownMember] = []
      shown.reserveCapacity(sealed.count)
      for member in sealed { shown.append(try ShownMember(member, in: ledger, &opener)) }
      return shown
    }
  }
}

extension Groups.ShownMember {
  fileprivate init(
    _ member: SealedMember, in ledger: Ledger, _ opener: inout Vault.Opener
  ) throws(LedgerError) {
    var number: String?
    var name: String?
    if let (value, purpose) = member.number {
      number = try ledger.openUnlessErasedSince(value, purpose, &opener).map { String(decoding: $0, as: UTF8.self) }
    }
    if let value = member.name {
      name = try ledger.openUnlessErasedSince(value, .accountName, &opener).map { String(decoding: $0, as: UTF8.self) }
    }
    self.init(id: member.id, account: member.account, role: member.role, number: number, name: name)
  }
}
