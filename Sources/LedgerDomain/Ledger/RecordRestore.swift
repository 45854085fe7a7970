public import LedgerCrypto
import LedgerEvents

/// Writes into a log that was restored how far it reached: what was recorded after the backup is missing from it, and
/// somebody who holds a later checkpoint can see why.
public struct RecordRestore: Command {
  /// How many events the backup held.
  public var events: UInt64
  /// The root of the tree over them.
  public var root: Digest

  public init(events: UInt64, root: Digest) {
    self.events = events
    self.root = root
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard events > 0, events < context.next else {
      throw .refused(.invalidValue, field: "events", expected: "the number of events that were restored")
    }
    var event = LedgerRestored()
    event.events = events
    event.root = .init(root)
    return Decision(by: Requester.operator, .ledgerRestored(event))
  }

  /// The position of the event.
  public func outcome(of recorded: RecordedEvents) -> UInt64 { recorded.first }
}
