import LedgerDomain
import LedgerEvents
import Synchronization

/// Remembers what lately asked families depend on, and which connectors lately showed their Secret, so that a validation
/// looks up the token alone, and issuing one the refresh token.
///
/// What a snapshot saw counts as long as no event was applied since that may have changed it: the writer notes the
/// transaction of each such event before it commits, so no snapshot that sees the event believes what was remembered
/// before it. A transaction that comes to nothing leaves a note that is too cautious, and no harm. Where another process
/// writes, of whose events this one does not hear, what was seen in one commit counts for that commit alone.
///
/// The writer's own transactions see events that have no commit yet, and may never get one. What they saw counts until
/// the next such event, or until a try comes to nothing.
final class StateMemory: Sendable {
  /// What may be believed: what its owner saw from one moment to another.
  struct Window {
    /// Tells ledgers apart, and snapshots from the writer's transactions; never 0.
    let owner: UInt64
    let first: UInt64
    let last: UInt64
  }

  /// Number of the latest transaction with an event that may have changed what tokens depend on.
  private let changed: Atomic<UInt64>
  /// Whether this process writes, and so notes what changes.
  private let isNoted: Bool
  private let owner: UInt64
  /// How often the writer saw a change, or a try come to nothing. Only its thread touches this and the next.
  private let writerAge = Atomic<UInt64>(0)
  private let begun = Atomic<UInt64>(0)
  /// In which transaction, and at which of the writer's ages, there was no correction of the clock.
  private let uncorrected = Atomic<UInt64>(0)
  private let uncorrectedAge = Atomic<UInt64>(.max)

  /// - Parameter transaction: number of the transaction in which the memory is made; nil where another process writes.
  init(since transaction: UInt64?) {
    changed = Atomic(transaction ?? 0)
    isNoted = transaction != nil
    owner = Self.owners.wrappingAdd(2, ordering: .relaxed).newValue
  }

  private static let owners = Atomic<UInt64>(0)

  /// Notes that a transaction, which has not committed yet, may change what tokens depend on.
  func noteChange(by transaction: UInt64) {
    changed.store(transaction, ordering: .sequentiallyConsistent)
    writerAge.wrappingAdd(1, ordering: .relaxed)
  }

  /// Notes that the writer begins a transaction. After a try that came to nothing, the next has the same number.
  func noteBegin(of transaction: UInt64) {
    if begun.exchange(transaction, ordering: .relaxed) == transaction { writerAge.wrappingAdd(1, ordering: .relaxed) }
  }

  /// What a snapshot may believe. To be asked for after the snapshot was taken: see the type's comment.
  ///
  /// - Parameter transaction: number of the commit that the snapshot sees.
  func window(ofSnapshot transaction: UInt64) -> Window {
    Window(owner: owner, first: isNoted ? changed.load(ordering: .acquiring) : transaction, last: transaction)
  }

  /// Whether it is known that there is no correction of the clock in what a window shows.
  @inline(__always)
  func isUncorrected(in window: Window) -> Bool {
    guard window.owner == owner else { return uncorrectedAge.load(ordering: .relaxed) == window.first }
    let known = uncorrected.load(ordering: .relaxed)
    return known != 0 && known >= window.first && window.last >= window.first
  }

  /// Notes that there is none.
  func noteUncorrected(in window: Window) {
    if window.owner == owner {
      uncorrected.store(window.last, ordering: .relaxed)
    } else {
      uncorrectedAge.store(window.first, ordering: .relaxed)
    }
  }

  /// What the writer's transaction may believe, as long as it applies no event.
  var windowOfWriter: Window {
    let age = writerAge.load(ordering: .relaxed)
    return Window(owner: owner + 1, first: age, last: age)
  }
}

extension StateMemory.Window {
  /// What a family depends on.
  ///
  /// - Parameter look: looks it up. Only a clear path is remembered.
  @inline(__always)
  func path(
    ofFamily family: UInt64, _ look: () throws(StateUnreadable) -> Examination
  ) throws(StateUnreadable) -> Examination {
    let hash = family &* 0x9E37_79B9_7F4A_7C15
    if let path = Self.paths.value(of: family, hash, in: self) { return .clear(path) }
    let examination = try look()
    if case .clear(let path) = examination { Self.paths.remember(path, of: family, hash, in: self) }
    return examination
  }

  /// What authenticates the connector of a public ID.
  ///
  /// - Parameter look: looks it up. Only a connector that there is is remembered.
  @inline(__always)
  func client(
    _ publicID: PublicID, _ look: () throws(StateUnreadable) -> ConnectorClient?
  ) throws(StateUnreadable) -> ConnectorClient? {
    // The bits of an ID are random.
    let hash = publicID.high
    if let client = Self.clients.value(of: publicID, hash, in: self) { return client }
    let client = try look()
    if let client { Self.clients.remember(client, of: publicID, hash, in: self) }
    return client
  }

  /// 4,096 entries, some 350 KB for each thread that validates.
  private static let paths = ThreadTable<UInt64, GrantPath>(logCount: 12)
  /// 1,024 entries, some 180 KB for the writer's thread, and for each that authenticates connectors.
  private static let clients = ThreadTable<PublicID, ConnectorClient>(logCount: 10)
}
