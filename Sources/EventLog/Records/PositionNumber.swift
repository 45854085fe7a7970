/// Where an event is in the log, as the log and its projections keep it in keys and rows: 1 for the first, without gaps.
/// The position of the newest event is the number of events, and the size of the Merkle tree; the leaf index of RFC 6962
/// is one less. Callers of the library get a type of its own, `Position`.
@usableFromInline package typealias PositionNumber = UInt64

/// Milliseconds since the Unix epoch, in UTC.
public typealias Milliseconds = Int64

/// How the log tells the time.
///
/// - Returns: milliseconds since the Unix epoch. It may jump: the log never lets recorded time run backwards.
public typealias Clock = @Sendable () -> Milliseconds
