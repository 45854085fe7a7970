import EventLog
public import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections

/// A projection: state that is computed from the log.
public enum Projection: String, Sendable, CaseIterable {
  /// Accounts, phones, connectors, groups, grants.
  case directory
  /// What tokens depend on.
  case validity
  /// Which events concern whom.
  case audit

  var name: ProjectionName {
    switch self {
    case .directory: .directory
    case .validity: .validity
    case .audit: .audit
    }
  }

  init(_ name: ProjectionName) {
    switch name {
    case .directory: self = .directory
    case .validity: self = .validity
    case .audit: self = .audit
    }
  }
}

/// The live projections, compared with a replay of the log up to the same event.
public struct ProjectionReport: Sendable {
  /// How many events were replayed.
  public let events: UInt64
  /// One digest for each projection compared.
  public let live: [Projection: Digest]
  public let rebuilt: [Projection: Digest]
  /// The first row that differs; nil if none does.
  public let difference: RowDifference?

  public var matches: Bool { live == rebuilt }
}

/// A row that differs between a live projection and a replay.
public struct RowDifference: Sendable {
  public let projection: Projection
  /// The row's key, hashes cut short.
  public let key: String
  /// What the two sides have, personal data masked; nil where there is no such row.
  public let live: String?
  public let rebuilt: String?
  /// The event that touched the row last, as the log has it; nil if none did.
  public let event: (position: Position, type: EventType)?
}

