package import LedgerEvents

/// The numbers of the keys of the keyring for one purpose.
@usableFromInline package struct KeyNumbers: Sendable, Hashable {
  /// Of the oldest that is left.
  package var oldest: UInt32
  /// Of the one in use.
  package var newest: UInt32

  package init(oldest: UInt32 = 1, newest: UInt32 = 1) {
    self.oldest = oldest
    self.newest = newest
  }
}

/// Writes into the log which keys of the keyring were made and dropped, where it does not say so yet: after a rotation, and
/// on opening after one that was cut short.
package struct RecordKeys: Command {
  /// The keys for one purpose.
  package struct Kept: Sendable {
    package var purpose: KeyPurpose
    package var numbers: KeyNumbers
    /// When the key before the newest stops to be of use, in milliseconds since 1970; 0 where that is not known.
    package var beforeUntil: Int64

    package init(_ purpose: KeyPurpose, _ numbers: KeyNumbers, beforeUntil: Int64) {
      self.purpose = purpose
      self.numbers = numbers
      self.beforeUntil = beforeUntil
    }
  }

  /// Every purpose once.
  package var kept: [Kept]

  package init(kept: [Kept]) { self.kept = kept }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    var events: [LedgerEvent] = []
    for kept in kept {
      let recorded = try read(state.recordedKeys(for: kept.purpose)) ?? KeyNumbers()
      guard kept.numbers.newest >= recorded.newest else {
        throw .refused(
          .conflict, field: "keys", expected: "keys that are at least as new as the log",
          remedy: "restore the key store that belongs to this ledger")
      }
      if kept.numbers.newest > recorded.newest {
        var event = KeyRotated()
        event.purpose = kept.purpose
        event.before = recorded.newest
        event.after = kept.numbers.newest
        event.beforeUntil = kept.beforeUntil
        events.append(.keyRotated(event))
      }
      if kept.numbers.oldest > recorded.oldest {
        var event = KeyDropped()
        event.purpose = kept.purpose
        event.oldest = kept.numbers.oldest
        events.append(.keyDropped(event))
      }
    }
    return Decision(by: Requester.operator, events: events)
  }

  /// How many events there were.
  package func outcome(of recorded: RecordedEvents) -> Int { recorded.events.count }
}
