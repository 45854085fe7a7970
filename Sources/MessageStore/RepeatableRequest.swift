public import CredentialLedger

/// What a client asks to post and may ask again, as it got no answer: within ``retention`` it gets the answer of the first time,
/// and nothing is posted twice.
public struct RepeatableRequest: Sendable {
  /// For how long it is known, in milliseconds: a day.
  public static let retention: Int64 = 86_400_000
  /// How many bytes a key may have.
  public static let keyLimit = 255

  /// Whose key it is: others may use the same text.
  public let connector: ConnectorID?
  public let author: AccountID
  /// What the client calls the request.
  public let key: String
  /// The SHA-256 of everything that it asks for.
  public let digest: Digest
  /// What the answer says besides the message's reference, given again as it was. Sealed under the author's key.
  public var answer: [UInt8]

  /// - Parameters:
  ///   - key: 1 to ``keyLimit`` printable ASCII characters.
  ///   - content: everything that the client asks for, of which the digest is kept.
  /// - Throws: `invalid` for a malformed key.
  public init(
    key: String, connector: ConnectorID?, author: AccountID, content: [UInt8], answer: [UInt8] = []
  ) throws(MessagingError) {
    guard 1...Self.keyLimit ~= key.utf8.count, key.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
      throw MessagingError(
        .invalid, "Idempotency-Key: expected 1 to \(Self.keyLimit) printable ASCII characters without blanks",
        field: "Idempotency-Key")
    }
    (self.key, self.connector, self.author) = (key, connector, author)
    digest = SHA256.hash(content)
    self.answer = answer
  }
}

/// What came of a request that may be repeated: the same each time.
public struct PostedOnce: Sendable, Equatable {
  public let reference: PublicID
  /// What the first request said of its answer.
  public let answer: [UInt8]

  public init(reference: PublicID, answer: [UInt8]) {
    self.reference = reference
    self.answer = answer
  }
}
