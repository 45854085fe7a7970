import LedgerEvents

/// Begins a ledger: its first event names the log and the key that signs its checkpoints.
package struct CreateLedger: Command {
  /// The log's name in checkpoints, 1 to 255 bytes without white space or "+" (C2SP tlog-checkpoint, signed-note).
  package var origin: String
  /// Ed25519 public key, 32 bytes.
  package var verifyingKey: [UInt8]

  package init(origin: String, verifyingKey: [UInt8]) {
    self.origin = origin
    self.verifyingKey = verifyingKey
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard context.next == 1 else {
      throw .refused(
        .conflict, field: "ledger", expected: "an empty log",
        remedy: "open the ledger that is there, or use another path")
    }
    guard 1...255 ~= origin.utf8.count,
      origin.unicodeScalars.allSatisfy({
        !$0.properties.isWhitespace && $0 != "+" && $0.properties.generalCategory != .control
      })
    else {
      throw .refused(
        .invalidValue, field: "origin", expected: "1 to 255 bytes without white space, control characters or \"+\"")
    }
    guard verifyingKey.count == 32 else {
      throw .refused(.invalidValue, field: "verifyingKey", expected: "an Ed25519 public key of 32 bytes")
    }
    var event = LedgerCreated()
    event.origin = origin
    event.verifyingKey = .init(verifyingKey)
    return Decision(by: Subject.operator, .ledgerCreated(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}
