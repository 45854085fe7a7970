import EventLog
import KeyStore
import LedgerEngine
import Projections
import TransparencyLog

extension Integrity {
  /// Checks that the ledger still holds everything that a checkpoint kept elsewhere says: that its tail was not cut off,
  /// no old copy was put in its place, and its history not rewritten, with everything in it recomputed.
  ///
  /// ```swift
  /// try await ledger.integrity.verify(against: noteFromAnotherMachine)
  /// ```
  ///
  /// Reads a few tiles. That records and tiles agree is what ``verify(verifierKeys:progress:)`` shows.
  ///
  /// - Parameters:
  ///   - checkpoint: a signed checkpoint of this ledger, of whatever age.
  ///   - verifierKeys: keys of the ledger that were kept elsewhere, one of which must have signed it; nil for those of the
  ///     keyring.
  /// - Returns: how many events the checkpoint covers.
  /// - Throws: `behind_checkpoint` where the ledger has fewer events; `contradicts_checkpoint` where it had another tree
  ///   at that size; `invalid_checkpoint` for a text that is no checkpoint of this ledger, signed by a key of its own;
  ///   `invalid_value` where a verifier key is malformed.
  @discardableResult
  public func verify(
    against checkpoint: String, verifierKeys: [String]? = nil
  ) async throws(LedgerError) -> UInt64 {
    let known =
      if let verifierKeys {
        try KnownCheckpoint(Array(checkpoint.utf8), origin: ledger.origin, keys: Ledger.parsed(verifierKeys))
      } else { try KnownCheckpoint(checkpoint, of: ledger) }
    let log = ledger.log
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in try log.snapshot().requireExtension(of: known.checkpoint) }
      return known.checkpoint.size
    }
  }
}
