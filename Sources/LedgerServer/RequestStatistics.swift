import HTTPTypes
import Synchronization

/// How many requests there were, by route and status, and how long they took.
final class RequestStatistics: Sendable {
  /// Bounds of the histogram's buckets, in seconds.
  static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  struct Key: Hashable, Sendable {
    let method: String
    /// The route's pattern, never the path as it came.
    let route: String
    let status: Int
  }

  struct Latencies: Sendable {
    var counts = [UInt64](repeating: 0, count: RequestStatistics.bounds.count + 1)
    var sum = 0.0

    fileprivate mutating func note(_ bucket: Int, _ seconds: Double) {
      counts[bucket] += 1
      sum += seconds
    }
  }

  private let latencies = Mutex<[Key: Latencies]>([:])
  private let refused = Mutex<[Int: UInt64]>([:])

  func note(_ key: Key, seconds: Double) {
    let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    latencies.withLock { $0[key, default: Latencies()].note(bucket, seconds) }
  }

  /// All that was noted, in the order of the routes.
  var all: [(key: Key, latencies: Latencies)] {
    latencies.withLock { $0.map { (key: $0.key, latencies: $0.value) } }
      .sorted { ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status) }
  }

  /// Counts a request that was refused before a route had read it.
  ///
  /// - Parameter status: what its client is told.
  func noteRefusal(_ status: Int) { refused.withLock { $0[status, default: 0] += 1 } }

  /// How many there were of those, in the order of the statuses.
  var refusals: [(status: Int, count: UInt64)] {
    refused.withLock { $0.map { (status: $0.key, count: $0.value) } }.sorted { $0.status < $1.status }
  }
}
