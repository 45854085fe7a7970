package import LedgerCrypto

/// A key that signs notes (C2SP signed-note). The key may lie elsewhere, such as in a hardware module.
public protocol NoteSigner: Sendable {
  /// The name the key goes by.
  var name: String { get }
  /// The key's ID, as of ``VerifierKey/id``.
  var keyID: UInt32 { get }

  /// Signs a note's text.
  ///
  /// - Parameter text: the text in UTF-8, with its last line end.
  /// - Returns: the signature, without the key's ID.
  /// - Throws: ``TransparencyError`` with code `signingFailed` if the key cannot sign now.
  func sign(_ text: [UInt8]) throws(TransparencyError) -> [UInt8]
}

/// An Ed25519 key that signs notes.
public struct Ed25519NoteSigner: NoteSigner {
  /// The key that checks the signatures.
  public let verifierKey: VerifierKey
  private let key: Ed25519.SigningKey

  /// Names a key.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedKey` if the name is none.
  package init(name: String, key: Ed25519.SigningKey) throws(TransparencyError) {
    verifierKey = try VerifierKey(name: name, type: .ed25519, key: key.verifyingKey)
    self.key = key
  }

  public var name: String { verifierKey.name }
  public var keyID: UInt32 { verifierKey.id }

  public func sign(_ text: [UInt8]) throws(TransparencyError) -> [UInt8] {
    do {
      return try key.sign(text)
    } catch {
      throw TransparencyError(.signingFailed, "The key \(name) could not sign: \(error.reason)")
    }
  }
}
