import EventLog
import KeyStore
public import LedgerEvents
import Projections

/// Who did what, and when.
public struct Audit: Sendable {
  let ledger: Ledger

  /// In which order events are found.
  public enum Order: Sendable {
    case newestFirst
    case oldestFirst
  }

  /// A page of a search, and where the next begins.
  public struct Page: Sendable {
    /// What was found, in the order that was asked for.
    public let entries: [AuditEntry]
    /// What was found as well, in the same order, and is in an archive that is not available: with
    /// ``LedgerConfiguration/archive`` these are among the entries. Of a request, what has the same hash as its ID.
    public let archived: [ArchivedEvent]
    /// After which position to go on in the same order: an event's position never changes, so this holds however many
    /// events arrive meanwhile. Nil once everything there was has been looked at.
    public let next: Position?
    /// The newest event that there was.
    public let head: Position
    /// How many steps it took, see ``Audit/stepLimit``.
    public let steps: Int
    /// How many events might have come from the address that was asked for, but this can no longer be known: the person was
    /// erased, or the record is in an archive that is not available.
    public let undecided: Int
  }

  /// How many steps a search takes at most, unless more are asked for. A step is one record that is read, or one leap in
  /// an index: about a microsecond each, some five where an address has to be opened.
  public static let stepLimit = 1_000_000

  /// Searches the log.
  ///
  /// Actors, subjects, types and requests are in an index. Where several must hold, their positions are intersected, the
  /// rarest of them deciding how much is read; times become positions by a binary search. So the latest fifty of any one
  /// of them take well under a millisecond, however long the log is. Addresses are sealed, each under its own person's
  /// key, and have no index: an address is looked for in every record that fits the rest of the filter. A search that
  /// runs out of steps returns what it has, and says by ``Page/next`` that there is more to look at.
  ///
  /// ```swift
  /// let filter = Audit.Filter.connector(id).and(.type(.tokenIssued)).and(.recorded(since: yesterday))
  /// var page = try await ledger.audit.search(filter)
  /// while let next = page.next { page = try await ledger.audit.search(filter, after: next) }
  /// ```
  ///
  /// - Parameters:
  ///   - filter: which events.
  ///   - order: the newest first, or the oldest.
  ///   - after: only events that come after this position in that order: ``Page/next`` of the answer before.
  ///   - limit: how many to return at most, 1 to 10,000.
  ///   - steps: how many steps to take at most, 1 or more.
  /// - Throws: `invalid_value`; `damaged`, never an answer that leaves something out; `storage`, `closed`.
  public func search(
    _ filter: Filter = .all, order: Order = .newestFirst, after: Position? = nil, limit: Int = 50,
    steps: Int = Audit.stepLimit
  ) async throws(LedgerError) -> Page {
    try await search(filter, order, after, limit, steps) { (page, _) throws(LedgerError) in page }
  }

  /// Searches the log, and says what the numbers in the answer stand for at the same moment: both see the same events.
  ///
  /// ```swift
  /// let (page, description) = try await ledger.audit.describedSearch(.connector(id))
  /// ```
  ///
  /// Personal data stays sealed: see ``Ledger/disclose(_:for:by:context:)``.
  ///
  /// - Throws: as ``search(_:order:after:limit:steps:)`` and ``describe(_:under:)``.
  public func describedSearch(
    _ filter: Filter = .all, order: Order = .newestFirst, after: Position? = nil, limit: Int = 50,
    steps: Int = Audit.stepLimit
  ) async throws(LedgerError) -> (page: Page, description: Description) {
    let ledger = ledger
    return try await search(filter, order, after, limit, steps) { (page, view) throws(LedgerError) in
      (page, try ledger.describe(page.entries, under: nil, in: view))
    }
  }

