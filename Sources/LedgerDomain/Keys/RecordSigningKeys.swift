import LedgerEvents

/// Writes into the log which key signs checkpoints now, where the log does not say so yet: after a rotation, and on
/// opening after one that was cut short.
package struct RecordSigningKeys: Command {
  /// Every public key that the key store has, oldest first, 32 bytes each.
  package var keys: [[UInt8]]

  package init(keys: [[UInt8]]) { self.keys = keys }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let recorded = try read(state.recordedSigningKey()), let index = keys.lastIndex(of: recorded) else {
      throw .refused(
        .conflict, field: "keys", expected: "the key that the log names last among them",
        remedy: "restore the key store that belongs to this ledger")
    }
    let events = zip(keys[index...], keys[(index + 1)...]).prefix(8).map { before, after in
      var event = SigningKeyRotated()
      event.before = .init(before)
      event.after = .init(after)
      return LedgerEvent.signingKeyRotated(event)
    }
    return Decision(by: Requester.operator, events: events)
  }

  /// How many keys were recorded.
  package func outcome(of recorded: RecordedEvents) -> Int { recorded.events.count }
}
