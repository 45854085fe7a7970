import EventLog
public import LedgerDomain
public import LedgerEvents
import Projections

/// The state of a ledger as it was right after a past event: a reader like the ledger itself, over a scratch copy of what
/// changed since a snapshot, or over a replay in a folder.
///
/// The scratch copy is private, has no name in the file system, and goes with the value: ``close()`` it, or let it go out
/// of use. Nobody who is erased by now is found in it. Calls answer at once, each after a few look-ups; any thread may
/// make them while the ledger is open.
///
/// ```swift
/// let state = try await ledger.history.state(at: .time(yesterday))
/// if let grant = try state.grant(id), try state.denialReason(for: grant.id) == nil { print("was in force") }
/// state.close()
/// ```
public final class PastState: Sendable {
  let ledger: Ledger
  private let source: Source
  /// The position of the last event that counts.
  public let position: Position
  /// The time that validity is judged by: what was asked for, or when that event was recorded.
  public let time: Timestamp

  private enum Source: Sendable {
    case scratch(PastProjections)
    case folder(ProjectionReplay)
  }

  init(_ ledger: Ledger, _ past: PastProjections, at time: Timestamp) {
    self.ledger = ledger
    source = .scratch(past)
    position = Position(past.position)
    self.time = time
  }

  init(_ ledger: Ledger, _ replay: ProjectionReplay, _ position: Position, at time: Timestamp) {
    self.ledger = ledger
    source = .folder(replay)
    self.position = position
    self.time = time
  }

  /// The position of the snapshot that the replay began with; nil where it began with the first event, or was read from a
  /// folder.
  public var snapshot: Position? {
    if case .scratch(let past) = source { past.snapshot.map { Position($0.position) } } else { nil }
  }

  /// Gives back the scratch copy, or closes the folder; further calls throw `closed`.
  public func close() {
    switch source {
    case .scratch(let past): past.close()
    case .folder(let replay): replay.close()
    }
  }

  func reading<Result>(
    _ body: (borrowing LedgerState) throws(StateUnreadable) -> Result
  ) throws(LedgerError) -> Result {
    func attempt(_ state: borrowing LedgerState) throws(LogError) -> Swift.Result<Result, StateUnreadable> {
      do throws(StateUnreadable) { return .success(try body(state)) } catch { return .failure(error) }
    }
    let outcome = try logged { () throws(LogError) in
      switch source {
      case .scratch(let past): try past.withState(orThrow: { $0 }, attempt)
      case .folder(let replay): try replay.withState(attempt)
      }
    }
    do throws(StateUnreadable) { return try outcome.get() } catch { throw LedgerError(error) }
  }

  // MARK: Objects

  /// An account; nil if it was not registered yet.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func account(_ id: AccountID) throws(LedgerError) -> Account? {
    try reading { (state) throws(StateUnreadable) in try state.account(id) }
  }

  /// A connector, deleted or not; nil if it was not created yet.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func connector(_ id: ConnectorID) throws(LedgerError) -> Connector? {
    try reading { (state) throws(StateUnreadable) in try state.connector(id) }
  }

  /// A group, deleted or not; nil if it was not created yet.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func group(_ id: GroupID) throws(LedgerError) -> Group? {
    try reading { (state) throws(StateUnreadable) in try state.group(id) }
  }

  /// A grant, revoked or not; nil if it was not given yet.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func grant(_ id: GrantID) throws(LedgerError) -> Grant? {
    try reading { (state) throws(StateUnreadable) in try state.grant(id) }
  }

  /// Whether a token of either kind was valid at ``time``, if it was presented.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func verdict(on token: TokenID) throws(LedgerError) -> Verdict {
    let time = time
    return try reading { (state) throws(StateUnreadable) in try judge(handle: token, at: time, in: state) }
  }

  /// Why nothing that depends on a grant could be done; nil if it was in force.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func denialReason(for grant: GrantID) throws(LedgerError) -> Verdict.Reason? {
    try reading { (state) throws(StateUnreadable) in
      try LedgerDomain.denialReason(for: Subject(grant), in: state)
    }
  }

  /// An object, field by field, with whether it was in force; nil if there was none.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func object(_ subject: Subject) throws(LedgerError) -> StateObject? {
    let time = time
    return try reading { (state) throws(StateUnreadable) in try state.object(subject, judgedAt: time) }
  }

  /// What objects are listed.
  public enum Selection: String, Sendable, CaseIterable {
    case connectors
    case groups
    case grants
    /// Access and refresh tokens, each as it is.
    case tokens
    case accounts
  }

  /// Objects in the order in which they were made, deleted ones included.
  ///
  /// ```swift
  /// let page = try await state.objects(.grants, after: lastPage.last?.subject.number ?? 0)
  /// ```
  ///
  /// - Parameters:
  ///   - number: only objects with a greater one: that of the last of the page before.
  ///   - limit: 1 to 10,000. A list of tokens reads the headers of all events in between.
  /// - Throws: `invalid_value` of the limit; `closed`, `busy`, `damaged`, `storage`.
  public func objects(
    _ selection: Selection, after number: UInt64 = 0, limit: Int = 1_000
  ) async throws(LedgerError) -> [StateObject] {
    guard (1...10_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 10,000", field: "limit")
    }
    return try await ledger.blocking { [self] () throws(LedgerError) in
      let subjects = try subjects(selection, after: number, limit)
      return try reading { (state) throws(StateUnreadable) in
        var objects: [StateObject] = []
        for subject in subjects {
          if let object = try state.object(subject, judgedAt: time) { objects.append(object) }
        }
        return objects
      }
    }
  }

  private func subjects(
    _ selection: Selection, after number: UInt64, _ limit: Int
  ) throws(LedgerError) -> [Subject] {
    let kind: SubjectKind
    switch selection {
    case .connectors: kind = .connector
    case .groups: kind = .group
    case .grants: kind = .grant
    case .accounts: kind = .account
    case .tokens: return try tokens(after: number, limit)
    }
    return try reading { (state) throws(StateUnreadable) in
      try state.numbers(of: kind, from: .following(number), limit: limit).map { Subject(kind: kind, number: $0) }
    }
  }

  private func tokens(after number: UInt64, _ limit: Int) throws(LedgerError) -> [Subject] {
    let last = position.rawValue
    guard number < last else { return [] }
    return try logged { () throws(LogError) in
      var tokens: [Subject] = []
      // Of most records the stamp beside them tells the type.
      try ledger.log.snapshot().forEachRecord(in: number + 1...last) { (place) throws(LogError) in
        guard let kind = Self.kind(ofTokenMadeBy: place.stamp.type) else { return true }
        guard tokens.count < limit else { return false }
        tokens.append(Subject(kind: kind, number: place.position))
        return true
      } _: { (header, _) throws(LogError) in
        guard tokens.count < limit else { return false }
        if let kind = Self.kind(ofTokenMadeBy: header.type) {
          tokens.append(Subject(kind: kind, number: header.position))
        }
        return true
      }
      return tokens
    }
  }

  private static func kind(ofTokenMadeBy type: UInt16) -> SubjectKind? {
    switch EventType(rawValue: type) {
    case .tokenIssued: .token
    case .refreshTokenIssued, .refreshTokenRotated: .family
    default: nil
    }
  }
}

