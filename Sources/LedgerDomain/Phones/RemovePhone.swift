public import LedgerEvents

/// Removes a phone from its account; the grants that stand on it stop.
public struct RemovePhone: Command {
  public var phone: PhoneID
  public var requester: AccountID

  public init(phone: PhoneID, requester: AccountID) {
    self.phone = phone
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(requester, field: "requester")
    guard let known = try read(state.phone(phone)), known.account == requester else {
      throw .refused(.notFound, field: "phone", expected: "a phone of the account")
    }
    guard !known.isRemoved else { throw .refused(.gone, field: "phone", expected: "a phone that is not removed") }
    var event = PhoneRemoved()
    event.phone = phone.rawValue
    event.account = requester.rawValue
    return Decision(by: Subject(requester), .phoneRemoved(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
