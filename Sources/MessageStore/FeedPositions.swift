/// Where those who tell others of messages and events keep how far they have come, each by a name of its own.
///
/// A position is kept after what it stands for is durable elsewhere: so after a crash some may be told twice, and none is left
/// out. ``MessageStore`` keeps positions with the messages, ``PositionStore`` alone, for a server with another backend.
public protocol FeedPositions: Sendable {
  /// How far somebody has come; nil for one who never said.
  ///
  /// - Throws: `unavailable`, `failed`.
  func cursor(_ name: String) async throws(MessagingError) -> UInt64?

  /// Keeps how far somebody has come. Durable on return.
  ///
  /// - Parameter name: 1 to 500 bytes.
  /// - Throws: `unavailable`, `failed`.
  func setCursor(_ name: String, to position: UInt64) async throws(MessagingError)

  /// Forgets how far somebody has come. Doing it again does no harm.
  ///
  /// - Throws: `unavailable`, `failed`.
  func removeCursor(_ name: String) async throws(MessagingError)

  /// How far those have come whose names begin so, in the order of their names.
  ///
  /// - Throws: `unavailable`, `failed`.
  func cursors(beginning prefix: String) async throws(MessagingError) -> [(name: String, position: UInt64)]
}
