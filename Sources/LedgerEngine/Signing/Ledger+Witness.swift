import EventLog

extension Ledger {
  /// Why the newest checkpoint did not come into ``LedgerConfiguration/witnessFile``; nil if it did, or no file is
  /// configured. Commands go on nevertheless, and the next checkpoint tries again. To be asked after ``close()`` too.
  public var witnessFailure: LedgerError? { witness?.failure }

  /// Brings the newest checkpoint into the file, as after a crash between the two.
  package func advanceWitness() async throws(LedgerError) {
    guard let witness, log.writer != nil, let note = try latestCheckpoint() else { return }
    try await blocking { () throws(LedgerError) in
      witness.sweep()
      try witness.advance(to: note)
    }
  }
}
