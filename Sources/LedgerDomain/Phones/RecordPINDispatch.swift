package import LedgerEvents

/// Records what became of the message with a PIN.
package struct RecordPINDispatch: Command {
  package var challenge: ChallengeID
  /// How often the gateway was asked.
  package var attempts: UInt32
  /// Why it was not sent; ``PINDispatchFailure/none`` where it was.
  package var failure: PINDispatchFailure
  /// The HTTP status of the gateway's last answer; 0 where there was none.
  package var status: UInt32

  package init(challenge: ChallengeID, attempts: UInt32, failure: PINDispatchFailure, status: UInt32) {
    self.challenge = challenge
    self.attempts = attempts
    self.failure = failure
    self.status = status
  }

  // The program that sends messages records it, whether or not somebody asked.
  package var isAutomatic: Bool { true }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let known = try read(state.challenge(challenge)) else {
      throw .refused(.notFound, field: "challenge", expected: "a PIN of this ledger")
    }
    if case .UNRECOGNIZED = failure {
      throw .refused(.invalidValue, field: "failure", expected: "a failure that this program knows")
    }
    guard status == 0 || (100...599).contains(status) else {
      throw .refused(.invalidValue, field: "status", expected: "an HTTP status from 100 to 599, or 0")
    }
    var event = PhonePINDispatched()
    event.account = known.account.rawValue
    event.challenge = challenge.rawValue
    event.attempts = attempts
    event.failure = failure
    event.status = status
    return Decision(by: Requester.operator, .phonePINDispatched(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
