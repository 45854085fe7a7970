import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Groups and their members.
public struct Groups: Sendable {
  let ledger: Ledger

  /// Creates a group; its creator becomes its admin.
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters.
  ///   - creator: where an operator creates it for somebody.
  public func create(
    name: String, kind: GroupKind = .group, welcomeMessage: String = "", for creator: AccountID? = nil,
    by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Group {
    let creator = try requester.account(for: creator, field: "creator")
    let request = try ledger.prepare(
      context, caller: requester.caller, "groups.create", name, "\(kind.rawValue)", welcomeMessage,
      creator.description)
    let publicID = try drawn { () throws(CryptoError) in try PublicID(random: request.random) }
    let outcome = try await ledger.execute(
      CreateGroup(
        creator: creator, publicID: publicID, name: name, kind: kind, welcomeMessage: welcomeMessage,
        requester: requester.requester), by: requester.requester.account, request)
    guard let group = try group(outcome.group) else { throw LedgerError(.damaged, "the new group cannot be found") }
    return group
  }

  /// Adds somebody who has an account.
  public func add(
    _ account: AccountID, role: Role = .member, to group: GroupID, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> MembershipID {
    let request = try ledger.prepare(
      context, caller: admin.caller, "groups.add", account.description, "\(role.rawValue)", group.description,
      admin.caller)
    return try await ledger.execute(
      AddMember(group: group, person: .account(account), role: role, requester: admin), by: admin.requester.account,
      request)
  }

  /// Adds whoever holds a number, or will hold it: the membership waits for the number to be verified.
  public func add(
    _ number: PhoneNumber, role: Role = .member, to group: GroupID, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> MembershipID {
    let request = try ledger.prepare(
      context, caller: admin.caller, "groups.add", number.digits, "\(role.rawValue)", group.description,
      admin.caller)
    let ledger = ledger
    let command = try await ledger.blocking { () throws(LedgerError) -> AddMember in
      let hash = ledger.hash(of: number)
      let person = try ledger.person(ofNumber: hash)
      return AddMember(
        group: group, person: .number(hash, try ledger.seal(number.digits, for: person, .memberNumber)), role: role,
        requester: admin)
    }
    return try await ledger.execute(command, by: admin.requester.account, request)
  }

  /// Changes a member's role. The last admin stays one.
  public func changeRole(
    of membership: MembershipID, in group: GroupID, to role: Role, by admin: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) {
    let request = try ledger.prepare(
      context, caller: admin.caller, "groups.changeRole", membership.description, group.description,
      "\(role.rawValue)", admin.caller)
    _ = try await ledger.execute(
      ChangeMemberRole(group: group, membership: membership, role: role, requester: admin), by: admin.requester.account,
      request)
  }

  /// Removes a member, or lets it leave. The last admin stays.
  public func remove(
    _ membership: MembershipID, from group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    let request = try ledger.prepare(
      context, caller: requester.caller, "groups.remove", membership.description, group.description,
      requester.caller)
    _ = try await ledger.execute(
      RemoveMember(group: group, membership: membership, requester: requester), by: requester.requester.account, request
    )
  }

  /// Renames a group.
  public func rename(
    _ group: GroupID, to name: String, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    let request = try ledger.prepare(
      context, caller: admin.caller, "groups.rename", group.description, name, admin.caller)
    _ = try await ledger.execute(
      RenameGroup(group: group, name: name, requester: admin), by: admin.requester.account, request)
  }

  /// Deletes a group: what stands on it stops.
  public func delete(
    _ group: GroupID, by admin: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    let request = try ledger.prepare(
      context, caller: admin.caller, "groups.delete", group.description, admin.caller)
    _ = try await ledger.execute(DeleteGroup(group: group, requester: admin), by: admin.requester.account, request)
  }

  /// A group as it is now; nil if there is none.
  public func group(_ id: GroupID) throws(LedgerError) -> Group? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.group(id) }
  }

  /// The group that clients know by this ID.
  public func group(publicID: PublicID) throws(LedgerError) -> Group? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.group(publicID: publicID) else { return nil }
      return try state.group(id)
    }
  }

  /// The members that a group has now, in the order in which they were added.
  public func members(of group: GroupID) throws(LedgerError) -> [Membership] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var members: [Membership] = []
      for id in try state.members(of: group) { if let member = try state.membership(id) { members.append(member) } }
      return members
    }
  }

  /// The groups that an account is a member of.
  public func joined(by account: AccountID) throws(LedgerError) -> [Group] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var groups: [Group] = []
      for id in try state.groups(of: account) {
        if let group = try state.group(id), !group.isDeleted { groups.append(group) }
      }
      return groups
    }
  }
}

extension Ledger {
  /// Groups and their members.
  public var groups: Groups { Groups(ledger: self) }

  /// The person whose key seals a number: whoever was added by it before, or somebody new.
  func person(ofNumber hash: Digest) throws(LedgerError) -> PersonID {
    let known = try reading { (state) throws(StateUnreadable) in try state.person(ofNumber: hash) }
    if let known, let person = PersonID(bytes: known) { return person }
    return try newPerson()
  }
}
