package import LedgerEvents

/// Removes a phone from its account; the grants that depend on it stop.
package struct RemovePhone: Command {
  package var phone: PhoneID
  /// The account that has it, or an operator.
  package var requester: Requester

  package init(phone: PhoneID, requester: Requester) {
    self.phone = phone
    self.requester = requester
  }

  package func decide(
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

  package func outcome(of recorded: RecordedEvents) {}
}
