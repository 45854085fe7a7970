package import EventLog
package import LedgerCrypto

/// A request with an idempotency key.
///
/// What a repeated request needs is kept in a row that is deleted when the key is forgotten, and nowhere else: the nonce,
/// sealed, and a fingerprint of what was asked that cannot be checked without it. No record says anything of either, so
/// that neither a proof nor a copy of the log keeps a digest of a phone number.
///
/// The row's memo is:
///
/// | Size | Field |
/// | --- | --- |
/// | 1 | version: 1 |
/// | 12 | nonce of the seal |
/// | 48 | the request's nonce, sealed by AES-256-GCM |
/// | 32 | fingerprint |
package struct KeyedRequest: Sendable {
  private static let version: UInt8 = 1
  private static let boxByteCount = RequestNonce.byteCount + AES256GCM.tagByteCount
  private static let sealedByteCount = 1 + AES256GCM.Nonce.byteCount + boxByteCount

  /// What the log keeps where the request is the first with its key.
  package let key: IdempotencyKey
  /// Of this request, whose secrets count where it is the first.
  package let nonce: RequestNonce
  private let encoding: RequestEncoding
  /// Where the row may be, under each key for derivations that there is, the newest first.
  private let places: [Place]

  /// Where the row is under one key for derivations, and what seals the nonce in it.
  private struct Place {
    let key: InlineBytes16
    let sealing: Secret

    init(of name: [UInt8], under derivation: Secret) {
      let digest = HMACSHA256.authenticate(name, key: DerivationUse.idempotencyKey.key(from: derivation))
      key = unsafe InlineBytes16(prefixOf: digest.bytes.span.bytes)
      sealing = DerivationUse.requestNonce.key(from: derivation)
    }

    /// A box opens in its own row alone.
    var context: [UInt8] { Array("CredentialLedger request nonce/1".utf8) + key.bytes }
  }

  /// - Parameters:
  ///   - text: the idempotency key.
  ///   - scope: within which the key is unique.
  ///   - newest: the ledger's key for derivations.
  ///   - earlier: those before it, under which requests of before a rotation are found.
  package init(
    _ text: String, within scope: RequestField, _ encoding: RequestEncoding, newest: Secret,
    earlier: [Secret] = [], random: some RandomSource
  ) throws(CryptoError) {
    let name = RequestField.list([scope, .text(text)]).bytes
    let place = Place(of: name, under: newest)
    let earlier = earlier.map { Place(of: name, under: $0) }
    let nonce = RequestNonce(secret: try Secret(random: random, count: RequestNonce.byteCount))
    let sealNonce = try AES256GCM.Nonce(random: random)
    let box = try unsafe nonce.secret.withUnsafeBytes { (bytes) throws(CryptoError) in
      try unsafe AES256GCM.seal(bytes, key: place.sealing, nonce: sealNonce, authenticating: place.context)
    }
    let start = unsafe [Self.version] + sealNonce.withUnsafeBytes { unsafe Array($0) }
    key = IdempotencyKey(
      key: place.key, memo: start + box + nonce.fingerprint(of: encoding).bytes, earlier: earlier.map(\.key))
    self.nonce = nonce
    self.encoding = encoding
    places = [place] + earlier
  }

  /// The nonce that the first request with this key left.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` where somebody changed the row.
  package func nonce(in memo: [UInt8]) throws(LogError) -> RequestNonce {
    guard memo.count == Self.sealedByteCount + Digest.byteCount, memo[0] == Self.version else { throw Self.damaged }
    let sealNonce = unsafe memo[1...AES256GCM.Nonce.byteCount].withUnsafeBytes { unsafe AES256GCM.Nonce(copying: $0) }
    guard let sealNonce else { throw Self.damaged }
    let box = memo[(1 + AES256GCM.Nonce.byteCount)..<Self.sealedByteCount]
    for place in places {
      guard
        var bytes = try? AES256GCM.open(
          Array(box), key: place.sealing, nonce: sealNonce, authenticating: place.context)
      else { continue }
      return RequestNonce(secret: Secret(wiping: &bytes))
    }
    throw Self.damaged
  }

  /// - Throws: ``LogError/Code/idempotencyKeyReused`` unless the first request with this key asked for the same.
  package func requireSame(as memo: [UInt8]) throws(LogError) {
    let fingerprint = try nonce(in: memo).fingerprint(of: encoding)
    guard constantTimeEquals(fingerprint.bytes, Array(memo[Self.sealedByteCount...])) else {
      throw LogError(.idempotencyKeyReused, "the idempotency key stands for another request; use a new key")
    }
  }

  private static var damaged: LogError {
    LogError(.damagedProjection, "the row of an idempotency key was changed; use a new key")
  }
}

/// What the ledger's key for derivations is used for, each with a label of its own, which never changes. Besides these it
/// keys the HMAC of ``Ledger/successorSecret(derivedFrom:key:)``, over bytes that begin with `successor`.
package enum DerivationUse: String {
  /// Finds idempotency keys.
  case idempotencyKey = "CredentialLedger idempotency key/1"
  /// Seals the nonces of requests.
  case requestNonce = "CredentialLedger request nonce/1"

  /// The key for this use.
  package func key(from derivation: Secret) -> Secret {
    HKDFSHA256.derive(from: derivation, info: Array(rawValue.utf8), count: AES256GCM.keyByteCount)
  }
}
