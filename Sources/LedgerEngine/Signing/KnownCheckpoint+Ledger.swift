import EventLog
import KeyStore
import Projections

extension KnownCheckpoint {
  /// Checks form, origin and signatures.
  ///
  /// - Throws: `invalid_checkpoint` where one of them is wrong.
  package init(_ text: String, of ledger: Ledger) throws(LedgerError) {
    try self.init(Array(text.utf8), origin: ledger.origin, keys: ledger.keyStore.verifierKeys(origin: ledger.origin))
  }
}
