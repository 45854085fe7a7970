package import LMDB

/// Stands in for the projections where records are only read.
package struct RecordsOnly: CommitParticipant {
  package init() {}

  package func encode(_ event: Never) -> EncodedEvent {}

  package func decode(_ record: Record) throws(LogError) -> Never {
    throw LogError(.unreadableEvent, "records are read here, and not what they mean", at: record.header.position)
  }

  package func apply(_ event: Never, _ header: RecordHeader, in transaction: inout WriteTransaction) {}

  package func finish(at head: PositionNumber, in transaction: inout WriteTransaction) {}
}

extension LogTables {
  /// Type and time of the event at a position: see ``LogView/stamp(at:)``.
  package func stamp(at position: PositionNumber, in transaction: BorrowedTransaction) throws(LogError) -> RecordStamp? {
    try LogView(transaction, RecordsOnly(), self).stamp(at: position)
  }
}