extension History {
  /// The state right after a past event, or at a time.
  ///
  /// Replays the events since the nearest snapshot: in a release build some 400,000 a second, and some millions where they
  /// issue tokens. With the default ``SnapshotPolicy`` that is a second or less, whatever the size of the ledger.
  ///
  /// ```swift
  /// let state = try await ledger.history.state(at: .position(1_000))
  /// ```
  ///
  /// - Parameter progress: is called with how many events are done, of how many, those in the snapshot counted as done.
  /// - Throws: `invalid_value` for a moment before the ledger began or to come; `damaged` where a snapshot or a record is;
  ///   `cancelled`; `storage`.
  public func state(
    at moment: LedgerMoment,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> PastState {
    let position = try ledger.position(of: moment)
    let past = try await ledger.past(before: position.rawValue)
    try await ledger.advance(past, to: position.rawValue, progress: progress)
    if case .time(let time) = moment { return PastState(ledger, past, at: time) }
    let time = moment == .latest ? try ledger.now : try ledger.time(of: position)
    return PastState(ledger, past, at: time ?? Timestamp(milliseconds: 0))
  }

  /// The state that a replay left in a folder, as far as it had come: see ``Integrity/replay(to:into:only:fromSnapshot:progress:)``.
  ///
  /// Nothing is replayed, so it is there at once. A person who was erased since the folder was made is no longer named in
  /// it, but may still be found by a hash: remove the folder then.
  ///
  /// ```swift
  /// let left = try await ledger.history.state(in: "/var/tmp/yesterday")
  /// ```
  ///
  /// - Parameter folder: holds a replay of all projections of this ledger.
  /// - Throws: `not_found` where the folder holds nothing that was replayed; `already_exists` where it holds something else,
  ///   such as a replay of another ledger or of some projections; `damaged`, `storage`.
  public func state(in folder: String) async throws(LedgerError) -> PastState {
    guard Folder.exists("\(folder)/data.mdb") else {
      throw LedgerError(.notFound, "\(folder) holds no replay; make one, or check the path", field: "in")
    }
    let log = ledger.log
    let (replay, position) = try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let replay = try ProjectionReplay(reading: folder, of: log)
        return (replay, Position(try replay.position()))
      }
    }
    guard position > 0, let time = try ledger.time(of: position) else {
      replay.close()
      throw LedgerError(.notFound, "\(folder) holds a replay that was only begun; go on with it", field: "in")
    }
    return PastState(ledger, replay, position, at: time)
  }
}

extension Ledger {
  /// Begins a replay with the nearest snapshot.
  func past(before position: UInt64) async throws(LedgerError) -> PastProjections {
    let (log, keeper) = (log, snapshotKeeper)
    return try await blocking { () throws(LedgerError) in
      let scratch = keeper.scratch()
      // Open files outlive their names.
      defer { TemporaryFiles.forget(scratch) }
      try ScratchFolder.requireWritable(for: scratch)
      return try logged { () throws(LogError) in
        try PastProjections(of: log, before: position, from: keeper.storeForReading(), scratch: scratch)
      }
    }
  }

  /// Goes on with a replay, a piece at a time.
  func advance(
    _ past: PastProjections, to position: UInt64,
    progress: @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) {
    while past.position < position {
      if Task.isCancelled { throw LedgerError(.cancelled, "the task was cancelled; nothing was changed") }
      try await blocking { () throws(LedgerError) in
        try logged { () throws(LogError) in try past.advance(to: position) }
      }
      progress(past.position, position)
    }
  }
}
