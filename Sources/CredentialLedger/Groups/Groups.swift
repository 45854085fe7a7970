import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Groups and their members.
public struct Groups: Sendable {
  let ledger: Ledger

  /// Creates a group; its creator becomes its admin, and the other people named a member or an admin. All of it is one
  /// commit, and nothing is created where anybody who is named is refused.
  ///
  /// ```swift
  /// let group = try await ledger.groups.create(
  ///   name: "Field team", members: [.init(.number(PhoneNumber("+911199999999")))], by: account)
  /// ```
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters.
  ///   - members: at most 200 people besides the creator; of somebody who is named several times the highest role counts.
  ///   - parent: a group below which it is put in the same commit; the requester is an admin of it.
  ///   - creator: where an operator creates it for somebody.
  /// - Throws: `invalid_value`, `not_found`, `account_disabled`, `forbidden`, `gone` of the parent. Where it is about those named, the field is
  ///   `members`, and the items of the refusal say for each by its index why.
  public func create(
    name: String, kind: GroupKind = .group, welcomeMessage: String = "", members: [NewMember] = [],
    below parent: GroupID? = nil, for creator: AccountID? = nil, by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Group {
    let creator = try requester.account(for: creator, field: "creator")
    try Self.require(members.count, in: 0...AddMembers.limit, "members")
    return try await ledger.submit(
      asked: .createGroup(
        name: name, kind: kind, welcomeMessage: welcomeMessage, members: members, below: parent, for: creator),
      naming: members.map(\.person), sealedAs: .memberNumber, by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.publicID()
    } _: { (publicID, people) in
      CreateGroup(
        creator: creator, publicID: publicID, name: name, kind: kind, welcomeMessage: welcomeMessage,
        members: members.naming(people), parent: parent, requester: Requester(requester))
    }.made
  }

  /// Adds somebody who has an account.
  ///
  /// ```swift
  /// let membership = try await ledger.groups.add(account, role: .admin, to: group.id, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - role: `member` or `admin`.
  ///   - admin: an admin of the group, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`, `invalid_value` of the role; `conflict` where the account is a member already.
  public func add(
    _ account: AccountID, role: Role = .member, to group: GroupID, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> MembershipID {
    try await ledger.submit(
      AddMember(group: group, person: .account(account), role: role, requester: admin),
      asked: .add(NewMember(.account(account), role: role), to: group), by: admin.caller, context: context)
  }

  /// Invites the present or later holder of a number. The membership carries no role until the person accepts it:
  /// ``accept(_:by:context:)``. After 30 days it can no longer be accepted; inviting again takes its place.
  ///
  /// Whether an account holds the number is not said, and which only once it has accepted.
  ///
  /// ```swift
  /// let invited = try await ledger.groups.add(PhoneNumber("+33699999999"), to: group.id, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - role: the role once the person accepts: `member` or `admin`.
  ///   - admin: an admin of the group, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`, `invalid_value` of the role; `conflict` where the number is a member already, or is
  ///   invited.
  public func add(
    _ number: PhoneNumber, role: Role = .member, to group: GroupID, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> MembershipID {
    try await ledger.submit(
      asked: .add(NewMember(.number(number), role: role), to: group), naming: [.number(number)],
      sealedAs: .memberNumber,
      by: admin.caller, context: context
    ) { AddMember(group: group, person: $0[0], role: role, requester: admin) }
  }

  /// Changes a member's role. The last admin stays one.
  ///
  /// ```swift
  /// try await ledger.groups.changeRole(of: membership, in: group.id, to: .member, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - role: `member` or `admin`.
  ///   - admin: an admin of the group, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`, `invalid_value` of the role; `last_admin` for the only admin.
  public func changeRole(
    of membership: MembershipID, in group: GroupID, to role: Role, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(
      ChangeMemberRole(group: group, membership: membership, role: role, requester: admin), context: context)
  }

  /// Removes a member, or lets it leave. The last admin stays.
  ///
  /// ```swift
  /// try await ledger.groups.remove(membership, from: group.id, by: admin)
  /// ```
  ///
  /// - Parameter requester: an admin of the group, the member, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`; `last_admin` for the only admin.
  public func remove(
    _ membership: MembershipID, from group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(
      RemoveMember(group: group, membership: membership, requester: requester), context: context)
  }

  /// Renames a group.
  ///
  /// ```swift
  /// try await ledger.groups.rename(group.id, to: "Field team, north", by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters.
  ///   - admin: an admin of the group, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`, `invalid_value` of the name.
  public func rename(
    _ group: GroupID, to name: String, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(RenameGroup(group: group, name: name, requester: admin), context: context)
  }

  /// Deletes a group: its grants and their tokens stop, by this one event.
  ///
  /// ```swift
  /// try await ledger.groups.delete(group.id, by: admin)
  /// ```
  ///
  /// - Parameter admin: an admin of the group, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`.
  public func delete(
    _ group: GroupID, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(DeleteGroup(group: group, requester: admin), context: context)
  }

  /// A group as it is now; nil if there is none.
  ///
  /// ```swift
  /// let count = try ledger.groups.group(group.id)?.memberCount
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func group(_ id: GroupID) throws(LedgerError) -> Group? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.group(id) }
  }

  /// The group that clients know by this ID.
  ///
  /// ```swift
  /// let found = try ledger.groups.group(publicID: group.publicID)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func group(publicID: PublicID) throws(LedgerError) -> Group? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.group(publicID: publicID) else { return nil }
      return try state.group(id)
    }
  }

  /// The members that a group has now, in the order in which they were added.
  ///
  /// ```swift
  /// let admins = try ledger.groups.members(of: group.id).filter { $0.role == .admin }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func members(of group: GroupID) throws(LedgerError) -> [Membership] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var members: [Membership] = []
      for id in try state.members(of: group) { if let member = try state.membership(id) { members.append(member) } }
      return members
    }
  }

  /// The members that a group has now, a page at a time, in the order in which they were added: of a large group, without
  /// memory for all.
  ///
  /// ```swift
  /// let page = try ledger.groups.members(of: group.id, after: admins.last?.id, limit: 1_000)
  /// ```
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000. Two look-ups for each member.
  /// - Throws: `invalid_value`, `damaged`, `storage`.
  public func members(
    of group: GroupID, after last: MembershipID?, limit: Int
  ) throws(LedgerError) -> [Membership] {
    try Self.require(limit, in: 1...1_000, "limit")
    return try ledger.reading { (state) throws(StateUnreadable) in
      var members: [Membership] = []
      for id in try state.members(of: group, from: .following(last), limit: limit) {
        if let member = try state.membership(id) { members.append(member) }
      }
      return members
    }
  }

  /// A membership, as it is now or was when it ended; nil if there is none. One look-up.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func membership(_ id: MembershipID) throws(LedgerError) -> Membership? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.membership(id) }
  }

  /// What an account is in a group now; nil for one that is no member. Two look-ups.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func membership(of account: AccountID, in group: GroupID) throws(LedgerError) -> Membership? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.membership(of: account, in: group) else { return nil }
      return try state.membership(id)
    }
  }

  /// The groups that an account is a member of.
  ///
  /// ```swift
  /// let joined = try ledger.groups.joined(by: admin).map(\.name)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func joined(by account: AccountID) throws(LedgerError) -> [Group] {
    try everJoined(by: account).filter { !$0.isDeleted }
  }

  /// As ``joined(by:)``, with those that are deleted.
  package func everJoined(by account: AccountID) throws(LedgerError) -> [Group] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var groups: [Group] = []
      for id in try state.groups(of: account) {
        if let group = try state.group(id) { groups.append(group) }
      }
      return groups
    }
  }
}

extension Ledger {
  /// Groups and their members.
  public var groups: Groups { Groups(ledger: self) }
}
