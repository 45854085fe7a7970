/// When the tree's head is to be signed next. Times are moments of the monotonic clock, in milliseconds.
struct CheckpointSchedule: Sendable {
  private let policy: CheckpointPolicy
  /// Size of the newest signed checkpoint; 0 before the first.
  private(set) var signedSize: PositionNumber
  /// When to sign whatever is new then.
  private var deadline: Milliseconds?
  /// Whether the last attempt failed: then only the next deadline, or being asked, leads to another.
  private var hasFailed = false

  /// - Parameters:
  ///   - signedSize: size of the newest signed checkpoint.
  ///   - size: number of events in the log.
  init(_ policy: CheckpointPolicy, signedSize: PositionNumber, size: PositionNumber, now: Milliseconds) {
    self.policy = policy
    self.signedSize = signedSize
    if size > signedSize { deadline = Self.moment(policy.interval, after: now) }
  }

  /// When to sign a log of `size` events without being asked; nil while the newest checkpoint covers them all.
  func deadline(size: PositionNumber) -> Milliseconds? { size > signedSize ? deadline : nil }

  /// Whether a checkpoint over `size` events is due.
  func isDue(size: PositionNumber, now: Milliseconds) -> Bool {
    guard size > signedSize else { return false }
    if let deadline, now >= deadline { return true }
    return !hasFailed && size - signedSize >= policy.events
  }

  /// Takes note of new events.
  mutating func noteAppended(now: Milliseconds) {
    if deadline == nil { deadline = Self.moment(policy.interval, after: now) }
  }

  /// Takes note of a checkpoint over everything.
  mutating func noteSigned(size: PositionNumber) {
    signedSize = size
    deadline = nil
    hasFailed = false
  }

  /// Takes note of an attempt that failed: the next is an interval away.
  mutating func noteFailed(now: Milliseconds) {
    deadline = Self.moment(policy.interval, after: now)
    hasFailed = true
  }

  /// At least a millisecond, so that nothing is tried again in a circle; and without overflow, for "never".
  private static func moment(_ interval: Milliseconds, after now: Milliseconds) -> Milliseconds {
    let (moment, overflow) = now.addingReportingOverflow(max(interval, 1))
    return overflow ? .max : moment
  }
}