  /// - Parameter body: given the page and the moment that it is of.
  private func search<Answer: Sendable>(
    _ filter: Filter, _ order: Order, _ after: Position?, _ limit: Int, _ steps: Int,
    _ body: @escaping @Sendable (Page, borrowing LogSnapshot<ProjectionSet>) throws(LedgerError) -> Answer
  ) async throws(LedgerError) -> Answer {
    guard (1...10_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 10,000", field: "limit")
    }
    guard steps > 0 else { throw LedgerError(.invalidValue, "steps: expected 1 or more", field: "steps") }
    let ledger = ledger
    // An address has no index, so it is looked for in all that fits the rest.
    return try await ledger.blocking(filter.asksForAddress ? .long : .short) { () throws(LedgerError) in
      let view = try ledger.snapshot()
      let page = try logged { () throws(LogError) in
        try ledger.search(
          filter, ascending: order == .oldestFirst, after: after, limit: limit, steps: steps, in: view)
      }
      return try body(page, view)
    }
  }

  /// The newest events that a filter lets pass, newest first; as ``search(_:order:after:limit:steps:)``, with as many
  /// steps as it takes.
  ///
  /// ```swift
  /// let entries = try await ledger.audit.latest(50, of: .connector(connector.id).and(.recorded(since: yesterday)))
  /// let older = try await ledger.audit.latest(50, of: .connector(connector.id), before: entries.last?.position)
  /// ```
  ///
  /// - Parameters:
  ///   - limit: 1 to 10,000.
  ///   - before: only events at smaller positions: the last of an answer, to get the ones that follow it.
  /// - Throws: `archived` where one of them is in an archive that is not available; as
  ///   ``search(_:order:after:limit:steps:)``, which tells these apart.
  public func latest(
    _ limit: Int = 50, of filter: Filter = .all, before: Position? = nil
  ) async throws(LedgerError) -> [AuditEntry] {
    let page = try await search(filter, after: before, limit: limit, steps: .max)
    try page.requireWhole()
    return page.entries
  }
}

extension Audit.Page {
  /// - Throws: `archived` where something was found that is in an archive which is not at hand.
  func requireWhole() throws(LedgerError) {
    guard let event = archived.first else { return }
    throw LedgerError(
      .archived,
      "the record was removed from the live file: it is in segment \(event.place.segment) of the archive; name the archive's "
        + "folder", position: event.position)
  }
}

extension Ledger {
  /// The audit trail.
  public var audit: Audit { Audit(ledger: self) }

