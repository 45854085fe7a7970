import CredentialLedger

/// A JSON Web Signature in its compact form (RFC 7515 section 3.1), read and not yet checked.
struct JSONWebSignature {
  static let maximumBytes = 16_384

  let header: JSONValue
  let payload: JSONValue
  /// What is signed.
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// Reads a text; nil unless it is three parts in base64url, of which the first two are JSON objects.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]), let payload = Self.object(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { return nil }
    self.header = header
    self.payload = payload
    self.signature = signature
    signed = Array("\(parts[0]).\(parts[1])".utf8)
  }

  /// Whether it was signed by a key, with the algorithm that the key is for and the header names.
  func isSigned(by key: PublicJWK) -> Bool {
    guard case .string(key.algorithm)? = header["alg"] else { return false }
    return key.verify(signature, of: signed)
  }

  private static func object(_ part: Substring) -> JSONValue? {
    guard let bytes = Base64URL.decode(part), let value = try? JSONParser.parse(bytes), case .members = value else {
      return nil
    }
    return value
  }
}

/// A public key as a JSON Web Key (RFC 7517), of the kinds that proofs are made with: P-256 and Ed25519.
enum PublicJWK {
  case p256(P256.VerifyingKey)
  case ed25519(Ed25519.VerifyingKey)

  /// Reads a key; nil for another kind, for what is no key, and for one that has its private part with it.
  init?(_ value: JSONValue) {
    func member(_ name: String) -> String? {
      guard case .string(let text)? = value[name] else { return nil }
      return text
    }
    guard value["d"] == nil, value["k"] == nil, let x = member("x").flatMap({ Base64URL.decode($0) }) else {
      return nil
    }
    switch (member("kty"), member("crv")) {
    case ("EC", "P-256"):
      guard let y = member("y").flatMap({ Base64URL.decode($0) }), let key = try? P256.VerifyingKey(x: x, y: y) else {
        return nil
      }
      self = .p256(key)
    case ("OKP", "Ed25519"):
      guard let key = try? Ed25519.VerifyingKey(bytes: x) else { return nil }
      self = .ed25519(key)
    default: return nil
    }
  }

  /// The name of the signature algorithm (RFC 7518, RFC 8037).
  var algorithm: String {
    switch self {
    case .p256: "ES256"
    case .ed25519: "EdDSA"
    }
  }

  /// SHA-256 over the canonical form of the key (RFC 7638; RFC 8037 appendix A.3).
  var thumbprint: KeyThumbprint {
    let text =
      switch self {
      case .p256(let key):
        #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(key.x))","y":"\#(Base64URL.encode(key.y))"}"#
      case .ed25519(let key): #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(key.bytes))"}"#
      }
    return SHA256.hash(Array(text.utf8))
  }

  fileprivate func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch self {
    case .p256(let key): key.verify(signature, of: message)
    case .ed25519(let key): key.verify(signature, of: message)
    }
  }
}
