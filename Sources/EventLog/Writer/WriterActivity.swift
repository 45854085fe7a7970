import Synchronization

/// How often a measured value lay in each of a row of ranges.
package struct CommitHistogram: Sendable, Equatable {
  /// The upper end of each range, which belongs to it; a last range has none.
  package let bounds: [Double]
  /// One more than there are bounds.
  package private(set) var counts: [UInt64]
  /// Of all values.
  package private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = [UInt64](repeating: 0, count: bounds.count + 1)
  }

  mutating func note(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}

/// What a writer has committed since it was started.
package struct WriterActivity: Sendable {
  /// Events, by the number of their type; 0 counts those above ``typeLimit``.
  package fileprivate(set) var events = [UInt64](repeating: 0, count: Self.typeLimit)
  /// Events in each commit.
  package fileprivate(set) var batches = CommitHistogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096])
  /// How long each commit took, its sync included, in seconds.
  package fileprivate(set) var commits = CommitHistogram([
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
  ])

  package static let typeLimit = 256
}

/// Events of one batch by their type, counted without allocating.
@usableFromInline
struct EventCounts {
  private var counts = InlineArray<256, UInt32>(repeating: 0)

  init() {}

  mutating func note(_ type: UInt16) {
    let slot = Int(type) < WriterActivity.typeLimit ? Int(type) : 0
    counts[slot] &+= 1
  }

  fileprivate func add(to events: inout [UInt64]) {
    for slot in 0..<WriterActivity.typeLimit where counts[slot] > 0 { events[slot] += UInt64(counts[slot]) }
  }
}

/// Counts what a writer commits: one lock a commit.
final class WriterMeter: Sendable {
  private let activity = Mutex(WriterActivity())

  var all: WriterActivity { activity.withLock { $0 } }

  func note(_ counts: EventCounts, events: UInt64, commit: Duration) {
    let seconds = Double(commit.components.seconds) + Double(commit.components.attoseconds) / 1e18
    activity.withLock {
      counts.add(to: &$0.events)
      $0.batches.note(Double(events))
      $0.commits.note(seconds)
    }
  }
}
