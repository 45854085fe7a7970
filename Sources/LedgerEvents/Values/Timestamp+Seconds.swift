extension Timestamp {
  /// Seconds since the Unix epoch, as Foundation's `Date` takes them: `Date(timeIntervalSince1970: time.secondsSince1970)`.
  /// Exact to the millisecond for all times of RFC 3339.
  public var secondsSince1970: Double { Double(rawValue) / 1_000 }

  /// The nearest millisecond to a moment in seconds since the Unix epoch, as Foundation's `Date` has it:
  /// `Timestamp(secondsSince1970: date.timeIntervalSince1970)`. The first or the last moment where a number is beyond all;
  /// the epoch for what is no number.
  public init(secondsSince1970 seconds: Double) {
    let milliseconds = (seconds * 1_000).rounded()
    if milliseconds.isNaN {
      self.init(rawValue: 0)
    } else {
      self.init(rawValue: Int64(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max))
    }
  }
}
