import EventLog
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// Why something was valid at a time, or was not: the events that led there.
public struct Explanation: Sendable {
  /// An event that made an object on the way, or changed how it stands.
  public struct Step: Sendable, Equatable {
    public let position: Position
    public let time: Timestamp
    public let type: EventType
    /// The object that it made or changed.
    public let object: Subject
    /// Who caused it.
    public let actor: Subject
    /// The account of the operator who was named for it; nil where nobody was.
    public let namedOperator: AccountID?
    /// Why it was asked for; nil where nothing was said.
    public let reason: String?
    /// What it goes back to outside the ledger; nil where nothing was named.
    public let ticket: String?
  }

  /// What was asked about; nil where a text is no token of this ledger.
  public let subject: Subject?
  /// The time that was asked about.
  public let time: Timestamp
  /// The newest event that counted.
  public let position: Position
  /// Why it was not valid; nil if it was.
  public let denialReason: Verdict.Reason?
  /// What a valid token says.
  public let claims: Verdict.Claims?
  /// In the order of the log: from the accounts and the phone on to the token itself.
  public let steps: [Step]
  /// The event that decided: the first of those that stop or replace it; where it is valid or expired, the one that made it.
  public let decidedBy: Step?
  /// Of a token that expired, the first event that had stopped or replaced it as well, or did so later; nil where none did.
  public let stoppedBy: Step?
  /// The later events of which each alone would stop or replace it too.
  public let alsoStoppedBy: [Step]
  /// Why the first of the events that stop it does so; nil where none does.
  let firstReason: Verdict.Reason?

  public var isValid: Bool { denialReason == nil }

  /// The event that made what was asked about; nil where there was no such thing then.
  public var made: Step? {
    guard let subject else { return nil }
    return steps.first { step in
      step.position.rawValue == subject.number && EventType.creates(step.type.rawValue, subject.kind.rawValue)
    }
  }
}

extension Ledger {
  /// What is explained.
  public enum Explained: Sendable {
    /// A token by its text, an access or a refresh token.
    case presented(String)
    /// A token by its public handle.
    case token(TokenID)
    case grant(GrantID)
    case connector(ConnectorID)
    case account(AccountID)
    case group(GroupID)
  }

  /// Explains why something is valid or not, now or at a time in the past.
  ///
  /// Every object on the way is brought to where it stood then, by replaying its own events from the audit trail; so the
  /// verdict is the one that was given then.
  ///
  /// ```swift
  /// let explanation = try await ledger.explain(.token(handle), at: yesterday)
  /// for step in explanation.steps { print(step.position, step.type) }
  /// ```
  ///
  /// - Parameter time: events recorded until then count; nil is now.
  /// - Throws: `archived` where an event on the way is in an archive that is not available; `damaged` or `storage`.
  public func explain(_ explained: Explained, at time: Timestamp? = nil) async throws(LedgerError) -> Explanation {
    let time = if let time { time } else { try now }
    return try await explain(explained, at: time, until: nil)
  }

  /// Explains why something was valid or not right after a past event, or at a time: a position tells apart events that
  /// were recorded at the same time.
  ///
  /// ```swift
  /// let before = try await ledger.explain(.token(handle), at: .position(revocation - 1))
  /// ```
  ///
  /// - Throws: as ``explain(_:at:)-(_,Timestamp?)``; `invalid_value` for a position beyond the head, or a time to come.
  public func explain(_ explained: Explained, at moment: LedgerMoment) async throws(LedgerError) -> Explanation {
    let position = try position(of: moment)
    let time: Timestamp? =
      switch moment {
      case .time(let time): time
      case .position: try self.time(of: position)
      case .latest: try now
      }
    return try await explain(explained, at: time ?? Timestamp(milliseconds: 0), until: position)
  }

