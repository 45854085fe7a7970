import LedgerCrypto
public import LedgerDomain

/// The form of tokens, for programs that look for leaked ones.
public enum TokenPattern {
  /// A regular expression that access tokens, refresh tokens and authorization codes match, and next to nothing else: a
  /// prefix, and 71 characters of base 32 that hold a masked number, 192 random bits and a CRC-32.
  public static let tokens = "cl[acr]_[a-z2-7]{71}"
  /// A regular expression that signed access tokens match, and those of other issuers too: three parts in base64url, of which
  /// the last has 64 bytes. The ledger's own are told from others by their signature.
  public static let signedTokens = "eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{86}"
  /// A regular expression that Secrets of connectors and resource servers match: 192 random bits and a CRC-32.
  public static let secrets = "cls_[a-z2-7]{45}"
}

extension Tokens {
  /// A token that was found in some text.
  public struct Found: Sendable, Equatable {
    /// Where it begins, in bytes.
    public let offset: Int
    /// The token: a secret.
    public let token: String
    public let kind: TokenKind
  }

  /// How far two pieces of a text must overlap so that no token is missed between them, in bytes.
  public static let overlap = signedLimit - 1

  private static let opaqueLength = AccessToken.prefix.utf8.count + 71
  /// How long a signed token may be, and its signature.
  private static let signedLimit = 8_192
  private static let signatureLength = 86

  /// The access and refresh tokens in a text, by their form, checksum and mask: those of this ledger, whether they are still
  /// good or not, in order. What nobody issued is found too where it was made with the ledger's own key. Reads the text once.
  ///
  /// ```swift
  /// let leaked = try ledger.tokens.find(in: Array(page.utf8)).map(\.token)
  /// ```
  ///
  /// - Throws: `key_unavailable` without the keys of tokens; `closed`.
  public func find(in text: [UInt8]) throws(LedgerError) -> [Found] {
    let format = try ledger.tokenFormat
    var found: [Found] = []
    var index = 0
    let end = text.count - Self.opaqueLength + 1
    while index < end {
      if text[index] == UInt8(ascii: "e"), let signed = Self.signedCandidate(in: text, at: index) {
        let token = String(decoding: signed, as: UTF8.self)
        if try ledger.opaque(token) != token {
          found.append(Found(offset: index, token: token, kind: .access))
          index = signed.endIndex
          continue
        }
      }
      guard text[index] == UInt8(ascii: "c"), text[index + 1] == UInt8(ascii: "l"),
        text[index + 3] == UInt8(ascii: "_"),
        text[index + 2] == UInt8(ascii: "a") || text[index + 2] == UInt8(ascii: "r")
      else {
        index += 1
        continue
      }
      let candidate = String(decoding: text[index..<(index + Self.opaqueLength)], as: UTF8.self)
      if let (kind, _) = format.read(candidate) {
        found.append(Found(offset: index, token: candidate, kind: kind))
        index += Self.opaqueLength - 1
      }
      index += 1
    }
    return found
  }

  /// What has the form of a signed token: see ``TokenPattern/signedTokens``.
  private static func signedCandidate(in text: [UInt8], at start: Int) -> ArraySlice<UInt8>? {
    let rest = text[start...].prefix(signedLimit)
    guard rest.starts(with: "eyJ".utf8) else { return nil }
    let parts = rest.prefix { $0.isOfBase64URL || $0 == UInt8(ascii: ".") }
    guard let first = parts.firstIndex(of: UInt8(ascii: ".")),
      let second = parts[(first + 1)...].firstIndex(of: UInt8(ascii: ".")), second > first + 1,
      parts.endIndex - second > signatureLength
    else { return nil }
    let signature = parts[(second + 1)...].prefix(signatureLength)
    guard !signature.contains(UInt8(ascii: ".")) else { return nil }
    return text[start..<signature.endIndex]
  }
}

extension UInt8 {
  /// Whether it is a character of base64url.
  fileprivate var isOfBase64URL: Bool {
    switch self {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
