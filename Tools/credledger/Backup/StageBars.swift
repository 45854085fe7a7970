import CredentialLedger
import LedgerOperations
import Synchronization

/// A progress bar for the stage that work is in; another one when the stage changes.
final class StageBars: Sendable {
  private let current = Mutex<(stage: TransferProgress.Stage, bar: ProgressBar)?>(nil)

  /// Shows how far the work has come.
  func show(_ progress: TransferProgress) {
    let bar = current.withLock { current in
      if let current, current.stage == progress.stage { return current.bar }
      let bar = ProgressBar(unit: [.copying, .hashing].contains(progress.stage) ? "bytes" : "events")
      current = (progress.stage, bar)
      return bar
    }
    bar.show(progress.done, of: progress.total)
  }

  /// Takes the bar away.
  func end() { current.withLock { $0?.bar.end() } }
}
