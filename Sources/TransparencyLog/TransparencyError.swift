/// Why something about the log could not be read, proved or signed.
///
/// Two errors are equal when their codes are. The reason says what to do and holds no secret.
public struct TransparencyError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    /// The rows of a Merkle tree's edge do not fit its size.
    public static let corruptEdge = Code("corruptEdge")
    /// A tile, an entry bundle or the path of one does not have its form.
    public static let malformedTile = Code("malformedTile")
    /// An entry is too long for an entry bundle, or a bundle is full.
    public static let bundleOverflow = Code("bundleOverflow")
    /// A signed note does not have its form, or is beyond the limits.
    public static let malformedNote = Code("malformedNote")
    /// A key name or the text of a verifier key does not have its form.
    public static let malformedKey = Code("malformedKey")
    /// A note's text is not that of a checkpoint, or a value cannot stand in one.
    public static let malformedCheckpoint = Code("malformedCheckpoint")
    /// A signature by a known key is not its signature of the note.
    public static let invalidSignature = Code("invalidSignature")
    /// No known key has signed the note, or the one that must has not.
    public static let missingSignature = Code("missingSignature")
    /// The checkpoint is of another log.
    public static let wrongOrigin = Code("wrongOrigin")
    /// A signer could not sign.
    public static let signingFailed = Code("signingFailed")

    public var description: String { name }
  }

  /// What kind of failure it was.
  public let code: Code
  /// What was wrong, and what to do about it.
  public let reason: String

  /// Makes an error; the reason must hold nothing secret.
  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

extension TransparencyError: Equatable {
  /// Whether two errors have the same code.
  public static func == (left: TransparencyError, right: TransparencyError) -> Bool { left.code == right.code }
}

extension TransparencyError: CustomStringConvertible {
  public var description: String { "\(code): \(reason)" }
}
