public import LedgerCrypto

/// Signs checkpoints by a key that is kept elsewhere: in a hardware module, by a key management service, by another process.
/// The ledger has its public key only.
///
/// It is asked on the writer's thread, which appends nothing meanwhile: an answer is due within seconds. What it signs is
/// verified under the public key before it is used.
public protocol SigningKeyProvider: Sendable {
  /// Where the key is, for messages.
  var place: String { get }

  /// The public key, where the provider can tell it; nil where it is to be named to the ledger.
  ///
  /// - Throws: ``SigningUnavailable`` where it cannot be had now.
  func verifyingKey() throws(SigningUnavailable) -> Ed25519.VerifyingKey?

  /// An Ed25519 signature (RFC 8032, the pure variant), 64 bytes.
  ///
  /// - Parameter message: the text of a note (C2SP signed-note).
  /// - Throws: ``SigningUnavailable`` where the key cannot sign now.
  func sign(_ message: [UInt8]) throws(SigningUnavailable) -> [UInt8]
}

/// Why a provider cannot sign now.
public struct SigningUnavailable: Error, Sendable {
  /// What failed, without a secret.
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}

/// Where a signing key is that a program's option names.
public enum SigningKeySource {
  /// The environment variable that usually names it.
  public static let environmentVariable = "CREDLEDGER_SIGNING_KEY_SOURCE"

  /// Reads one of these forms:
  ///
  ///     command:PATH ARGUMENT…  a program that reads the note's text and prints the signature
  ///     pkcs11:…                a key in a hardware module (RFC 7512)
  ///
  /// - Throws: ``KeyStoreError`` with code `invalidArgument`.
  public static func provider(_ text: String) throws(KeyStoreError) -> any SigningKeyProvider {
    if text.hasPrefix("pkcs11:") { return PKCS11SigningKey(try PKCS11URI(text)) }
    if text.hasPrefix("command:") {
      return try SigningCommand(text.dropFirst("command:".count).split(separator: " ").map { String($0) })
    }
    throw KeyStoreError(
      .invalidArgument, "signingKey: expected command:PATH ARGUMENT... or pkcs11:...", field: "signingKey")
  }
}
