package import EventLog
import Glibc
package import KeyStore
package import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
package import Projections
package import Synchronization
import TransparencyLog

/// A credential ledger on disk, embedded in a program.
///
/// Commands are asynchronous and durable when they return; queries answer from a snapshot. Any number of tasks may use
/// one ledger. One process at a time may have it open for writing, others may read it meanwhile.
///
/// ```swift
/// let ledger = try await Ledger.open(at: path)
/// let verdict = try ledger.tokens.validate(presented)
/// await ledger.close()
/// ```
public final class Ledger: Sendable {
  /// The folder.
  public let path: String
  /// The ledger's name in checkpoints.
  public let origin: String
  package let log: EventLog<ProjectionSet>
  package let keyStore: KeyStore
  /// Nil in a reader without the keys.
  private let knownTokenFormat: TokenFormat?
  package let configuration: LedgerConfiguration
  /// Hears how commands and validations end; nil where nobody listens.
  package let observer: (any LedgerObserver)?
  /// Where the master key is; a store beside the ledger may use the same.
  package var masterKeySource: MasterKey.Source { configuration.masterKeySource }
  package let witness: WitnessFile?
  package let snapshotKeeper: SnapshotKeeper
  /// When tokens were last used; nil where that is not kept, or the ledger is open for reading only.
  package let lastUses: LastUses?
  package let scrubber: Scrubber
  /// The time that counts.
  package let clock: LedgerClock
  /// The newest event of another process; nil where this one writes.
  package let newest: NewestEvent?
  /// The newest event when it was opened.
  package let openedAt: UInt64
  package let clockKeeper: ClockKeeper
  package let backgroundFaults = BackgroundFaults()
  /// Rings when a delivery may have become due, and when the ledger is closed.
  package let deliveryChanges = WakeUp()
  private let lifecycle: Lifecycle
  /// Whether records are being removed: one run at a time.
  package let isPruning = Atomic(false)
  /// Whether the master key is being replaced, and that recorded: one rotation at a time.
  package let isReplacingMasterKey = Atomic(false)

  /// Takes the opened log and keys, and starts the background tasks.
  package init(
    _ path: String, _ log: EventLog<ProjectionSet>, _ keys: KeyStore, _ configuration: LedgerConfiguration,
    _ witness: WitnessFile?, _ clock: LedgerClock
  ) throws(LedgerError) {
    knownTokenFormat =
      keys.hasReaderKeys
      ? TokenFormat(masks: try TokenMasks(keys, clock: clock, isFollowing: log.writer == nil)) : nil
    self.clock = clock
    newest = log.writer == nil ? NewestEvent() : nil
    openedAt = try logged { () throws(LogError) in try log.snapshot().head() }
    clockKeeper = ClockKeeper(log, clock, isSynchronized: configuration.isClockSynchronized)
    self.path = path
    origin = log.origin
    self.log = log
    self.keyStore = keys
    self.configuration = configuration
    observer = configuration.observer
    self.witness = witness
    let snapshots = SnapshotKeeper(
      log, ledger: path, scratch: LedgerFolder.scratchName(of: path, configuration), configuration.snapshots)
    snapshotKeeper = snapshots
    lastUses = LastUses(log, clock, configuration)
    scrubber = Scrubber(log, configuration.scrub)
    lifecycle = Lifecycle(log, keys, snapshots, lastUses, scrubber, clockKeeper, noting: backgroundFaults)
  }

  /// Whether the keys are at hand that reading takes. False for one that was opened without the master key, or by a signer key.
  ///
  /// ```swift
  /// let isVerifying = ledger.hasKeys
  /// ```
  public var hasKeys: Bool { keyStore.hasReaderKeys }

  /// Reads and writes the text of tokens.
  ///
  /// - Throws: `key_unavailable` in a reader without the keys.
  package var tokenFormat: TokenFormat {
    get throws(LedgerError) {
      if let knownTokenFormat { return knownTokenFormat }
      try requireKeys(.tokenMask)
      throw LedgerError(.damaged, "the keyring holds no token mask")
    }
  }

  /// Refuses a reader without the keys.
  package func requireKeys(_ kind: KeyKind) throws(LedgerError) {
    if !keyStore.hasReaderKeys { _ = try keyed(keyStore.newest(kind)) }
  }

  /// Performs what was asked before, signs a last checkpoint, and closes the files. Further calls throw `closed`.
  ///
  /// ```swift
  /// await ledger.close()
  /// ```
  public func close() async {
    await lifecycle.close()
    deliveryChanges.ring()
  }
}

extension LedgerConfiguration {
  /// The threads that read for a ledger that is opened.
  package var logReaders: LogReaders {
    if let sharedReaders { return LogReaders(sharing: sharedReaders.threads) }
    return LogReaders(ReaderThreads.Limits(threads: readerThreads, queueCapacity: readerQueueCapacity))
  }

  /// How the storage is opened.
  package func storage(_ access: Environment.Options.Access = .readWrite) -> Environment.Options {
    var options = Environment.Options()
    options.access = access
    if let mapSize { options.mapSize = mapSize }
    if let maximumMapSize { options.maximumMapSize = maximumMapSize }
    return options
  }
}
