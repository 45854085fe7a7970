package import KeyStore
import LedgerCrypto
package import TransparencyLog

extension KeyStore {
  /// Every key that has signed checkpoints, oldest first: also those that another process made since this opening.
  package func verifierKeys(origin: String) throws(LedgerError) -> [VerifierKey] {
    try keyed(refresh())
    do throws(TransparencyError) {
      var keys: [VerifierKey] = []
      for published in verifyingKeys {
        keys.append(try VerifierKey(name: origin, type: .ed25519, key: published.key).upTo(published.lastSize))
      }
      return keys
    } catch { throw LedgerError(error) }
  }
}
