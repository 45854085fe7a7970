import Glibc

/// A table that each thread has for itself, so that there is no lock, and no line of memory that cores contend for. It
/// keeps the latest value for each of its places, and forgets what was there before.
struct ThreadTable<Key: BitwiseCopyable & Equatable, Value: BitwiseCopyable>: Sendable {
  private struct Entry {
    /// Whose the entry is; 0 for nobody's.
    let owner: UInt64
    /// When the value was seen, on its owner's clock.
    let seenIn: UInt64
    let key: Key
    let value: Value
  }

  private let place: pthread_key_t?
  private let logCount: UInt64

  /// - Parameter logCount: the binary logarithm of the number of entries.
  init(logCount: UInt64) {
    var key = pthread_key_t()
    place = unsafe pthread_key_create(&key, { unsafe free($0) }) == 0 ? key : nil
    self.logCount = logCount
  }

  /// What was last remembered for `key`, if it was seen within `window`.
  ///
  /// - Parameter hash: of the key; its high bits count.
  @inline(__always)
  func value(of key: Key, _ hash: UInt64, in window: StateMemory.Window) -> Value? {
    guard let place, let memory = unsafe pthread_getspecific(place) else { return nil }
    let entry = unsafe memory.assumingMemoryBound(to: Entry.self) + Int(hash >> (64 - logCount))
    guard unsafe entry.pointee.owner == window.owner, unsafe entry.pointee.key == key,
      unsafe entry.pointee.seenIn >= window.first, unsafe entry.pointee.seenIn <= window.last
    else { return nil }
    return unsafe entry.pointee.value
  }

  /// Remembers a value; does nothing where there is no memory for a table.
  func remember(_ value: Value, of key: Key, _ hash: UInt64, in window: StateMemory.Window) {
    guard let place, let entries = unsafe entries(place) else { return }
    unsafe entries[Int(hash >> (64 - logCount))] =
      Entry(owner: window.owner, seenIn: window.last, key: key, value: value)
  }

  private func entries(_ place: pthread_key_t) -> UnsafeMutablePointer<Entry>? {
    if let existing = unsafe pthread_getspecific(place) { return unsafe existing.assumingMemoryBound(to: Entry.self) }
    // Zeroes are entries of nobody.
    guard let memory = unsafe calloc(1 << Int(logCount), MemoryLayout<Entry>.stride) else { return nil }
    guard unsafe pthread_setspecific(place, memory) == 0 else {
      unsafe free(memory)
      return nil
    }
    return unsafe memory.bindMemory(to: Entry.self, capacity: 1 << Int(logCount))
  }
}
