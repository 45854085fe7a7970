package import LedgerCrypto
package import LedgerEvents

/// Writes into a log that was restored how far it reached: what was recorded after the backup is missing from it, and
/// somebody who holds a later checkpoint can see why.
package struct RecordRestore: Command {
  /// How many events the backup held.
  package var events: UInt64
  /// The root of the tree over them.
  package var root: Digest
  /// The operator who restores.
  package var named: AccountID?
  /// The operator who approved it.
  package var approver: AccountID?
  /// Whether persons are erased with it, whose keys are missing.
  package var erases: Bool

  package init(
    events: UInt64, root: Digest, named: AccountID? = nil, approver: AccountID? = nil, erases: Bool = false
  ) {
    self.events = events
    self.root = root
    self.named = named
    self.approver = approver
    self.erases = erases
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard events > 0, Position(events) < context.next else {
      throw .refused(.invalidValue, field: "events", expected: "the number of events that were restored")
    }
    try state.requireApprover(approver, of: named, forRestore: true, erasing: erases)
    var event = LedgerRestored()
    event.approver = approver?.rawValue ?? 0
    event.events = events
    event.root = .init(root)
    return Decision(by: Requester.operator, .ledgerRestored(event))
  }

  /// The position of the event.
  package func outcome(of recorded: RecordedEvents) -> Position { recorded.first }
}

extension DomainReader where Self: ~Copyable {
  /// A restore that needs two operators leaves their names.
  /// - Throws: ``ErrorCode/approvalRequired`` of the field `record`.
  package func requireUnrecordedRestore() throws(DecisionFailure) {
    guard try read(oversight()).guarded.contains(.restore) else { return }
    throw .refused(
      .approvalRequired, field: "record",
      expected: "the event of the restore with two operators, as the rules of this ledger need")
  }

  /// A restore happens outside of the log, so no proposal can be made of it: both operators are named, and the rules are those
  /// of the log that is restored.
  ///
  /// - Parameters:
  ///   - forRestore: whether it is a restore; a log that is moved as it is, is none.
  ///   - erasing: whether persons are erased with it, whose keys are missing.
  /// - Throws: ``ErrorCode/approvalRequired`` of the field `approver` where the rules need one; ``ErrorCode/forbidden``
  ///   for one who is no operator in force, or who is the one who restores.
  package func requireApprover(
    _ approver: AccountID?, of named: AccountID?, forRestore: Bool, erasing: Bool
  ) throws(DecisionFailure) {
    guard let approver else {
      let guarded = try read(oversight()).guarded
      guard forRestore && guarded.contains(.restore) || erasing && guarded.contains(.erasure) else { return }
      throw .refused(
        .approvalRequired, field: "approver",
        expected: "the name of another operator who approves the restore, as the rules of this ledger need",
        remedy: "name the operator who restores and the one who approves")
    }
    try requireOperator(named, field: "operator")
    try requireOperator(approver, field: "approver")
    guard approver != named else {
      throw .refused(.forbidden, field: "approver", expected: "another operator than the one who restores")
    }
  }
}
