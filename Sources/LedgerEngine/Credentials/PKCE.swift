package import LedgerCrypto

/// Proof Key for Code Exchange (RFC 7636), method S256 alone: "plain" would show the verifier to somebody who sees the
/// request (RFC 9700 section 2.1.1).
package enum PKCE {
  /// The digest that a challenge spells; nil unless it is base64url of 32 bytes without padding.
  package static func digest(ofChallenge text: String) -> Digest? {
    guard text.utf8.count == 43, !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") })
    else { return nil }
    let standard = text.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    return Base64.decode(String(decoding: standard, as: UTF8.self) + "=").flatMap { Digest(bytes: $0) }
  }

  /// The digest of a verifier; of 43 to 128 unreserved characters one that a challenge may equal.
  package static func digest(ofVerifier text: String) -> Digest {
    guard 43...128 ~= text.utf8.count, text.utf8.allSatisfy(isUnreserved) else {
      return SHA256.hash(Array("malformed\0\(text.prefix(256))".utf8))
    }
    return SHA256.hash(Array(text.utf8))
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }
}
