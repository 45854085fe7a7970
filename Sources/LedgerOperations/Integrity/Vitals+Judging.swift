import LedgerEvents

extension Vitals {
  /// What of a ledger's health is judged.
  package enum Sign: Sendable, CaseIterable {
    /// Whether commands are performed.
    case writing
    /// Whether answers are read from sound tables.
    case tables
    /// Whether checkpoints can be signed.
    case signing
    /// How long events wait for a signed checkpoint.
    case checkpoint
    /// How old the newest cosignature is.
    case cosignatures
    /// How long commits take.
    case commits
    /// What the disk has left.
    case disk
    /// How long the oldest reader has read.
    case readers
    /// How far the audit trail's index is behind.
    case index
    /// How late deliveries to webhooks are.
    case webhooks
    /// Whether the clock is trusted.
    case clock
    /// How old the newest backup is.
    case backups
    /// How many requests wait for the writer.
    case waiting
  }

  /// How well a sign is.
  package enum State: Sendable, Equatable {
    case good, watch, bad
    /// Nothing says how it is, and nobody guesses.
    case unknown
  }

  /// From when on a figure, the worse the greater it is, is to be watched, and from when on it is bad.
  package struct Bounds: Sendable {
    package let watch: Double
    package let bad: Double

    package init(watch: Double, bad: Double) {
      self.watch = watch
      self.bad = bad
    }

    /// Nothing to watch, and bad above this; never bad where it is nil.
    package init(bad: Duration?) {
      let seconds = bad.map { Vitals.seconds($0) } ?? .infinity
      self.init(watch: seconds, bad: seconds)
    }

    func state(of value: Double) -> State { value > bad ? .bad : value > watch ? .watch : .good }
  }

  /// What figures are judged by: times in seconds.
  package struct Limits: Sendable {
    package var checkpoint = Bounds(watch: 10, bad: 60)
    package var cosignatures = Bounds(watch: 86_400, bad: 7 * 86_400)
    package var commits = Bounds(watch: 0.05, bad: 0.5)
    package var readers = Bounds(watch: 60, bad: 600)
    package var index = Bounds(watch: 100_000, bad: 1_000_000)
    package var webhooks = Bounds(watch: 60, bad: 600)
    package var backups = Bounds(watch: 25 * 3_600, bad: 7 * 86_400)
    package var waiting = Bounds(watch: 99, bad: 10_000)
    /// What the disk must have left, in bytes; nil for 64 MiB, or a tenth of what the ledger uses where that is more.
    package var leastFreeBytes: UInt64?

    package init() {}
  }

  /// How well a sign is: the one place that decides it, for the portal and for the command line.
  package func state(of sign: Sign, within limits: Limits = Limits()) -> State {
    switch sign {
    case .writing: fault == nil ? .good : .bad
    case .tables: damagedTables.isEmpty ? .good : .bad
    case .signing: signingFault == nil ? .good : .bad
    case .checkpoint: limits.checkpoint.state(of: unsignedSeconds)
    case .cosignatures: state(of: cosigned, limits.cosignatures)
    case .commits: commits.count == 0 ? .good : limits.commits.state(of: commits.high ?? .infinity)
    case .disk: diskState(least: leastFreeBytes(within: limits))
    case .readers: limits.readers.state(of: Self.seconds(oldestRead))
    case .index: limits.index.state(of: Double(unindexed))
    case .webhooks: limits.webhooks.state(of: deliveryDelay)
    case .clock: isClockAtFault ? .bad : .good
    case .backups: state(of: backup, limits.backups)
    case .waiting: limits.waiting.state(of: Double(waiting))
    }
  }

  /// How old the oldest event is that no signed checkpoint covers, in seconds; 0 where all are covered.
  package var unsignedSeconds: Double { unsignedSince.map { max(0, Self.seconds(now - $0)) } ?? 0 }

  /// How late the next delivery is, in seconds; 0 where none is.
  package var deliveryDelay: Double { nextDelivery.map { max(0, Self.seconds(now - $0)) } ?? 0 }

  /// What the disk must have left, in bytes.
  package func leastFreeBytes(within limits: Limits = Limits()) -> UInt64 {
    limits.leastFreeBytes ?? max(64 << 20, UInt64(max(0, usedBytes)) / 10)
  }

  fileprivate static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

  private func diskState(least: UInt64) -> State {
    freeDiskBytes < least ? .bad : freeDiskBytes / 2 < least ? .watch : .good
  }

  private func state(of copy: Copy, _ bounds: Bounds) -> State {
    switch copy {
    case .unnamed: .unknown
    case .unreadable, .missing: .bad
    case .made(let time): bounds.state(of: Self.seconds(now - time))
    }
  }
}