extension Integrity {
  /// Rebuilds projections in a scratch folder beside the ledger and compares them with the live ones, by digest; where
  /// these differ, row by row, up to the first row that does.
  ///
  /// Takes as long as a rebuild, and as long again to find the event of a difference.
  ///
  /// ```swift
  /// let report = try await ledger.integrity.compareProjections()
  /// if let row = report.difference { print(row.key, row.live ?? "-", row.rebuilt ?? "-") }
  /// ```
  ///
  /// - Parameters:
  ///   - only: which projections; all unless given.
  ///   - progress: is called with how many events are done, of how many.
  /// - Throws: `damaged` where a record, or a live row, does not match its check; `storage`.
  public func compareProjections(
    only: Set<Projection> = Set(Projection.allCases),
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> ProjectionReport {
    let names = Set(only.map(\.name))
    let log = ledger.log
    let scratch = try await ledger.blocking { [ledger] () throws(LedgerError) in try ScratchFolder(of: ledger) }
    defer { scratch.remove() }
    let replay: ProjectionReplay
    let head = try ledger.head().rawValue
    do throws(LedgerError) {
      replay = try await ledger.replay(at: scratch.path, only: names)
      try await ledger.advance(replay, to: head) { progress($0, head) }
    } catch { throw scratch.placed(error) }
    defer { replay.close() }
    let comparison = ProjectionComparison(of: log, with: replay, only: names)
    return try await ledger.blocking { [ledger] () throws(LedgerError) in
      let second = try ScratchFolder(of: ledger)
      defer { second.remove() }
      return try logged { () throws(LogError) in
        let (head, live, rebuilt, first) = try comparison.run()
        var difference: RowDifference?
        if let first {
          let again = try ProjectionReplay(of: log, at: second.path, only: [first.projection])
          defer { again.close() }
          let position = try first.lastEvent(upTo: head, by: again) { progress($0, head) }
          difference = try ledger.describe(first, touchedBy: position, replay)
        }
        func named(_ digests: [ProjectionName: Digest]) -> [Projection: Digest] {
          Dictionary(uniqueKeysWithValues: digests.map { (Projection($0), $1) })
        }
        return ProjectionReport(events: head, live: named(live), rebuilt: named(rebuilt), difference: difference)
      }
    }
  }
}

extension Ledger {
  func replay(at path: String, only: Set<ProjectionName>) async throws(LedgerError) -> ProjectionReplay {
    let log = log
    return try await blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in try ProjectionReplay(of: log, at: path, only: only) }
    }
  }

  func advance(
    _ replay: ProjectionReplay, to end: UInt64, progress: @Sendable (UInt64) -> Void
  ) async throws(LedgerError) {
    var position: UInt64 = 0
    repeat {
      if Task.isCancelled {
        throw LedgerError(.cancelled, "the task was cancelled; what was replayed is kept where it was made")
      }
      position = try await blocking { () throws(LedgerError) in
        try logged { () throws(LogError) in try replay.advance(to: end) }
      }
      progress(position)
    } while position < end
  }

  // MARK: For people

  fileprivate func describe(
    _ difference: ProjectionDifference, touchedBy position: UInt64, _ replay: ProjectionReplay
  ) throws(LogError) -> RowDifference {
    var event: (Position, EventType)?
    if position > 0, let stamp = try log.snapshot().stamp(at: position) {
      event = (Position(position), EventType(rawValue: stamp.type))
    }
    var live = difference.live.map { Self.text($0, difference.projection) }
    var rebuilt = difference.rebuilt.map { Self.text($0, difference.projection) }
    if difference.projection == .directory, let subject = difference.object {
      // Fields say more than bytes, as long as both rows can be read.
      let now = try? log.snapshot().withState(orThrow: { $0 }) { (state) throws(LogError) in
        try state.shown(subject)
      }
      let made = try? replay.withState { (state) throws(LogError) in try state.shown(subject) }
      if let change = ObjectChange(subject, made ?? nil, now ?? nil), !change.fields.isEmpty {
        if live != nil { live = change.fields.map { "\($0.name) \($0.after.masked)" }.joined(separator: ", ") }
        if rebuilt != nil { rebuilt = change.fields.map { "\($0.name) \($0.before.masked)" }.joined(separator: ", ") }
      }
    }
    return RowDifference(
      projection: Projection(difference.projection), key: difference.key, live: live, rebuilt: rebuilt, event: event)
  }

  fileprivate static func text(_ bytes: [UInt8], _ projection: ProjectionName) -> String {
    switch projection {
    case .audit: "an entry"
    case .directory: "\(bytes.count) bytes, \(SHA256.hash(bytes).hex.prefix(8))"
    case .validity:
      standingText(bytes) ?? "\(bytes.count) bytes, \(SHA256.hash(bytes).hex.prefix(8))"
    }
  }

  fileprivate static func standingText(_ bytes: [UInt8]) -> String? {
    guard let standing = unsafe StandingCodec.decode(bytes.span.bytes) else { return nil }
    var words = [standing.kind.name, "scopes \(standing.scopes.rawValue)"]
    let parents = (0..<4).map { standing.parents[$0] }.filter { $0 != 0 }
    if !parents.isEmpty { words.append("on \(parents.map(String.init).joined(separator: " "))") }
    if standing.stoppedBy != 0 { words.append("stopped by \(standing.stoppedBy)") }
    if standing.floor != 0 { words.append("older stopped by \(standing.floor)") }
    if let credential = standing.credential {
      words.append("expires \(credential.expiresAt)")
      if credential.successor != 0 { words.append("replaced by \(credential.successor)") }
    }
    return words.joined(separator: ", ")
  }
}

extension LedgerState {
  fileprivate func shown(_ subject: Subject) throws(LogError) -> StateObject? {
    do throws(StateUnreadable) { return try object(subject, judgedAt: nil) } catch {
      throw LogError(.damagedProjection, error.description)
    }
  }
}

extension StateValue {
  /// The value in some words, personal data masked.
  fileprivate var masked: String {
    switch self {
    case .none: "-"
    case .flag(let flag): flag ? "yes" : "no"
    case .number(let number): "\(number)"
    case .text(let text): "\"\(text)\""
    case .time(let time): time.description
    case .object(let subject): subject.description
    case .list(let values): values.isEmpty ? "-" : values.map(\.masked).joined(separator: " ")
    case .personal: "***"
    }
  }
}
