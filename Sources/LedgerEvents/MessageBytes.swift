public import LedgerCrypto

// Fields of bytes are Foundation's `Data` in the generated messages. Here they are read and made through the standard
// library's protocols, so that no other source need know that type: a message is filled with
// `$0.digest = .init(digest)`, where the compiler infers what is made.

extension RangeReplaceableCollection<UInt8> {
  /// The 32 bytes of a digest, as a field of an event holds them.
  @inlinable
  public init(_ digest: Digest) {
    self.init()
    unsafe digest.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// The 16 bytes of a public ID, as a field of an event holds them.
  @inlinable
  public init(_ publicID: PublicID) {
    self.init(publicID.bytes)
  }
}

extension Digest {
  /// Reads a field of an event that holds a digest.
  ///
  /// - Throws: ``EventCodingError`` with code `malformedField` unless it has exactly 32 bytes.
  public init(field bytes: some Collection<UInt8>) throws(EventCodingError) {
    let digest =
      bytes.withContiguousStorageIfAvailable { unsafe Digest(copying: UnsafeRawBufferPointer($0)) }
      ?? Digest(bytes: bytes)
    guard let digest else {
      throw EventCodingError(.malformedField, "A digest in an event has \(bytes.count) bytes instead of 32.")
    }
    self = digest
  }
}

extension PublicID {
  /// Reads a field of an event that holds a public ID.
  ///
  /// - Throws: ``EventCodingError`` with code `malformedField` unless it has exactly 16 bytes.
  public init(field bytes: some Collection<UInt8>) throws(EventCodingError) {
    guard let publicID = PublicID(bytes: bytes) else {
      throw EventCodingError(.malformedField, "A public ID in an event has \(bytes.count) bytes instead of 16.")
    }
    self = publicID
  }
}

extension Sealed {
  /// Personal data sealed under a person's key.
  ///
  /// - Parameters:
  ///   - person: 16 bytes that name the key.
  ///   - box: nonce (12 bytes), ciphertext and tag (16 bytes).
  public init(person: some Sequence<UInt8>, box: some Sequence<UInt8>) {
    self.init()
    self.person = .init(person)
    self.box = .init(box)
  }

  /// The 16 bytes that name the person's key.
  public var personBytes: [UInt8] { .init(person) }

  /// Nonce, ciphertext and tag.
  public var boxBytes: [UInt8] { .init(box) }
}

// Remembered by threads, bit by bit, among what authenticates a connector.
extension RefreshRotation: BitwiseCopyable {}
