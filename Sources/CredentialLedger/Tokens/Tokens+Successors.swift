import EventLog
import KeyStore
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections

/// What an access token and a successor of the refresh token are made of. Drawn before the request is queued, so that a seeded
/// source draws in the order of the requests; the decision seals the successor only where one is due.
struct DrawnTokens: Sendable {
  let secrets: RequestSecrets
  /// The secret part of the access token, and SHA-256 of it.
  let access: [UInt8]
  let accessDigest: Digest
  private let successor: [UInt8]
  private let nonce: AES256GCM.Nonce

  init(_ secrets: RequestSecrets, _ random: any RandomSource) throws(LedgerError) {
    let parts = try secrets.tokenSecrets(and: AES256GCM.Nonce.byteCount, from: random)
    let nonce = unsafe parts.rest.withUnsafeBytes { unsafe AES256GCM.Nonce(copying: $0) }
    guard let nonce else { preconditionFailure("So many bytes are a nonce.") }
    self.nonce = nonce
    self.secrets = secrets
    access = parts.access
    accessDigest = SHA256.hash(parts.access)
    successor = parts.successor
  }

  /// Seals the successor for a caller who presents the replaced token again.
  func sealedSuccessor(by seal: SuccessorSeal) throws(DecisionFailure) -> IssueAccessToken.NewSuccessor {
    do throws(CryptoError) {
      return IssueAccessToken.NewSuccessor(digest: SHA256.hash(successor), kept: try seal.seal(successor, nonce: nonce))
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
