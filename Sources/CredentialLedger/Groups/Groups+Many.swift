import KeyStore
public import LedgerDomain
public import LedgerEvents

// Many members in one call: all of them, or nobody.
extension Groups {
  /// Adds many people in one commit: all of them, or nobody where anybody is refused.
  ///
  /// Afterwards everybody who was named is a member, with at least the role that was named; who is that already may be
  /// named as well.
  ///
  /// ```swift
  /// try await ledger.groups.add(
  ///   [.init(.number(PhoneNumber("+911199999999"))), .init(.account(deputy), role: .admin)], to: group, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - members: 1 to 200 people. A person named by number is invited, and becomes a member by accepting.
  ///   - admin: an admin of the group, or an operator.
  /// - Returns: the memberships that were made, in the order in which their members were named.
  /// - Throws: `forbidden`, `not_found`, `gone`, `account_disabled` of the requester. Where it is about those named, the
  ///   field is `members`, and the items of the refusal say for each by its index why: `not_found`, `account_disabled`,
  ///   `invalid_value` for a role that is none, `conflict` for a member with a lower role.
  @discardableResult
  public func add(
    _ members: [NewMember], to group: GroupID, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> [MembershipID] {
    try Self.require(members.count, in: 1...AddMembers.limit, "members")
    return try await ledger.submit(
      asked: .add(members, to: group), naming: members.map(\.person), sealedAs: .memberNumber, by: admin.caller,
      context: context
    ) { AddMembers(members.naming($0), to: group, requester: admin) }
  }

  /// Removes many members in one commit: all of them, or nobody where anybody is refused. People who were removed
  /// before may be named as well.
  ///
  /// ```swift
  /// try await ledger.groups.remove(leavers, from: group, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - memberships: 1 to 200.
  ///   - admin: an admin of the group, or an operator.
  /// - Returns: the memberships that ended, in the order in which they were named.
  /// - Throws: as ``add(_:to:by:context:)``, with the field `memberships`; the items say `not_found`,
  ///   or `last_admin` for the one without whom the group would have no admin.
  @discardableResult
  public func remove(
    _ memberships: [MembershipID], from group: GroupID, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> [MembershipID] {
    try await ledger.submit(RemoveMembers(memberships, from: group, requester: admin), context: context)
  }

  /// Before any key is made: a command that names too many is refused without work.
  static func require(_ count: Int, in range: ClosedRange<Int>, _ field: String) throws(LedgerError) {
    guard range.contains(count) else {
      throw LedgerError(
        Refusal(.invalidValue, field: field, expected: "\(range.lowerBound) to \(range.upperBound) at a time"))
    }
  }
}

extension [Groups.NewMember] {
  /// What the domain is asked, once the people are looked up.
  func naming(_ people: [NamedPerson]) -> [LedgerDomain.NewMember] {
    zip(self, people).map { LedgerDomain.NewMember($1, role: $0.role) }
  }
}
