import LMDB

/// Something about readers that an operator should know of.
public enum ReaderNotice: Sendable, Equatable {
  /// Processes died while they read; what they kept from being reused is free again.
  case died(count: Int)
  /// A read transaction of this process has been open for so long that the file grows because of it.
  case long(age: Duration, commitsBehind: UInt64)
}

/// When readers are checked, and what is called then.
public struct ReaderPolicy: Sendable {
  /// How often the writer looks, in milliseconds, as long as there is something to write.
  public var interval: Milliseconds
  /// From what age on a read transaction is long.
  public var limit: Duration
  /// Called on the writer's thread: it must not block, nor use the log.
  public var notice: @Sendable (ReaderNotice) -> Void

  public init(
    interval: Milliseconds = 10_000, limit: Duration = .seconds(60),
    notice: @escaping @Sendable (ReaderNotice) -> Void = { _ in }
  ) {
    self.interval = interval
    self.limit = limit
    self.notice = notice
  }
}

/// Looks after readers from time to time: those that died are cleared away, those that stay too long are told of.
///
/// Every snapshot keeps the pages of its state from being reused, so a forgotten one makes the file grow.
struct ReaderWatch {
  private let environment: Environment
  private let policy: ReaderPolicy
  /// A moment of the monotonic clock; the first look is at opening.
  private var next: Milliseconds = .min

  init(_ environment: Environment, _ policy: ReaderPolicy) {
    self.environment = environment
    self.policy = policy
  }

  /// Looks, if it is time to. What cannot be found out is left for the next time: nothing depends on it.
  mutating func look(now: Milliseconds) {
    guard now >= next else { return }
    next = now.addingReportingOverflow(max(policy.interval, 0)).overflow ? .max : now + max(policy.interval, 0)
    if let dead = try? environment.checkForDeadReaders(), dead > 0 { policy.notice(.died(count: dead)) }
    for read in (try? environment.reads(openLongerThan: policy.limit)) ?? [] {
      policy.notice(.long(age: read.age, commitsBehind: read.commitsBehind))
    }
  }
}
