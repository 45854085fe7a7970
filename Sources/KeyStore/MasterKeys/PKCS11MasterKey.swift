public import LedgerCrypto

/// A master key that follows from a secret key in a hardware module: HMAC-SHA-256 over a fixed text, computed in the module,
/// which that key never leaves.
///
/// Somebody who may use the token can compute it too; who has the disk and the ledger's folders cannot.
public struct PKCS11MasterKey: MasterKeyProvider {
  private let key: PKCS11Key

  /// - Parameter uri: names a generic secret key that may sign (CKA_SIGN).
  public init(_ uri: PKCS11URI) { key = PKCS11Key(uri) }

  public var place: String { key.place }

  public func masterKey() throws(MasterKeyUnavailable) -> Secret {
    do throws(PKCS11Key.Failure) { return try key.authenticate(Array("credledger master key/1".utf8)) } catch {
      throw MasterKeyUnavailable(error.reason)
    }
  }
}
