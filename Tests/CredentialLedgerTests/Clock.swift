import CredentialLedger
import Synchronization

/// A clock that a test sets.
final class TestClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_700_000_000_000)

  var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .relaxed)) }

  func advance(seconds: Int64) { milliseconds.add(seconds * 1_000, ordering: .relaxed) }

  /// Cheap PINs, and this clock.
  var configuration: LedgerConfiguration {
    var configuration = LedgerConfiguration(clock: { self.now.milliseconds })
    configuration.selfErasures = .unlimited
    return configuration
  }
}