  fileprivate func search(
    _ filter: Audit.Filter, ascending: Bool, after: Position?, limit: Int, steps: Int,
    in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> Audit.Page {
    let head = try view.head()
    var left = steps
    var entries: [AuditEntry] = []
    var archived: [ArchivedEvent] = []
    var undecided = 0
    var next: UInt64?
    if let range = try range(of: filter, ascending: ascending, after: after, in: view) {
      let search = AuditSearch(groups: try groups(of: filter, in: view), range: range, ascending: ascending)
      next = try view.auditTrail().search(search, budget: &left, in: view) { (position) throws(LogError) in
        if log.archive == nil, let place = try view.archivedPlace(at: position) {
          if filter.asksForAddress { undecided += 1 } else { archived.append(ArchivedEvent(place)) }
          return entries.count + archived.count < limit
        }
        guard let record = try view.record(at: position) else { return true }
        guard let fits = try self.fits(record, filter) else {
          undecided += 1
          return true
        }
        if fits { entries.append(try AuditEntry(record)) }
        return entries.count + archived.count < limit
      }
    }
    return Audit.Page(
      entries: entries, archived: archived, next: next.map { Position($0) }, head: Position(head), steps: steps - left,
      undecided: undecided)
  }

  /// Where to look; nil where there is nothing to look at.
  func range(
    of filter: Audit.Filter, ascending: Bool, after: Position?, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> ClosedRange<UInt64>? {
    var (first, last) = (UInt64(1), UInt64.max)
    let before: Duration = .milliseconds(1)
    if let since = filter.since { first = try StandingHistory.position(at: since - before, in: view) + 1 }
    if let until = filter.until { last = try StandingHistory.position(at: until - before, in: view) }
    if let after = after?.rawValue, ascending {
      guard after < .max else { return nil }
      first = max(first, after + 1)
    } else if let after = after?.rawValue {
      guard after > 0 else { return nil }
      last = min(last, after - 1)
    }
    return first <= last ? first...last : nil
  }

  /// What the index is asked: an event must have one term of each group.
  func groups(
    of filter: Audit.Filter, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> [[AuditTerm]] {
    var groups: [[AuditTerm]] = []
    for condition in filter.conditions {
      switch condition {
      case .terms(var terms):
        for term in terms { terms += try tokensRevoked(under: term, in: view) }
        groups.append(terms)
      case .requests(let ids): groups.append(ids.map { .request($0.utf8) })
      case .numbers(let numbers):
        var terms: [AuditTerm] = []
        for number in numbers { terms += try self.terms(of: number, in: view) }
        groups.append(terms)
      case .addresses: break
      }
    }
    return groups
  }

  /// The access tokens that were revoked by themselves, of a family that is asked about: their events name the grant, and
  /// not the family.
  private func tokensRevoked(
    under term: AuditTerm, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> [AuditTerm] {
    guard let subject = term.concerned, subject.kind == SubjectKind.family.rawValue,
      case .refreshTokenIssued(let made) = try atHand({ () throws(LogError) in
        try view.record(at: subject.number)?.event
      })
    else { return [] }
    let search = AuditSearch(
      groups: [
        [.subject(LogSubject(Subject(GrantID(rawValue: made.grant))))], [.type(EventType.tokenRevoked.rawValue)],
      ], range: subject.number...max(subject.number, try view.head()), ascending: true)
    var terms: [AuditTerm] = []
    var budget = Int.max
    _ = try view.auditTrail().search(search, budget: &budget, in: view) { (position) throws(LogError) in
      let revoked = try atHand { () throws(LogError) in try view.record(at: position)?.event }
      guard case .tokenRevoked(let event) = revoked, event.reach == .token else { return true }
      let issued = try atHand { () throws(LogError) in try view.record(at: event.target)?.event }
      guard case .tokenIssued(let token) = issued, token.family == subject.number else { return true }
      terms.append(.subject(LogSubject(Subject(TokenID(rawValue: event.target)))))
      return true
    }
    return terms
  }

  /// An event; nil also where it is in an archive that is not available, and nobody can tell what it says.
  private func atHand(_ event: () throws(LogError) -> LedgerEvent?) throws(LogError) -> LedgerEvent? {
    do throws(LogError) { return try event() } catch {
      guard error.code == .archived else { throw error }
      return nil
    }
  }

  /// Whether a record that the index found is one that is meant; nil where that can no longer be told.
  func fits(_ record: Record, _ filter: Audit.Filter) throws(LogError) -> Bool? {
    for condition in filter.conditions {
      switch condition {
      case .terms, .numbers: continue
      case .requests(let ids):
        guard ids.contains(where: { record.requestID.elementsEqual($0.utf8) }) else { return false }
      case .addresses(let addresses):
        guard !record.address.isEmpty else { return false }
        if !filter.withheld.isEmpty, filter.withheld.contains(Array(record.address.prefix(PersonID.byteCount))) {
          return false
        }
        guard let opened = try open(address: record.address, at: record.header.position) else { return nil }
        guard addresses.contains(where: { opened.elementsEqual($0.utf8) }) else { return false }
      }
    }
    return true
  }

  private func open(address: ArraySlice<UInt8>, at position: UInt64) throws(LogError) -> [UInt8]? {
    guard let person = PersonID(bytes: Array(address.prefix(PersonID.byteCount))) else {
      throw LogError(.unreadableEvent, "the name of a person's key is malformed", at: position)
    }
    do throws(LedgerError) {
      return try opened(by: person) { () throws(KeyStoreError) in
        try keyStore.vault.open(
          SealedValue(person: person, box: Array(address.dropFirst(PersonID.byteCount))), purpose: .originAddress)
      }
    } catch { throw LogError(error.code == .keysMissing ? .keysMissing : .keyUnavailable, error.reason, at: position) }
  }
}
