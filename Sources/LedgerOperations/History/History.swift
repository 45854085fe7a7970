/// The past of a ledger: its state at any moment, what changed between two, and the steps from one event to the next.
public struct History: Sendable {
  let ledger: Ledger
}

extension Ledger {
  /// States of the past.
  public var history: History { History(ledger: self) }
}
