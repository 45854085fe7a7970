/// When snapshots of the state are made beside the writer.
///
/// A state of the past is computed from the snapshot before it: only the events in between are replayed. A snapshot holds
/// what changed since the one before, and nothing for a token that was only issued: some 200 bytes for each object that
/// changed. So all of them together take about as much room as the objects of the directory, and as
/// much again for each time they change between two snapshots.
public struct SnapshotPolicy: Sendable, Equatable {
  /// How many events lie between two; 0 makes none. A replay takes about a second for so many, and far less where most
  /// of them issue tokens.
  public var events: UInt64
  /// How many bytes they may take together: when so many are in use, no more are made.
  public var byteLimit: UInt64

  public init(events: UInt64 = 500_000, byteLimit: UInt64 = 4 << 30) {
    self.events = events
    self.byteLimit = byteLimit
  }

  /// Makes none.
  public static let never = SnapshotPolicy(events: 0)
}
