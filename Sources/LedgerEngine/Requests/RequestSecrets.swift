package import LedgerCrypto
package import LedgerEvents

/// What a secret, or another random value, is for. The raw values are labels of derivations, and never change.
package enum SecretUse: String, Sendable {
  case publicID = "public ID"
  case connectorSecret = "connector secret"
  case authorizationCode = "authorization code"
  case accessToken = "access token"
  case refreshToken = "refresh token"
  case successor = "successor of a refresh token"
}

/// Where the random values of a request's answer come from.
package enum RequestSecrets: Sendable {
  /// Drawn, and found again by nobody.
  case fresh(any RandomSource)
  /// Derived from the nonce of a request with an idempotency key, so that asking again makes the very same ones while the
  /// key is remembered.
  case derived(RequestNonce)

  /// Draws a public ID.
  package func publicID() throws(LedgerError) -> PublicID {
    try drawn(PublicID(random: source(for: .publicID)))
  }

  /// Draws a connector's secret.
  package func connectorSecret() throws(LedgerError) -> ConnectorSecret {
    try drawn(ConnectorSecret(random: source(for: .connectorSecret)))
  }

  /// The secret part of a token or a code.
  package func tokenSecret(for use: SecretUse) throws(LedgerError) -> [UInt8] {
    try drawn(source(for: use).bytes(count: TokenFormat.secretByteCount))
  }

  /// The secret parts of an access token and of a refresh token's successor, and `count` bytes that are drawn in any case: in this
  /// order of one source, at one go, since each call of the source takes longer than the bytes do.
  ///
  /// - Parameter random: where those bytes come from that are not derived.
  package func tokenSecrets(
    and count: Int, from random: any RandomSource
  ) throws(LedgerError) -> (access: [UInt8], successor: [UInt8], rest: [UInt8]) {
    guard case .fresh(let source) = self else {
      return (
        try tokenSecret(for: .accessToken), try tokenSecret(for: .successor), try drawn(random.bytes(count: count))
      )
    }
    let size = TokenFormat.secretByteCount
    let bytes = try drawn(source.bytes(count: 2 * size + count))
    return (Array(bytes[..<size]), Array(bytes[size..<2 * size]), Array(bytes[(2 * size)...]))
  }

  private func source(for use: SecretUse) -> any RandomSource {
    switch self {
    case .fresh(let random): random
    case .derived(let nonce): nonce.source(for: use)
    }
  }
}

/// Random bytes of one request with an idempotency key, drawn when it is first performed. Whatever must be the same when
/// it is repeated follows from them, each under a label of its own.
package struct RequestNonce: Sendable {
  package static let byteCount = 32

  package let secret: Secret

  /// The same bytes at each call, and for each use others.
  package func source(for use: SecretUse) -> DeterministicRandom {
    DeterministicRandom(seed: derived("secret: \(use.rawValue)"))
  }

  /// What tells the request from others under its key. Without the nonce nobody can find what it is of by trying.
  package func fingerprint(of encoding: RequestEncoding) -> Digest {
    HMACSHA256.authenticate(encoding.bytes, key: derived("fingerprint"))
  }

  private func derived(_ label: String) -> Secret {
    HKDFSHA256.derive(
      from: secret, info: Array("CredentialLedger request/1: \(label)".utf8), count: Digest.byteCount)
  }
}
