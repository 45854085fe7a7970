import EventLog
import KeyStore
public import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections
package import TransparencyLog

extension Ledger {
  /// The key that checks the ledger's checkpoints: to be kept where the ledger is not.
  ///
  /// ```swift
  /// let verifierKey = try ledger.verifierKey
  /// ```
  public var verifierKey: String {
    get throws(LedgerError) {
      try keyed(keyStore.refresh())
      do throws(TransparencyError) {
        guard let newest = keyStore.verifyingKeys.last else {
          throw TransparencyError(.malformedKey, "there is no key")
        }
        return try VerifierKey(name: origin, type: .ed25519, key: newest.key).description
      } catch { throw LedgerError(error) }
    }
  }

  /// A signed checkpoint over every event so far. Signs one if the newest is older.
  ///
  /// ```swift
  /// let checkpoint = try await ledger.checkpoint()
  /// ```
  ///
  /// - Throws: `signing_unavailable` while the signing key is out of reach; `closed` for a reader of a ledger that has none yet; `damaged` where
  /// the tree does not extend the newest signed checkpoint; `storage`, `disk_full`.
  public func checkpoint() async throws(LedgerError) -> String {
    if let writer = log.writer {
      do { try await writer.checkpoint() } catch { throw LedgerError(error) }
    }
    guard let note = try latestCheckpoint() else {
      throw LedgerError(.closed, "nothing was signed yet, and the ledger is open for reading only")
    }
    return note
  }

  /// The newest signed checkpoint; nil before the first.
  ///
  /// ```swift
  /// let latest = try ledger.latestCheckpoint()
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func latestCheckpoint() throws(LedgerError) -> String? {
    try logged { () throws(LogError) in try log.snapshot().latestCheckpoint() }
  }

  /// The newest signed checkpoint over the events up to a position, or fewer; nil if there is none. Older ones are kept as
  /// they were signed: every 16,384 events or ten seconds, unless configured otherwise.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func checkpoint(atOrBelow position: Position) throws(LedgerError) -> String? {
    try logged { () throws(LogError) in try log.snapshot().checkpoint(atOrBefore: position.rawValue)?.note }
  }

  /// The root of the tree over the events up to a position; nil if the ledger has none there.
  ///
  /// - Throws: `closed`, `busy`, `damaged`, `storage`.
  public func root(at position: Position) async throws(LedgerError) -> Digest? {
    let log = log
    return try await blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in try log.snapshot().root(at: position.rawValue) }
    }
  }

  /// Every key that has signed checkpoints of this ledger, oldest first (C2SP signed-note). Those that were replaced have
  /// `@` and the size of the largest tree that they count for after that.
  ///
  /// ```swift
  /// let isGenuine = proof.verify(origin: ledger.origin, verifierKeys: try ledger.verifierKeys)
  /// ```
  public var verifierKeys: [String] {
    get throws(LedgerError) {
      try keyStore.verifierKeys(origin: origin).map(\.description)
    }
  }

  /// The same without sizes, for files that say which keys there were.
  package var plainVerifierKeys: [String] {
    get throws(LedgerError) { try keyStore.verifierKeys(origin: origin).map { $0.upTo(nil).description } }
  }

  /// Keys of a ledger in text, as they were given.
  package static func parsed(_ verifierKeys: [String]) throws(LedgerError) -> [VerifierKey] {
    do throws(TransparencyError) {
      return try verifierKeys.map { (key) throws(TransparencyError) in try VerifierKey(key, of: .ed25519) }
    } catch { throw LedgerError(.invalidValue, "verifierKeys: \(error.reason)", field: "verifierKeys") }
  }
}
