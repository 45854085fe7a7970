package import KeyStore
package import LedgerCrypto
package import TransparencyLog

/// Signs by a key that is kept elsewhere. Its signatures are verified before they are used: a wrong key, or another text, is
/// found here and not by an auditor.
package struct ProvidedSigner: NoteSigner {
  private let key: VerifierKey
  private let verifyingKey: Ed25519.VerifyingKey
  private let provider: any SigningKeyProvider

  /// Signs by the provider, and verifies by the key.
  package init(_ key: VerifierKey, _ verifyingKey: Ed25519.VerifyingKey, _ provider: any SigningKeyProvider) {
    (self.key, self.verifyingKey, self.provider) = (key, verifyingKey, provider)
  }

  package var name: String { key.name }
  package var keyID: UInt32 { key.id }

  package func sign(_ text: [UInt8]) throws(TransparencyError) -> [UInt8] {
    let signature: [UInt8]
    do throws(SigningUnavailable) { signature = try provider.sign(text) } catch {
      throw TransparencyError(.signingFailed, error.reason)
    }
    guard verifyingKey.verify(signature, of: text) else {
      throw TransparencyError(
        .signingFailed, "what \(provider.place) signed does not verify under the ledger's public key \(key)")
    }
    return signature
  }
}
