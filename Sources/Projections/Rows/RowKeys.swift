import EventLog
import KeyStore
import LedgerCrypto
import Synchronization

/// The keys of the keyring that the rows of a set of tables were made under, by their numbers.
package struct RowKeys: Sendable, Equatable {
  /// Of the keyed hashes by which people are found.
  package let lookup: UInt32
  /// Of the checks of rows.
  package let rowCheck: UInt32

  /// The newest of a key store.
  init(newestOf keys: KeyStore) {
    lookup = keys.numbers(of: .lookup).last ?? 1
    rowCheck = keys.numbers(of: .rowCheck).last ?? 1
  }
}

/// The key of the keyed hashes in the rows that are read.
///
/// It changes only where another process writes: the one that writes makes all rows anew before it serves anything, so
/// its hashes and its rows are always of one key.
final class LookupKey: Sendable {
  private let keys: KeyStore
  /// Nil in a reader without the keys.
  private let current: Mutex<(number: UInt32, key: Secret)?>

  init(_ keys: KeyStore) throws(LogError) {
    do { current = Mutex(keys.hasReaderKeys ? try keys.lookupKey : nil) } catch {
      throw LogError(.keyUnavailable, error.reason)
    }
    self.keys = keys
  }

  /// Whether the key is there.
  var isOpen: Bool { current.withLock { $0 != nil } }

  /// The key.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  var secret: Secret {
    get throws(LogError) {
      if let known = current.withLock({ $0?.key }) { return known }
      do throws(KeyStoreError) { return try keys.lookupKey.key } catch { throw LogError(.keyUnavailable, error.reason) }
    }
  }

  /// Follows the rows of a set whose ``ProjectionCheckpoint/schemaVersion`` is this.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` where their key is not among the keys.
  func follow(_ schemaVersion: UInt64) throws(LogError) {
    let low = UInt8(truncatingIfNeeded: schemaVersion >> 48) &+ 1
    guard current.withLock({ known in known.map { UInt8(truncatingIfNeeded: $0.number) != low } ?? false }) else {
      return
    }
    do throws(KeyStoreError) {
      try keys.refresh()
      let number = keys.numbers(of: .lookup).last { UInt8(truncatingIfNeeded: $0) == low }
      guard let number, let key = try keys.key(.lookup, number) else {
        throw KeyStoreError(.outdated, "the key of the hashes by which people are found is not among the keys given")
      }
      current.withLock { $0 = (number, key) }
    } catch { throw LogError(.keyUnavailable, error.reason) }
  }
}
