import EventLog
package import LedgerDomain
package import LedgerEvents
import Projections

extension Grants {
  /// How some grants were used, in their order. On a thread for reading.
  package func usage(of grants: [Grant]) async throws(LedgerError) -> [Usage] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let objects = grants.map { (subject: Subject($0.id), since: $0.grantedAt) }
      return try ledger.usage(of: objects, in: ledger.snapshot())
    }
  }

  /// The newest event of a type that concerns each of some grants, with its time; grants without one are left out. All in one
  /// look at the ledger, by the index: some leaps a grant.
  package func newest(
    _ type: EventType, of grants: [GrantID]
  ) async throws(LedgerError) -> [GrantID: (position: Position, time: Timestamp)] {
    guard let oldest = grants.min() else { return [:] }
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try ledger.log.snapshot()
        let subjects = Set(grants.map { LogSubject(Subject($0)) })
        let found = try view.auditTrail().newest(
          type.rawValue, concerning: subjects, from: oldest.rawValue, in: view)
        var newest: [GrantID: (position: Position, time: Timestamp)] = [:]
        for (subject, position) in found {
          guard let stamp = try view.stamp(at: position) else { continue }
          newest[GrantID(rawValue: subject.number)] = (Position(position), Timestamp(milliseconds: stamp.recordedAt))
        }
        return newest
      }
    }
  }
}
