import HTTPSupport
import JWTKit

/// The keys that a provider signs with, as its key set lists them (RFC 7517).
enum ProviderKeys {
  /// Reads a key set. Keys of a kind that is not understood, and those for encryption, are left out (section 5).
  static func read(_ bytes: [UInt8]) async throws(SignInFailure) -> JWTKeyCollection {
    guard let value = try? JSONParser.parse(bytes), case .array(let items)? = value["keys"] else {
      throw .unverified("the key set is malformed")
    }
    let keys = JWTKeyCollection()
    var count = 0
    for (index, item) in items.enumerated() where item["use"]?.text != "enc" {
      guard var key = try? JWK(json: String(decoding: item.bytes, as: UTF8.self)) else { continue }
      key.keyIdentifier = key.keyIdentifier ?? JWKIdentifier(string: String(index))
      // Without an algorithm of its own a key would keep that of the first token that names it, which anybody may send.
      key.algorithm = key.algorithm ?? usual(key)
      if (try? await keys.add(jwk: key)) != nil { count += 1 }
    }
    guard count > 0 else { throw .unverified("the key set has no key that is understood") }
    return keys
  }

  /// The algorithm of a key that names none: RS256 unless a client registers another (OpenID Connect Core 1.0 section 3.1.3.7),
  /// and the one that fits the curve.
  private static func usual(_ key: JWK) -> JWK.Algorithm? {
    switch (key.keyType.rawValue, key.curve?.rawValue ?? "") {
    case ("RSA", _): .rs256
    case ("EC", "P-256"): .es256
    case ("EC", "P-384"): .es384
    case ("EC", "P-521"): .es512
    case ("OKP", _): .eddsa
    default: nil
    }
  }
}
