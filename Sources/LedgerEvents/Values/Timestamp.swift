/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (as in POSIX).
@frozen
public struct Timestamp: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// Milliseconds since the Unix epoch; below 0 for moments before it.
  public var rawValue: Int64

  /// The moment that many milliseconds after the Unix epoch.
  @inlinable
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The moment that many milliseconds after the Unix epoch.
  @inlinable
  public init(milliseconds: Int64) { self.init(rawValue: milliseconds) }

  /// Milliseconds since the Unix epoch; the same as ``rawValue``.
  @inlinable
  public var milliseconds: Int64 { rawValue }
}

extension Timestamp {
  /// The moment that many seconds after the Unix epoch; the nearest that there is a number for where there is none, as for
  /// seconds that came from elsewhere.
  public init(seconds: Int64) { self = Timestamp(milliseconds: 0) + .seconds(seconds) }

  /// Whether RFC 3339 can write the moment: it lies in the years 0000 to 9999 in UTC.
  public var isWritable: Bool { Timestamp.writable.contains(self) }
}

extension Timestamp: Comparable {
  @inlinable
  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.rawValue < right.rawValue }
}

// Lifetimes come from people and from other programs. A sum that no 64-bit number can hold stays at the last moment
// that one can, millions of years away: it must neither trap nor wrap round into the past.
extension Timestamp {
  /// The moment `duration` later; what is finer than a millisecond is dropped.
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = time.rawValue.addingReportingOverflow(duration.wholeMilliseconds)
    return Timestamp(rawValue: overflow ? (time.rawValue < 0 ? .min : .max) : sum)
  }

  /// The moment `duration` earlier; what is finer than a millisecond is dropped.
  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    let (difference, overflow) = time.rawValue.subtractingReportingOverflow(duration.wholeMilliseconds)
    return Timestamp(rawValue: overflow ? (time.rawValue < 0 ? .min : .max) : difference)
  }

  /// How long after `right` the moment `left` is; below zero if it is before.
  public static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.rawValue) - .milliseconds(right.rawValue)
  }

  /// The moment a duration later.
  public static func += (time: inout Timestamp, duration: Duration) { time = time + duration }
  /// The moment a duration earlier.
  public static func -= (time: inout Timestamp, duration: Duration) { time = time - duration }
}

extension Duration {
  /// Milliseconds, rounded towards zero; the nearest limit of Int64 where it has no room for them.
  fileprivate var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return overflow || carry ? (seconds < 0 ? .min : .max) : sum
  }
}
