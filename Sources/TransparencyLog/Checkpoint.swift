public import LedgerCrypto

/// What a log commits to: its whole content at one size (C2SP tlog-checkpoint).
public struct Checkpoint: Sendable {
  /// Which log it is; it should look like an address without its scheme, such as `example.com/log`.
  public let origin: String
  /// The number of entries in the log.
  public let size: UInt64
  /// The root of the Merkle tree over those entries.
  public let root: Digest
  /// Further lines, whose meaning is up to the log.
  public let extensions: [String]

  /// Puts a checkpoint together.
  ///
  /// - Parameters:
  ///   - origin: not empty, without line ends and other control characters.
  ///   - size: the number of entries.
  ///   - root: the root at that size.
  ///   - extensions: lines under the same rule as `origin`; the specification advises against any.
  /// - Throws: ``TransparencyError`` with code `malformedCheckpoint` if `origin` or an extension breaks that rule.
  public init(
    origin: String, size: UInt64, root: Digest, extensions: [String] = []
  ) throws(TransparencyError) {
    guard ([origin] + extensions).allSatisfy({ !$0.isEmpty && NoteGrammar.isLine($0) }) else {
      throw TransparencyError(
        .malformedCheckpoint, "A checkpoint's lines must not be empty or have control characters.")
    }
    self.origin = origin
    self.size = size
    self.root = root
    self.extensions = extensions
  }

  /// Reads a checkpoint from the text of a note.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedCheckpoint` unless the text is exactly what ``noteText`` gives
  ///   for some checkpoint.
  public init(noteText: String) throws(TransparencyError) {
    let lines = noteText.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
    guard lines.count >= 4, let size = UInt64(lines[1]),
      let root = Base64.decode(lines[2]).flatMap({ Digest(bytes: $0) })
    else { throw Self.malformed }
    try self.init(origin: lines[0], size: size, root: root, extensions: Array(lines[3..<(lines.count - 1)]))
    guard self.noteText.utf8.elementsEqual(noteText.utf8) else { throw Self.malformed }
  }

  private static let malformed = TransparencyError(
    .malformedCheckpoint, "A checkpoint is the lines origin, size and root, and perhaps further ones.")

  /// The text of the note that carries the checkpoint.
  public var noteText: String {
    ([origin, String(size), Base64.encode(root.bytes)] + extensions).map { $0 + "\n" }.joined()
  }
}

extension Checkpoint: Equatable {
  /// Whether two checkpoints are the same, byte for byte.
  public static func == (left: Checkpoint, right: Checkpoint) -> Bool {
    left.noteText.utf8.elementsEqual(right.noteText.utf8)
  }
}
