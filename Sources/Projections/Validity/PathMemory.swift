import Glibc
import LedgerDomain
import Synchronization

/// Remembers what lately asked families stand on, so that a validation looks up the token alone and not all that it
/// stands on.
///
/// Each thread has a memory of its own, so there is no lock, and no line of memory that cores contend for. What is
/// remembered counts as long as no event was applied since that may have changed it: the writer notes the transaction
/// of each such event before it commits, so no snapshot that sees the event believes what was remembered before it. A
/// transaction that comes to nothing leaves a note that is too cautious, and no harm. Where another process writes, of
/// whose events this one does not hear, what was seen in one commit counts for that commit alone.
final class PathMemory: Sendable {
  /// Number of the latest transaction with an event that may have changed what tokens stand on.
  private let changed: Atomic<UInt64>
  /// Whether this process writes, and so notes what changes.
  private let isNoted: Bool
  /// Tells memories of several ledgers apart in a thread's table; never 0.
  private let serial: UInt64

  /// - Parameter transaction: number of the transaction in which the memory is made; nil where another process writes.
  init(since transaction: UInt64?) {
    changed = Atomic(transaction ?? 0)
    isNoted = transaction != nil
    serial = Self.serials.wrappingAdd(1, ordering: .relaxed).newValue
  }

  private static let serials = Atomic<UInt64>(0)

  /// Notes that a transaction, which has not committed yet, may change what tokens stand on.
  func noteChange(by transaction: UInt64) { changed.store(transaction, ordering: .sequentiallyConsistent) }

  /// What a family stands on, as a snapshot sees it.
  ///
  /// - Parameters:
  ///   - transaction: number of the commit that the snapshot sees.
  ///   - look: looks it up. Only a clear path is remembered.
  @inline(__always)
  func path(
    ofFamily family: UInt64, in transaction: UInt64, _ look: () throws(StateUnreadable) -> Examination
  ) throws(StateUnreadable) -> Examination {
    // Read after the snapshot was taken: see the type's comment.
    let changed = isNoted ? changed.load(ordering: .acquiring) : transaction
    guard let entries = unsafe Self.entries() else { return try look() }
    let entry = unsafe entries + Int((family &* 0x9E37_79B9_7F4A_7C15) >> (64 - Self.logCount))
    if unsafe entry.pointee.serial == serial, unsafe entry.pointee.family == family,
      unsafe entry.pointee.seenIn >= changed, unsafe entry.pointee.seenIn <= transaction
    {
      return unsafe .clear(entry.pointee.path)
    }
    let examination = try look()
    if case .clear(let path) = examination {
      unsafe entry.pointee = Entry(serial: serial, family: family, seenIn: transaction, path: path)
    }
    return examination
  }

  // MARK: A thread's table

  private struct Entry {
    let serial: UInt64
    let family: UInt64
    /// Number of the commit that the path was seen in.
    let seenIn: UInt64
    let path: GrantPath
  }

  /// 4,096 entries, some 350 KB for each thread that validates.
  private static let logCount: UInt64 = 12

  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    return unsafe pthread_key_create(&key, { unsafe free($0) }) == 0 ? key : nil
  }()

  /// The calling thread's table; nil where there is no memory for one.
  @inline(__always)
  private static func entries() -> UnsafeMutablePointer<Entry>? {
    guard let key else { return nil }
    if let existing = unsafe pthread_getspecific(key) { return unsafe existing.assumingMemoryBound(to: Entry.self) }
    return unsafe makeEntries(key)
  }

  private static func makeEntries(_ key: pthread_key_t) -> UnsafeMutablePointer<Entry>? {
    // Zeroes are entries of no ledger.
    guard let memory = unsafe calloc(1 << Int(logCount), MemoryLayout<Entry>.stride) else { return nil }
    guard unsafe pthread_setspecific(key, memory) == 0 else {
      unsafe free(memory)
      return nil
    }
    return unsafe memory.bindMemory(to: Entry.self, capacity: 1 << Int(logCount))
  }
}
