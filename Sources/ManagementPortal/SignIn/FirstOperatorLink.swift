import CredentialLedger
import Synchronization

/// The link by which the first operator of a fresh ledger signs in. It is made at the start of a server whose ledger has no
/// account, or no operator where the server is for trials; it is kept in memory alone, and works once.
final class FirstOperatorLink: Sendable {
  private let digest: Mutex<Digest?>
  /// Nil where there is an account already, or an operator where the server is for trials.
  let path: String?

  init(_ ledger: Ledger, isForTrials: Bool) throws(LedgerError) {
    guard try isForTrials ? ledger.operators.list().isEmpty : ledger.accounts.list(limit: 1).isEmpty else {
      digest = Mutex(nil)
      path = nil
      return
    }
    let secret = RandomText.make(words: 2)
    digest = Mutex(SHA256.hash(Array(secret.utf8)))
    path = "/portal/first/\(secret)"
  }

  /// Whether a text is the link's, and it was not used.
  func opens(_ secret: String) -> Bool {
    let presented = SHA256.hash(Array(secret.utf8))
    return digest.withLock { $0 == presented }
  }

  /// Uses the link: true for one caller only.
  func use(_ secret: String) -> Bool {
    let presented = SHA256.hash(Array(secret.utf8))
    return digest.withLock { digest in
      guard digest == presented else { return false }
      digest = nil
      return true
    }
  }

  /// Makes the link good again, where a sign-in by it failed.
  func restore(_ secret: String) { digest.withLock { $0 = SHA256.hash(Array(secret.utf8)) } }
}
