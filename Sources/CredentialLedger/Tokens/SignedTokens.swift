import KeyStore
import LedgerCrypto
import LedgerDomain

/// Access tokens as signed JSON Web Tokens (RFC 9068, ES256), for connectors that ask for them.
///
/// The signed form has the opaque token inside, so the ledger looks it up and judges it as any other: a thief of the signing
/// key alone could make nothing that this ledger takes. The keys are of a kind of their own
/// (`token-signing`): what was signed before a rotation is good for its overlap.
extension Tokens {
  /// The keys that signed tokens may be verified by, the newest first.
  ///
  /// ```swift
  /// let identifiers = try ledger.tokens.verifyingKeys.map(\.identifier)
  /// ```
  public var verifyingKeys: [TokenVerifyingKey] {
    get throws(LedgerError) { try ledger.tokenFormat.masks.signers.map(\.verifying) }
  }

  /// What a signed token says besides what the ledger knows.
  public struct SignedClaims: Sendable {
    public var issuer: String
    public var audiences: [String]
    /// The address of the status lists, each below it by its number; nil where there are none.
    public var statusLists: String?

    public init(issuer: String, audiences: [String], statusLists: String? = nil) {
      self.issuer = issuer
      self.audiences = audiences
      self.statusLists = statusLists
    }
  }

  /// The signed form of an access token that was just issued.
  ///
  /// ```swift
  /// let text = try ledger.tokens.signed(token.accessToken, .init(issuer: origin, audiences: [origin]))
  /// ```
  ///
  /// - Parameter claims: the issuer, and whom the token is for.
  /// - Throws: `invalid_grant` where the token is not valid; `damaged`, `storage`, `key_unavailable`.
  public func signed(_ token: AccessToken, _ claims: SignedClaims) throws(LedgerError) -> AccessToken {
    let known = try introspect(token.text)
    guard known.active, let handle = known.handle, let client = known.clientID, let expiresAt = known.expiresAt
    else { throw LedgerError(Refusal(.invalidGrant, field: "accessToken", expected: "a valid access token")) }
    var members: [(String, JSON)] = [
      ("iss", .string(claims.issuer)), ("sub", .string(known.subject?.description ?? client.description)),
      ("aud", .array(claims.audiences.map { .string($0) })), ("client_id", .string(client.description)),
      ("exp", .number(UInt64(max(0, expiresAt.milliseconds / 1_000)))),
      ("iat", .number(UInt64(max(0, (known.issuedAt ?? expiresAt).milliseconds / 1_000)))),
      ("jti", .string(handle.description)), ("scope", .string(known.scope ?? "")), ("token", .string(token.text)),
    ]
    if let key = known.keyThumbprint {
      members.append(("cnf", .object([("jkt", .string(Base64URL.encode(key.bytes)))])))
    }
    if let lists = claims.statusLists {
      let (list, index) = Self.statusListPlace(of: handle)
      members.append(
        (
          "status",
          .object([("status_list", .object([("idx", .number(index)), ("uri", .string("\(lists)/\(list)"))]))])
        ))
    }
    return AccessToken(try sign(type: "at+jwt", members))
  }

  /// A JSON Web Token of a type, signed by the newest key.
  func sign(type: String, _ members: [(String, JSON)]) throws(LedgerError) -> String {
    guard let signer = try ledger.tokenFormat.masks.signers.first else {
      throw LedgerError(.damaged, "the keyring holds no key that signs tokens")
    }
    let header: JSON = .object([
      ("typ", .string(type)), ("alg", .string("ES256")), ("kid", .string(signer.verifying.identifier)),
    ])
    let text = [header, .object(members)].map { Base64URL.encode(Array($0.text().utf8)) }.joined(separator: ".")
    let signature = try drawn(signer.key.sign(Array(text.utf8)))
    return text + "." + Base64URL.encode(signature)
  }
}

extension Ledger {
  /// The opaque token inside a signed one, where its signature is right; any other text as it is.
  func opaque(_ presented: String) throws(LedgerError) -> String {
    guard presented.hasPrefix("eyJ"), presented.utf8.count <= 8_192 else { return presented }
    let parts = presented.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]), header["typ"]?.string == "at+jwt",
      header["alg"]?.string == "ES256", let identifier = header["kid"]?.string,
      let signature = Base64URL.decode(parts[2]),
      let signer = try tokenFormat.masks.signer(named: identifier),
      signer.verifying.key.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8)),
      let payload = Self.object(parts[1]), let token = payload["token"]?.string
    else { return presented }
    return token
  }

  private static func object(_ part: Substring) -> JSON? {
    Base64URL.decode(part).flatMap { JSON(parsing: $0) }
  }
}
