public import LMDB

/// What shares each commit with the log: it gives events their bytes, and keeps its own tables in step with them.
///
/// The writer is generic over one concrete participant, so that "one commit" holds without the log knowing what an
/// event means, and without dynamic dispatch for each event.
@usableFromInline package protocol CommitParticipant: Sendable {
  associatedtype Event: Sendable

  /// Called at the start of every try at a commit, before anything else: whatever an earlier try left in memory, and
  /// that came to nothing, is to be forgotten. A try that comes to nothing gives its transaction's number to the next.
  func begin(in transaction: borrowing WriteTransaction)

  /// The type, version, subjects and payload of an event.
  func encode(_ event: Event) throws(LogError) -> EncodedEvent

  /// The event that a record holds.
  func decode(_ record: Record) throws(LogError) -> Event

  /// Brings the participant's tables from the state before the event to the state after it. A function of that state
  /// and the event, and nothing else.
  func apply(_ event: Event, _ header: RecordHeader, in transaction: inout WriteTransaction) throws(LogError)

  /// Keeps what a decision has besides its events, and what no record is to hold, for as long as it is of use.
  ///
  /// - Parameters:
  ///   - bytes: what is to be kept.
  ///   - event: the last event of the decision, which was applied before.
  ///   - position: of that event.
  func keep(
    _ bytes: [UInt8], of event: Event, at position: PositionNumber, in transaction: inout WriteTransaction
  ) throws(LogError)

  /// Called once for each commit with events, after the last of them.
  func finish(at head: PositionNumber, in transaction: inout WriteTransaction) throws(LogError)

  /// Called once, in the last transaction before the log is closed.
  ///
  /// - Returns: whether anything was written.
  func end(in transaction: inout WriteTransaction) throws(LogError) -> Bool
}

extension CommitParticipant {
  /// Nothing is kept in memory, so there is nothing to forget.
  package func begin(in transaction: borrowing WriteTransaction) {}

  /// Nothing is kept.
  package func keep(
    _ bytes: [UInt8], of event: Event, at position: PositionNumber, in transaction: inout WriteTransaction
  ) throws(LogError) {}

  /// Nothing is noted of the end.
  package func end(in transaction: inout WriteTransaction) throws(LogError) -> Bool { false }
}

/// An event in the form in which the log stores it.
@usableFromInline package struct EncodedEvent: Sendable {
  package var type: UInt16
  package var version: UInt8
  package var subjects: LogSubjects
  package var payload: [UInt8]

  package init(type: UInt16, version: UInt8, subjects: LogSubjects, payload: [UInt8]) {
    self.type = type
    self.version = version
    self.subjects = subjects
    self.payload = payload
  }
}
