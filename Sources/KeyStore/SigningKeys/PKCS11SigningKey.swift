public import LedgerCrypto

/// An Ed25519 key in a hardware module, which signs there (`CKM_EDDSA`) and never leaves it.
public struct PKCS11SigningKey: SigningKeyProvider {
  private let key: PKCS11Key

  /// - Parameter uri: names a private key that may sign, with a public key of the same name.
  public init(_ uri: PKCS11URI) { key = PKCS11Key(uri) }

  public var place: String { key.place }

  public func verifyingKey() throws(SigningUnavailable) -> Ed25519.VerifyingKey? {
    do throws(PKCS11Key.Failure) { return try key.publicKey() } catch { throw SigningUnavailable(error.reason) }
  }

  public func sign(_ message: [UInt8]) throws(SigningUnavailable) -> [UInt8] {
    do throws(PKCS11Key.Failure) { return try key.sign(message) } catch { throw SigningUnavailable(error.reason) }
  }
}
