package import LedgerEvents

/// Changes the rules that operators work under.
package struct ConfigureOversight: Command {
  /// The rules from now on.
  package var rules: Oversight
  /// The operator who changes them.
  package var named: AccountID?

  package init(_ rules: Oversight, named: AccountID?) {
    self.rules = rules
    self.named = named
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    // Also for the first time: else nobody might be left whom the next change could name.
    guard named != nil else {
      throw .refused(
        .forbidden, field: "operator", expected: "the name of the operator who changes the rules",
        remedy: "name an account that has the operator role")
    }
    guard rules.guarded.isEmpty || rules.namesOperators else {
      throw .refused(
        .invalidValue, field: "rules", expected: "operators who are named, where a second one approves changes")
    }
    guard try state.operatorsInForce() >= rules.operatorCount else {
      throw .refused(
        .conflict, field: "rules", expected: "two operators in force, where a second one approves changes",
        remedy: "make another account an operator first")
    }
    let before = try read(state.oversight())
    guard rules != before else { return Decision(by: Requester.operator) }
    var event = OversightConfigured()
    event.before = before.recorded
    event.after = rules.recorded
    return Decision(by: Requester.operator, .oversightConfigured(event))
  }

  /// Whether it changed anything.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
