import CredentialLedger
import HTTPTypes

/// The nonces that proofs of keys must have where a server asks for them (RFC 9449 section 8): each is good for some minutes,
/// and can be told in advance by nobody else.
struct ProofNonces: Sendable {
  /// For how long one is given out, in seconds; it is taken for as long again.
  private static let period: Int64 = 150

  private let key: [UInt8]

  init() {
    var random = SystemRandomNumberGenerator()
    key = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  private func nonce(_ period: Int64) -> String {
    // Both parts have a fixed length.
    let bytes = key + (0..<8).map { UInt8(truncatingIfNeeded: period >> (8 * $0)) }
    return Base64URL.encode(Array(SHA256.hash(bytes).bytes.prefix(16)))
  }

  /// - Throws: `useNonce` for a nonce that was not given lately.
  func require(_ given: JSONValue?, at now: Timestamp) throws(RequestError) {
    let period = now.milliseconds / 1_000 / Self.period
    if case .string(let text)? = given, text == nonce(period) || text == nonce(period - 1) { return }
    throw RequestError(
      .useNonce, "DPoP: expected a nonce that this server gave in DPoP-Nonce", headers: [.dpopNonce: nonce(period)])
  }
}
