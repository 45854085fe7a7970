public import LMDB

/// What went wrong in the log, and what to do about it. Two errors are equal when their codes are.
@usableFromInline package struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure. More may come in later versions: a `switch` over codes needs a default.
  @usableFromInline package struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name, as it is spelled in the source.
    @usableFromInline package let description: String

    /// Storage failed; ``LogError/storage`` says how.
    package static let storage = Code(description: "storage")
    /// The folder holds no log.
    package static let notALedger = Code(description: "notALedger")
    /// The folder holds a log, or something else, where a new one was to be made.
    package static let alreadyExists = Code(description: "alreadyExists")
    /// The log was written by a newer program.
    package static let newerFormat = Code(description: "newerFormat")
    /// The name for the log cannot stand in a checkpoint.
    package static let invalidOrigin = Code(description: "invalidOrigin")
    /// A record is not what its position, its check or its hash says.
    package static let damagedRecord = Code(description: "damagedRecord")
    /// A record is needed that is no longer in the live file, and the archive that has it is not at hand.
    package static let archived = Code(description: "archived")
    /// The tree and the records, or a signed checkpoint, contradict each other.
    package static let inconsistentTree = Code(description: "inconsistentTree")
    /// The log has fewer events than a checkpoint from elsewhere covers.
    package static let behindCheckpoint = Code(description: "behindCheckpoint")
    /// The log had another tree than a checkpoint from elsewhere says.
    package static let contradictsCheckpoint = Code(description: "contradictsCheckpoint")
    /// An event could not be encoded or decoded: it is of an unknown type, a newer version, or malformed.
    package static let unreadableEvent = Code(description: "unreadableEvent")
    /// A projection's row is missing or malformed.
    package static let damagedProjection = Code(description: "damagedProjection")
    /// A record would be larger than 65,535 bytes, or a field longer than its limit.
    @usableFromInline package static let tooLarge = Code(description: "tooLarge")
    /// The queue of requests is full.
    @usableFromInline package static let busy = Code(description: "busy")
    /// The wall clock was set by more than the tolerance while the log was open.
    package static let clockStepped = Code(description: "clockStepped")
    /// The wall clock was behind the newest event by more than the tolerance when the log was opened.
    package static let clockBehind = Code(description: "clockBehind")
    /// The task was cancelled before its request was queued.
    @usableFromInline package static let cancelled = Code(description: "cancelled")
    /// The head is not where the caller expects it.
    package static let headMoved = Code(description: "headMoved")
    /// The idempotency key was used before, for another request.
    package static let idempotencyKeyReused = Code(description: "idempotencyKeyReused")
    /// The commit failed in a way that leaves open whether it is on disk.
    package static let outcomeUnknown = Code(description: "outcomeUnknown")
    /// An earlier failure stopped all writing until the log is opened again.
    @usableFromInline package static let writingStopped = Code(description: "writingStopped")
    /// The log is closed, or open for reading only.
    package static let closed = Code(description: "closed")
    /// A key that is needed is missing, wrong or unreadable.
    package static let keyUnavailable = Code(description: "keyUnavailable")
    /// The key that signs checkpoints is kept elsewhere, and cannot sign now.
    package static let signingUnavailable = Code(description: "signingUnavailable")
    /// A person's key is gone, and no event says that the person was erased.
    package static let keysMissing = Code(description: "keysMissing")
  }

  /// The kind of failure.
  package let code: Code
  /// What is wrong and what to do, for an operator.
  package let reason: String
  /// The position concerned, where there is one.
  package let position: PositionNumber?
  /// The failure below, where storage failed.
  package let storage: LMDBError?

  @usableFromInline package init(
    _ code: Code, _ reason: String, at position: PositionNumber? = nil, storage: LMDBError? = nil
  ) {
    self.code = code
    self.reason = reason
    self.position = position
    self.storage = storage
  }

  /// Storage failed, or was closed.
  @usableFromInline package init(_ storage: LMDBError) {
    self.init(
      storage.code == .closed ? .closed : .storage, "could not \(storage.operation): \(storage.reason)",
      storage: storage)
  }

  @usableFromInline package static func == (one: LogError, other: LogError) -> Bool { one.code == other.code }

  /// The reason and the position, for an operator.
  package var text: String { position.map { "\(reason) (position \($0))" } ?? reason }

  /// The code, the position and the reason, in one line.
  @usableFromInline package var description: String {
    "\(code)\(position.map { " at position \($0)" } ?? ""): \(reason)"
  }
}

/// Runs storage calls, turning their errors into those of the log.
@inlinable
@inline(__always)
package func stored<Result: ~Copyable>(_ body: () throws(LMDBError) -> Result) throws(LogError) -> Result {
  do { return try body() } catch { throw LogError(error) }
}
