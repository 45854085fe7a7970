package import LedgerCrypto
import LedgerDomain
import LedgerEvents

/// What a program presents: an access token, a refresh token or a connector's secret. Prints as redacted; ``text`` is
/// what to hand out, once.
public protocol Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The text that stands for it. A secret.
  var text: String { get }
}

extension Credential {
  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// An access token: opens the platform for 24 hours, unless the connector says otherwise.
public struct AccessToken: Credential {
  package static let prefix = "cla_"
  public let text: String

  /// Takes a token as presented; whether it is valid shows only when it is validated.
  public init(_ text: String) { self.text = text }
}

/// A refresh token: exchanged for access tokens.
public struct RefreshToken: Credential {
  package static let prefix = "clr_"
  public let text: String

  /// Takes a token as presented.
  public init(_ text: String) { self.text = text }
}

/// An authorization code: a connector exchanges it for tokens, once, after a person has agreed.
public struct AuthorizationCode: Credential {
  package static let prefix = "clc_"
  public let text: String

  /// Takes a code as presented.
  public init(_ text: String) { self.text = text }
}

/// A connector's Secret, shown once when the connector is made.
public struct ConnectorSecret: Credential {
  package static let prefix = "cls_"
  public let text: String

  /// SHA-256 of the bytes inside; of the text itself where it is malformed, which no connector's digest equals. A call needs it
  /// more than once: to authenticate, and in the command that decides.
  package let digest: Digest

  /// Takes a secret as presented.
  public init(_ text: String) {
    self.text = text
    digest =
      unsafe CredentialText.decode(prefix: Self.prefix, text, count: TokenFormat.secretByteCount) {
        unsafe SHA256.hash($0)
      }
      ?? SHA256.hash(Array("malformed\0\(text.prefix(256))".utf8))
  }

  /// Draws a new secret.
  package init(random: any RandomSource) throws(CryptoError) {
    self.init(CredentialText.encode(prefix: Self.prefix, try random.bytes(count: TokenFormat.secretByteCount)))
  }
}

// Two credentials are compared in a time that depends on their lengths only, so that nobody learns one by trying.

extension AccessToken: Equatable {
  public static func == (one: Self, other: Self) -> Bool { one.hasSameText(as: other) }
}

extension RefreshToken: Equatable {
  public static func == (one: Self, other: Self) -> Bool { one.hasSameText(as: other) }
}

extension AuthorizationCode: Equatable {
  public static func == (one: Self, other: Self) -> Bool { one.hasSameText(as: other) }
}

extension ConnectorSecret: Equatable {
  public static func == (one: Self, other: Self) -> Bool { one.hasSameText(as: other) }
}

extension Credential {
  fileprivate func hasSameText(as other: Self) -> Bool { constantTimeEquals(Array(text.utf8), Array(other.text.utf8)) }
}
