/// How far a backup, a restore or an archive has come.
public struct TransferProgress: Sendable {
  /// What is being done.
  public enum Stage: String, Sendable {
    /// Bytes are copied.
    case copying
    /// The bytes of files are hashed.
    case hashing
    /// Records are hashed anew, or rows checked.
    case verifying
    /// Projections are rebuilt, and compared.
    case rebuilding
    /// Records are written.
    case writing
    /// Records that a policy removes are looked for.
    case searching
    /// Records are removed from the live file.
    case pruning
  }

  public let stage: Stage
  /// How much is done, and of how much: bytes or records. What is not known beforehand is estimated; 0 where it cannot be.
  public let done: UInt64
  public let total: UInt64

  /// Called from whatever thread does the work; it must not block.
  public typealias Observer = @Sendable (TransferProgress) -> Void
}