  private func explain(
    _ explained: Explained, at time: Timestamp, until end: Position?
  ) async throws(LedgerError) -> Explanation {
    var presented: (kind: TokenKind, token: TokenFormat.Presented)?
    let subject: Subject
    switch explained {
    case .presented(let text):
      guard let token = try tokenFormat.read(opaque(text)) else {
        return Explanation(
          subject: nil, time: time, position: 0, denialReason: .malformed, claims: nil, steps: [], decidedBy: nil,
          stoppedBy: nil, alsoStoppedBy: [], firstReason: nil)
      }
      presented = token
      subject = Subject(token.token.handle)
    case .token(let id): subject = Subject(id)
    case .grant(let id): subject = Subject(id)
    case .connector(let id): subject = Subject(id)
    case .account(let id): subject = Subject(id)
    case .group(let id): subject = Subject(id)
    }
    return try await blocking(.short) { [self, presented] () throws(LedgerError) in
      let (history, position) = try logged { () throws(LogError) in
        let view = try log.snapshot()
        let position = if let end { end } else { Position(try StandingHistory.position(at: time, in: view)) }
        return (try StandingHistory(of: subject.number, until: position.rawValue, in: view), position)
      }
      let verdict = try read { () throws(StateUnreadable) -> Verdict? in
        guard subject.kind == .token else { return nil }
        let handle = TokenID(rawValue: subject.number)
        guard let presented else { return try judge(handle: handle, at: time, in: history) }
        return try judge(
          handle: handle, digest: presented.token.digest, as: presented.kind, at: time, in: history)
      }
      let (reason, claims): (Verdict.Reason?, Verdict.Claims?) =
        switch verdict {
        case .valid(let claims): (nil, claims)
        case .invalid(let reason): (reason, nil)
        case nil: (try read { () throws(StateUnreadable) in try denialReason(for: subject, in: history) }, nil)
        }
      let found = try read { () throws(StateUnreadable) in try Self.stops(subject, at: time, in: history) }
      let steps = try history.changes.map { (change) throws(LedgerError) in
        try logged { () throws(LogError) in try Explanation.Step(change) }
      }
      let stops = found.map { (step: steps[$0.index], reason: $0.reason) }
      let isHidden = if case .expired = reason { true } else { false }
      let decisive: Position? =
        switch reason {
        case .malformed, .unknown: nil
        case nil, .expired, .wrongKind, .anotherConnector, .wrongKey, .otherAudience: Position(subject.number)
        case .stopped, .replaced: stops.first?.step.position ?? reason?.event
        }
      return Explanation(
        subject: subject, time: time, position: position, denialReason: reason, claims: claims, steps: steps,
        decidedBy: steps.first { $0.position == decisive }, stoppedBy: isHidden ? stops.first?.step : nil,
        alsoStoppedBy: reason == nil ? [] : stops.dropFirst().map(\.step), firstReason: stops.first?.reason)
    }
  }

  /// The changes, by their place in the history, of which each alone would keep something from being valid, in the order of the log. Expiry does not count:
  /// it is looked at first, and hides what else is in the way.
  private static func stops(
    _ subject: Subject, at time: Timestamp, in history: StandingHistory
  ) throws(StateUnreadable) -> [(index: Int, reason: Verdict.Reason)] {
    let expiry = try history.standing(of: subject.number)?.credential?.expiresAt
    let moment = expiry.map { min(time, $0 - .milliseconds(1)) } ?? time
    var stops: [(index: Int, reason: Verdict.Reason)] = []
    for (index, change) in history.changes.enumerated() where change.position > subject.number {
      let alone = history.stoppedOnly(by: change.position)
      let reason =
        expiry == nil
        ? try denialReason(for: subject, in: alone)
        : try judge(handle: TokenID(rawValue: subject.number), at: moment, in: alone).reason
      if let reason { stops.append((index, reason)) }
    }
    return stops
  }
}

extension Verdict {
  /// Why it is invalid; nil where it is valid.
  package var reason: Reason? { if case .invalid(let reason) = self { reason } else { nil } }
}

extension Explanation {
  /// Why it was not valid, for people: all of it where several events stop it, or it expired besides. Nil if it was valid.
  package var denialText: String? {
    guard let denialReason else { return nil }
    let also = alsoStoppedBy.map { "\($0.position)" }
    let later = also.isEmpty ? "" : "; later also by event \(also.joined(separator: ", "))"
    guard case .expired(let end) = denialReason else { return (firstReason ?? denialReason).text + later }
    guard let stoppedBy else { return denialReason.text }
    let verb =
      switch stoppedBy.type {
      case .refreshTokenRotated: "replaced"
      case .tokenRevoked, .permissionRevoked: "revoked"
      default: "stopped"
      }
    let order = stoppedBy.time < end ? "before" : "later"
    return "\(denialReason.text); \(verb) \(order), by event \(stoppedBy.position)\(later)"
  }
}

extension Explanation.Step {
  init(_ change: StandingHistory.Change) throws(LogError) {
    let entry = try AuditEntry(change.record)
    self.init(
      position: Position(change.position), time: change.time, type: change.type, object: change.object,
      actor: entry.actor, namedOperator: entry.namedOperator, reason: entry.reason, ticket: entry.ticket)
  }
}

extension Verdict.Reason {
  /// The event that stopped or replaced it.
  fileprivate var event: Position? {
    switch self {
    case .stopped(_, let position): position
    case .replaced(let successor): successor.position
    case .malformed, .unknown, .wrongKind, .expired, .anotherConnector, .wrongKey, .otherAudience: nil
    }
  }

  /// The reason in some words, for people.
  package var text: String {
    switch self {
    case .malformed: "no token of this ledger"
    case .unknown: "unknown"
    case .wrongKind: "of the other kind"
    case .expired(let time): "expired at \(time)"
    case .replaced(let successor): "replaced by \(successor)"
    case .stopped(let subject, let position): "\(subject) stopped by the event at \(position)"
    case .anotherConnector: "another connector's"
    case .wrongKey: "presented without the key that it is bound to, or with one though it is bound to none"
    case .otherAudience: "restricted to other resource servers"
    }
  }
}
