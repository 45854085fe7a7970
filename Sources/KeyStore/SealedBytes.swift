import LedgerCrypto

/// AES-256-GCM with its random nonce in front: nonce (12 bytes), ciphertext, tag (16 bytes).
enum SealedBytes {
  /// How much longer a box is than what is in it.
  static let overhead = AES256GCM.Nonce.byteCount + AES256GCM.tagByteCount

  /// Draws a new key, 32 bytes.
  static func drawKey(_ random: any RandomSource) throws(KeyStoreError) -> Secret {
    try KeyStoreError.wrapping { () throws(CryptoError) in
      try Secret(random: random, count: AES256GCM.keyByteCount)
    }
  }

  static func seal(
    _ plaintext: UnsafeRawBufferPointer, under key: Secret, context: [UInt8], random: any RandomSource
  ) throws(KeyStoreError) -> [UInt8] {
    try KeyStoreError.wrapping { () throws(CryptoError) in
      let nonce = try AES256GCM.Nonce(random: random)
      var box: [UInt8] = []
      box.reserveCapacity(plaintext.count + overhead)
      unsafe nonce.withUnsafeBytes { unsafe box.append(contentsOf: $0) }
      box += try unsafe AES256GCM.seal(plaintext, key: key, nonce: nonce, authenticating: context)
      return box
    }
  }

  static func seal(
    _ secret: Secret, under key: Secret, context: [UInt8], random: any RandomSource
  ) throws(KeyStoreError) -> [UInt8] {
    try unsafe secret.withUnsafeBytes { (bytes) throws(KeyStoreError) in
      try unsafe seal(bytes, under: key, context: context, random: random)
    }
  }

  /// Opens a box; `nil` if it does not authenticate.
  static func open(_ box: [UInt8], under key: Secret, context: [UInt8]) throws(KeyStoreError) -> [UInt8]? {
    try unsafe split(box) { (nonce, ciphertext) throws(CryptoError) in
      try unsafe AES256GCM.open(ciphertext, key: key, nonce: nonce, authenticating: context)
    }
  }

  /// The same in the context of an opener.
  static func open(
    _ box: [UInt8], under key: Secret, context: [UInt8], by opener: inout AES256GCM.Opener
  ) throws(KeyStoreError) -> [UInt8]? {
    try unsafe split(box) { (nonce, ciphertext) throws(CryptoError) in
      try unsafe opener.open(ciphertext, key: key, nonce: nonce, authenticating: context)
    }
  }

  /// Opens a box that holds a key; `nil` if it does not authenticate.
  static func openSecret(_ box: [UInt8], under key: Secret, context: [UInt8]) throws(KeyStoreError) -> Secret? {
    try unsafe split(box) { (nonce, ciphertext) throws(CryptoError) in
      try unsafe AES256GCM.openSecret(ciphertext, key: key, nonce: nonce, authenticating: context)
    }
  }

  private static func split<Plaintext>(
    _ box: [UInt8], _ open: (AES256GCM.Nonce, UnsafeRawBufferPointer) throws(CryptoError) -> Plaintext
  ) throws(KeyStoreError) -> Plaintext? {
    guard box.count >= overhead else { return nil }
    do {
      return try unsafe box.span.bytes.withUnsafeBytes { (box) throws(CryptoError) -> Plaintext? in
        let nonce = unsafe UnsafeRawBufferPointer(rebasing: box[..<AES256GCM.Nonce.byteCount])
        guard let nonce = unsafe AES256GCM.Nonce(copying: nonce) else { return nil }
        return try unsafe open(nonce, UnsafeRawBufferPointer(rebasing: box[AES256GCM.Nonce.byteCount...]))
      }
    } catch {
      if error.code == .authenticationFailed { return nil }
      throw KeyStoreError(.cryptoFailure, error.reason)
    }
  }
}
