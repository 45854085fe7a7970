import LedgerEvents

/// Writes into the log that the master key is another one now.
package struct RecordMasterKey: Command {
  /// What tells the two apart, 8 bytes each.
  package var before: [UInt8]
  package var after: [UInt8]

  package init(before: [UInt8], after: [UInt8]) {
    self.before = before
    self.after = after
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard before.count == 8, after.count == 8, before != after else {
      throw .refused(.invalidValue, field: "after", expected: "two different fingerprints of 8 bytes")
    }
    var event = MasterKeyRotated()
    event.before = .init(before)
    event.after = .init(after)
    return Decision(by: Requester.operator, .masterKeyRotated(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
