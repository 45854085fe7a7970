package import LedgerCrypto
package import LedgerEvents

/// What is inside a token: 16 bytes that hide its position, and 24 random bytes.
///
/// The position of the event that issued it and the first 8 bytes of the digest are one AES block under the ledger's
/// own key, so nobody learns how many tokens there are, and a made-up token is refused before anything is looked up. The
/// ledger keeps SHA-256 of the random bytes only. Tokens under a mask that was rotated are read until its time has come. The random bytes
/// do not depend on the position, so they are drawn and hashed before the writer comes to the request, and the text is made after the commit.
package struct TokenFormat: Sendable {
  /// 192 random bits.
  package static let secretByteCount = 24
  private static let byteCount = 16 + secretByteCount

  package let masks: TokenMasks

  package init(masks: TokenMasks) {
    self.masks = masks
  }

  /// What a presented token says.
  package struct Presented: Sendable {
    package let handle: TokenID
    package let digest: Digest

    package init(handle: TokenID, digest: Digest) {
      self.handle = handle
      self.digest = digest
    }
  }

  /// The text of a token whose event has this position.
  package func text(prefix: String, handle: TokenID, secret: [UInt8]) -> String {
    text(prefix: prefix, handle: handle, secret: secret, digest: SHA256.hash(secret))
  }

  /// The same, with the digest of the secret part.
  package func text(prefix: String, handle: TokenID, secret: [UInt8], digest: Digest) -> String {
    var block = BlockMask.Block(repeating: 0)
    unsafe digest.withUnsafeBytes { digest in
      for index in 0..<8 {
        block[index] = UInt8(truncatingIfNeeded: handle.rawValue >> UInt64(56 - 8 * index))
        unsafe block[8 + index] = digest[index]
      }
    }
    let masked = masks.newest.mask(block)
    return CredentialText.encode(prefix: prefix, byteCount: Self.byteCount) { encoder in
      for index in masked.indices { encoder.append(masked[index]) }
      for byte in secret { encoder.append(byte) }
    }
  }

  /// Reads a token; nil unless this ledger made it, or someone with its mask key.
  package func read(prefix: String, _ text: String) -> Presented? {
    unsafe CredentialText.decode(prefix: prefix, text, count: Self.byteCount) { unsafe read($0) }
  }

  /// The secret part of a token of any ledger; nil for a text that is no token.
  package static func secret(prefix: String, _ text: String) -> Secret? {
    unsafe CredentialText.decode(prefix: prefix, text, count: byteCount) {
      unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: $0[(byteCount - secretByteCount)...]))
    }
  }

  private func read(_ bytes: UnsafeRawBufferPointer) -> Presented? {
    var masked = BlockMask.Block(repeating: 0)
    for index in 0..<16 { unsafe masked[index] = bytes[index] }
    let digest = unsafe SHA256.hash(UnsafeRawBufferPointer(rebasing: bytes[16...]))
    let handle = masks.firstResult { mask -> TokenID? in
      let block = mask.unmask(masked)
      var position: UInt64 = 0
      for index in 0..<8 { position = position << 8 | UInt64(block[index]) }
      var difference: UInt8 = 0
      unsafe digest.withUnsafeBytes { bytes in
        for index in 0..<8 { unsafe difference |= bytes[index] ^ block[8 + index] }
      }
      return difference == 0 ? TokenID(unlessZero: position) : nil
    }
    return handle.map { Presented(handle: $0, digest: digest) }
  }
}
