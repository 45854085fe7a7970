package import EventLog
import Synchronization

/// Why the last attempt at something that a ledger does in the background failed. It is tried again.
public struct BackgroundFault: Sendable, Hashable, Codable {
  /// What a ledger does in the background while it is open.
  public enum Work: String, Sendable, CaseIterable, Codable {
    /// Correcting the clock, once it is synchronised again.
    case clock
    /// Writing down when tokens were last used.
    case lastUses
    /// Building the index of the audit trail. Ends at a fault, until the ledger is opened again.
    case auditIndex
    /// Comparing tables with the sums of their rows.
    case scrub
    /// Making snapshots of past states.
    case snapshots
  }

  public let work: Work
  public let code: LedgerError.Code
}

/// The faults of the background work of one ledger.
package final class BackgroundFaults: Sendable {
  private let codes = Mutex<[BackgroundFault.Work: LedgerError.Code]>([:])

  package init() {}

  /// Notes that the last attempt did not fail.
  package func succeeded(_ work: BackgroundFault.Work) { codes.withLock { $0[work] = nil } }

  /// Notes why it failed.
  package func failed(_ work: BackgroundFault.Work, _ error: LedgerError) { codes.withLock { $0[work] = error.code } }

  /// Notes why it failed.
  package func failed(_ work: BackgroundFault.Work, _ error: LogError) { failed(work, LedgerError(error)) }

  /// All of them, in the order of the kinds of work.
  package var all: [BackgroundFault] {
    let codes = codes.withLock { $0 }
    return BackgroundFault.Work.allCases.compactMap { work in
      codes[work].map { BackgroundFault(work: work, code: $0) }
    }
  }
}
