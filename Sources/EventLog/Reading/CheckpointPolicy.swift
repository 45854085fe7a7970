package import LedgerCrypto
package import TransparencyLog

/// When the writer signs the tree's head, as long as there is something new. It also does so when it closes.
public struct CheckpointPolicy: Sendable {
  /// After how many events.
  public var events: UInt64
  /// After how many milliseconds.
  public var interval: Milliseconds

  public init(events: UInt64 = 16_384, interval: Milliseconds = 10_000) {
    self.events = events
    self.interval = interval
  }
}

/// Signs the head of the tree.
///
/// - Parameters:
///   - size: number of events.
///   - root: root of the tree over them.
/// - Returns: a signed note (C2SP signed-note) around a checkpoint (C2SP tlog-checkpoint).
package typealias CheckpointSigning = @Sendable (_ size: UInt64, _ root: Digest) throws(LogError) -> String

/// Reads a checkpoint that was signed before, and checks whatever can be checked of it by itself: its form, its origin, and
/// that a key of the log has signed it.
package typealias CheckpointReading = @Sendable (_ note: String) throws(LogError) -> Checkpoint
