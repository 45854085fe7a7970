public import LMDB

/// What went wrong in the log, and what to do about it. Two errors are equal when their codes are.
public struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure. More may come in later versions: a `switch` over codes needs a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name, as it is spelled in the source.
    public let description: String

    /// Storage failed; ``LogError/storage`` says how.
    public static let storage = Code(description: "storage")
    /// The folder holds no log.
    public static let notALedger = Code(description: "notALedger")
    /// The folder holds a log, or something else, where a new one was to be made.
    public static let alreadyExists = Code(description: "alreadyExists")
    /// The log was written by a newer program.
    public static let newerFormat = Code(description: "newerFormat")
    /// The name for the log cannot stand in a checkpoint.
    public static let invalidOrigin = Code(description: "invalidOrigin")
    /// A record is not what its position, its check or its hash says.
    public static let damagedRecord = Code(description: "damagedRecord")
    /// A record is needed that is no more in the live file, and the archive that has it is not at hand.
    public static let archived = Code(description: "archived")
    /// The tree and the records, or a signed checkpoint, contradict each other.
    public static let inconsistentTree = Code(description: "inconsistentTree")
    /// The log has fewer events than a checkpoint from elsewhere covers.
    public static let behindCheckpoint = Code(description: "behindCheckpoint")
    /// The log had another tree than a checkpoint from elsewhere says.
    public static let contradictsCheckpoint = Code(description: "contradictsCheckpoint")
    /// An event could not be encoded or decoded: it is of an unknown type, a newer version, or malformed.
    public static let unreadableEvent = Code(description: "unreadableEvent")
    /// A projection's row is missing or malformed.
    public static let damagedProjection = Code(description: "damagedProjection")
    /// A record would be larger than 65,535 bytes, or a field longer than its limit.
    public static let tooLarge = Code(description: "tooLarge")
    /// The queue of requests is full.
    public static let busy = Code(description: "busy")
    /// The wall clock was set by more than the tolerance while the log was open.
    public static let clockStepped = Code(description: "clockStepped")
    /// The wall clock was behind the newest event by more than the tolerance when the log was opened.
    public static let clockBehind = Code(description: "clockBehind")
    /// The task was cancelled before its request was queued.
    public static let cancelled = Code(description: "cancelled")
    /// The head is not where the caller expects it.
    public static let headMoved = Code(description: "headMoved")
    /// The idempotency key was used before, for another request.
    public static let idempotencyKeyReused = Code(description: "idempotencyKeyReused")
    /// The commit failed in a way that leaves open whether it is on disk.
    public static let outcomeUnknown = Code(description: "outcomeUnknown")
    /// An earlier failure stopped all writing until the log is opened again.
    public static let writingStopped = Code(description: "writingStopped")
    /// The log is closed, or open for reading only.
    public static let closed = Code(description: "closed")
    /// A key that is needed is missing, wrong or unreadable.
    public static let keyUnavailable = Code(description: "keyUnavailable")
    /// The key that signs checkpoints is kept elsewhere, and cannot sign now.
    public static let signingUnavailable = Code(description: "signingUnavailable")
    /// A person's key is gone, and no event says that the person was erased.
    public static let keysMissing = Code(description: "keysMissing")
  }

  /// The kind of failure.
  public let code: Code
  /// What is wrong and what to do, for an operator.
  public let reason: String
  /// The position concerned, where there is one.
  public let position: Position?
  /// The failure below, where storage failed.
  public let storage: LMDBError?

  public init(_ code: Code, _ reason: String, at position: Position? = nil, storage: LMDBError? = nil) {
    self.code = code
    self.reason = reason
    self.position = position
    self.storage = storage
  }

  /// Storage failed, or was closed.
  public init(_ storage: LMDBError) {
    self.init(
      storage.code == .closed ? .closed : .storage, "could not \(storage.operation): \(storage.reason)",
      storage: storage)
  }

  public static func == (one: LogError, other: LogError) -> Bool { one.code == other.code }

  /// The reason and the position, for an operator.
  public var text: String { position.map { "\(reason) (position \($0))" } ?? reason }

  /// The code, the position and the reason, in one line.
  public var description: String {
    "\(code)\(position.map { " at position \($0)" } ?? ""): \(reason)"
  }
}

/// Runs storage calls, turning their errors into those of the log.
@inlinable
@inline(__always)
package func stored<Result: ~Copyable>(_ body: () throws(LMDBError) -> Result) throws(LogError) -> Result {
  do { return try body() } catch { throw LogError(error) }
}
