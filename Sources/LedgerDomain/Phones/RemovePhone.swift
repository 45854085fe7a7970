public import LedgerEvents

/// Removes a phone from its account; the grants that stand on it stop.
public struct RemovePhone: Command {
  public var phone: PhoneID
  /// The account that has it, or an operator.
  public var requester: Requester

  public init(phone: PhoneID, requester: Requester) {
    self.phone = phone
    self.requester = requester
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    guard let known = try read(state.phone(phone)), requester == .operator || requester == .account(known.account)
    else {
      throw .refused(.notFound, field: "phone", expected: "a phone of the account")
    }
    guard !known.isRemoved else { throw .refused(.gone, field: "phone", expected: "a phone that is not removed") }
    var event = PhoneRemoved()
    event.phone = phone.rawValue
    event.account = known.account.rawValue
    return Decision(by: requester, .phoneRemoved(event))
  }

  public func outcome(of recorded: RecordedEvents) {}
}
