public import LedgerCrypto
public import LedgerEvents

/// An admin adds a person to a group, by account or by phone number. A number that no account holds yet makes a
/// membership without account, which goes to whoever verifies the number.
public struct AddMember: Command {
  /// Who is added.
  public enum Person: Sendable {
    case account(AccountID)
    /// Keyed hash of the number in E.164 form, and the number itself.
    case number(Digest, Sealed)
  }

  public var group: GroupID
  public var person: Person
  public var role: Role
  /// An admin of the group.
  public var requester: Requester

  /// The addition that somebody asks for.
  public init(group: GroupID, person: Person, role: Role = .member, requester: some Requesting) {
    self.group = group
    self.person = person
    self.role = role
    self.requester = requester.requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireAdmin(of: group, by: requester)
    var event = GroupMemberAdded()
    event.group = group.rawValue
    event.role = try role.checked()
    let account: AccountID?
    let isKnownNumber: Bool
    switch person {
    case .account(let id):
      account = try state.requireActiveAccount(id, field: "person").id
      isKnownNumber = false
    case .number(let number, let sealed):
      account = try state.holder(of: number)
      isKnownNumber = try read(state.membership(number: number, in: group)) != nil
      try state.requireSealed(sealed, forNumber: number)
      event.number = sealed
    }
    var isMember = isKnownNumber
    if let account, try read(state.membership(of: account, in: group)) != nil { isMember = true }
    guard !isMember else {
      throw .refused(.conflict, field: "person", expected: "somebody who is not a member yet")
    }
    event.account = account?.rawValue ?? 0
    return Decision(by: requester, .groupMemberAdded(event))
  }

  public func outcome(of recorded: RecordedEvents) -> MembershipID { MembershipID(rawValue: recorded.first) }
}

extension DomainReader where Self: ~Copyable {
  /// The account that has verified the number, if any.
  fileprivate func holder(of number: Digest) throws(DecisionFailure) -> AccountID? {
    guard let phone = try read(self.phone(number: number)) else { return nil }
    return try read(self.phone(phone))?.account
  }
}
