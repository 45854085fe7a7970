import Synchronization

/// What a subscription still gets once its log is closed: the records that were committed by then and that it has not read.
final class SubscriptionTail: Sendable {
  /// How many bytes are kept for a reader that is behind.
  static let byteLimit = 16 << 20

  private struct State {
    /// The first record that was not read.
    var next: PositionNumber
    var rest: ArraySlice<Record> = []
    /// Whether the rest is all there is.
    var isWhole = true
  }

  private let state: Mutex<State>

  init(next: PositionNumber) { state = Mutex(State(next: next)) }

  /// Notes that the records up to a position were read.
  func advance(beyond position: PositionNumber) { state.withLock { $0.next = position + 1 } }

  /// Keeps what was not read.
  ///
  /// - Parameter read: the records from a position on, with about so many bytes; nil where they cannot be read.
  func fill(_ read: (_ from: PositionNumber, _ byteLimit: Int) -> [Record]?) {
    state.withLock { state in
      let records = read(state.next, Self.byteLimit)
      state.rest = records?[...] ?? []
      state.isWhole = (records?.reduce(0) { $0 + $1.bytes.count }).map { $0 < Self.byteLimit } ?? false
    }
  }

  /// Takes the rest.
  ///
  /// - Parameter position: of the first record that is missing.
  /// - Throws: ``LogError/Code/closed`` where there were more than were kept, and the rest was taken.
  func take(from position: PositionNumber) throws(LogError) -> ArraySlice<Record> {
    let (rest, isWhole) = state.withLock { state in
      defer { state.rest = [] }
      return (state.rest.drop { $0.header.position < position }, state.isWhole)
    }
    guard !rest.isEmpty || isWhole else {
      throw LogError(
        .closed, "the ledger was closed before all events were read; go on from position \(position)", at: position)
    }
    return rest
  }
}

/// The subscriptions of a log that are in use.
final class SubscriptionTails: Sendable {
  private struct Reference {
    weak var tail: SubscriptionTail?
  }

  private let references = Mutex<[Reference]>([])

  /// Takes in another.
  func add(from next: PositionNumber) -> SubscriptionTail {
    let tail = SubscriptionTail(next: next)
    references.withLock { references in
      references.removeAll { $0.tail == nil }
      references.append(Reference(tail: tail))
    }
    return tail
  }

  /// Keeps for each what it has not read.
  func fill(_ read: (_ from: PositionNumber, _ byteLimit: Int) -> [Record]?) {
    let tails = references.withLock { $0.compactMap(\.tail) }
    for tail in tails { tail.fill(read) }
  }
}
