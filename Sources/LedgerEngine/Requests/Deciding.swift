package import EventLog
package import LMDB
package import LedgerDomain
import LedgerEvents
package import Projections

/// Decides a command inside the write transaction.
@inline(__always)
package func decide(
  _ command: some Command, in view: borrowing LogView<WriteTransaction, ProjectionSet>, _ moment: Moment
) throws(AppendFailure<DecisionFailure>) -> Decision {
  do throws(DecisionFailure) {
    return try view.withState(orThrow: { .unreadable(StateUnreadable($0.text)) }) { (state) throws(DecisionFailure) in
      try command.decide(
        state,
        DecisionContext(
          now: Timestamp(milliseconds: moment.now), next: Position(moment.next),
          correctedFrom: moment.correctedFrom.map { Timestamp(milliseconds: $0) }))
    }
  } catch { throw .refused(error) }
}
