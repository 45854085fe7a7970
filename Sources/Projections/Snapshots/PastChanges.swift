import LedgerDomain
import Synchronization

/// What a replay changed, and what was there before.
final class PastChanges: Sendable {
  enum Change: Sendable {
    /// A row of the directory, and its bytes before; nil where there was none.
    case row(DirectoryKey, [UInt8]?)
    /// How an object of token validity stood before.
    case standing(UInt64, Standing)
  }

  /// Nil while nobody wants to know.
  private let recorded = Mutex<[Change]?>(nil)

  var isRecording: Bool { recorded.withLock { $0 != nil } }

  func append(_ change: Change) { recorded.withLock { $0?.append(change) } }

  func begin() { recorded.withLock { $0 = [] } }

  /// Ends the recording, and returns it.
  func end() -> [Change] {
    recorded.withLock { recorded in
      defer { recorded = nil }
      return recorded ?? []
    }
  }
}
