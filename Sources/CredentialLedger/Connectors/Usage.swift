import EventLog
package import LedgerDomain
package import LedgerEvents
import Projections

/// When a connector or a grant was last used: the one definition that lists, reviews and files go by.
///
/// A use is the recorded use of one of its tokens, or that a token was issued to its program.
package struct Usage: Sendable, Equatable {
  /// The newest use; nil where there was none.
  package let last: Timestamp?
  /// When it was created or given.
  package let since: Timestamp

  package init(last: Timestamp?, since: Timestamp) {
    self.last = last
    self.since = since
  }

  /// Whether so much time has passed since the newest use, or, where there was none, since it was created or given.
  package func isUnused(for time: Duration, at now: Timestamp) -> Bool { now - max(last ?? since, since) >= time }
}

extension Ledger {
  /// How some connectors or grants were used, in their order: a look-up each, and some leaps in the index of the audit trail.
  ///
  /// What is not written down yet of recorded uses does not count: see ``Tokens/flushLastUses()``.
  func usage(
    of objects: [(subject: Subject, since: Timestamp)], in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> [Usage] {
    guard let oldest = objects.map({ $0.subject.number }).min() else { return [] }
    let recorded = try lastUses(of: objects.map { TokenID(rawValue: $0.subject.number) })
    do throws(LogError) {
      let issued = try view.auditTrail().newest(
        EventType.tokenIssued.rawValue, concerning: Set(objects.map { LogSubject($0.subject) }), from: oldest, in: view)
      var usage: [Usage] = []
      for (object, recorded) in zip(objects, recorded) {
        var last = recorded
        if let position = issued[LogSubject(object.subject)], let stamp = try view.stamp(at: position) {
          let issuedAt = Timestamp(milliseconds: stamp.recordedAt)
          last = max(recorded ?? issuedAt, issuedAt)
        }
        usage.append(Usage(last: last, since: object.since))
      }
      return usage
    } catch { throw LedgerError(error) }
  }
}

extension Connectors {
  /// How some connectors were used, in their order. On a thread for reading.
  package func usage(of connectors: [Connector]) async throws(LedgerError) -> [Usage] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let objects = connectors.map { (subject: Subject($0.id), since: $0.createdAt) }
      return try ledger.usage(of: objects, in: ledger.snapshot())
    }
  }
}
