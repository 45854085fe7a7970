import EventLog
import KeyStore
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections

/// What a successor is made of. Drawn before the request is queued, so that a seeded source draws in the order of the
/// requests; the decision seals it only where a successor is due.
struct DrawnSuccessor: Sendable {
  private let secret: [UInt8]
  private let nonce: AES256GCM.Nonce

  init(_ secrets: RequestSecrets, _ random: any RandomSource) throws(LedgerError) {
    secret = try secrets.tokenSecret(for: .successor)
    nonce = try drawn(AES256GCM.Nonce(random: random))
  }

  /// Seals it for a caller who presents the replaced token again.
  func sealed(by seal: SuccessorSeal) throws(DecisionFailure) -> IssueAccessToken.NewSuccessor {
    do throws(CryptoError) {
      return IssueAccessToken.NewSuccessor(digest: SHA256.hash(secret), kept: try seal.seal(secret, nonce: nonce))
    } catch { throw .unreadable(StateUnreadable("no refresh token could be sealed: \(error)")) }
  }
}

extension Ledger {
  /// The secret part of the successor of a presented refresh token: as it is kept, as it follows from an idempotency key, or
  /// as versions before derived it. Nil once it is none of these, so that the replaced token is used on until it ends.
  func successorSecret(
    _ successor: TokenID, of presented: TokenFormat.Presented, _ seal: SuccessorSeal, _ secrets: RequestSecrets
  ) throws(LedgerError) -> [UInt8]? {
    let kept = try logged { () throws(LogError) in try log.snapshot().keptSuccessor(successor) }
    let digest = try reading { (state) throws(StateUnreadable) in
      try state.standing(of: successor.rawValue)?.credential?.digest
    }
    func isIts(_ secret: [UInt8]) -> Bool { digest.map { $0 == SHA256.hash(secret) } ?? false }
    if let secret = kept.flatMap({ seal.open($0) }), isIts(secret) { return secret }
    if case .derived = secrets, case let secret = try secrets.tokenSecret(for: .successor), isIts(secret) {
      return secret
    }
    for key in try keyed(keyStore.derivationKeys) {
      let secret = Self.successorSecret(derivedFrom: presented, key: key)
      if isIts(secret) { return secret }
    }
    return nil
  }

  /// What versions before made: somebody who has had the ledger and its key for derivations knows it.
  static func successorSecret(derivedFrom token: TokenFormat.Presented, key: Secret) -> [UInt8] {
    let derived = HMACSHA256.authenticate(Array("successor\0".utf8) + token.digest.bytes, key: key)
    return Array(derived.bytes.prefix(TokenFormat.secretByteCount))
  }
}
