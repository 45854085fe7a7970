import EventLog
public import LedgerDomain
public import LedgerEvents
import Projections

/// Which grants a review of access covers; by default all that are not revoked.
public struct GrantReview: Sendable {
  /// Only those given then or later.
  public var since: Timestamp?
  /// Only those given before then.
  public var until: Timestamp?
  /// Only those given at least so long ago, of which no token was used or issued to the program since.
  public var unusedFor: Duration?
  /// Only those to connectors whose owner's account is disabled or erased.
  public var isOwnerGone = false
  /// Only where the name of the connector or of the group has this text in it, in any case.
  public var name: String?

  public init() {}
}

/// A grant with its connector, its owner, its last use, and who gave it.
public struct ReviewedGrant: Sendable {
  /// Who gave a grant, and for which reason.
  public struct Approval: Sendable, Equatable {
    public let actor: Subject
    /// The account of the operator who was named for it; nil where nobody was.
    public let namedOperator: AccountID?
    /// Nil where nothing was said.
    public let reason: String?
    /// What it goes back to outside the ledger; nil where nothing was named.
    public let ticket: String?
  }

  public let state: GrantState
  public let connector: Connector
  /// Whether the account of the connector's owner is disabled or erased.
  public let isOwnerGone: Bool
  /// The group that it is for; nil where it is the granter's own access.
  public let group: Group?
  /// The newer of ``Grants/lastUse(of:)`` and of when a token was issued to its program; nil where there was neither.
  public internal(set) var lastUsed: Timestamp?
  /// What the event says that made it; nil where its record is in an archive that is not available.
  public internal(set) var approval: Approval?

  package var usage: Usage { Usage(last: lastUsed, since: state.grant.grantedAt) }
}

/// A page of a review.
public struct ReviewedGrants: Sendable {
  /// In the order in which they were given.
  public let grants: [ReviewedGrant]
  /// What to go on after; nil where that is all.
  public let next: GrantID?
}

extension Grants {
  /// What there is to review: grants that are not revoked, to connectors that are not deleted, in the order in which they were given.
  ///
  /// ```swift
  /// var unused = GrantReview()
  /// unused.unusedFor = .seconds(90 * 86_400)
  /// let reviewed = try await ledger.grants.toReview(unused)
  /// ```
  ///
  /// A page looks at `limit` grants, so that it may be shorter, or empty, where ``ReviewedGrants/next`` is not nil. Each costs
  /// some ten look-ups, about as many microseconds, and some leaps in the index of the audit trail; its connector, its group
  /// and the owner three more once a page. What is not written down yet of last uses does not count: see
  /// ``Tokens/flushLastUses()``.
  ///
  /// - Parameters:
  ///   - review: which grants.
  ///   - last: only grants that were given after that one: ``ReviewedGrants/next`` of the page before.
  ///   - limit: how many to look at, 1 to 10,000.
  /// - Throws: `invalid_value` for the limit; `damaged`, `storage`.
  public func toReview(
    _ review: GrantReview = GrantReview(), after last: GrantID? = nil, limit: Int = 1_000
  ) async throws(LedgerError) -> ReviewedGrants {
    guard (1...10_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 10,000", field: "limit")
    }
    let ledger = ledger
    return try await ledger.blocking(limit > 1_000 ? .long : .short) { () throws(LedgerError) in
      let view = try ledger.snapshot()
      let (grants, next) = try ledger.reading(in: view) { (state) throws(StateUnreadable) in
        let page = try state.grants(from: GrantID.following(last).rawValue, limit: limit)
        return (try state.reviewed(page, review), page.count == limit ? page.last?.id : nil)
      }
      return ReviewedGrants(grants: try ledger.completed(grants, review, in: view), next: next)
    }
  }

  /// As ``toReview(_:after:limit:)`` of some grants, in their order.
  package func toReview(of grants: [GrantID]) async throws(LedgerError) -> [ReviewedGrant] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let view = try ledger.snapshot()
      let reviewed = try ledger.reading(in: view) { (state) throws(StateUnreadable) in
        var rows: [Grant] = []
        for id in grants { if let grant = try state.grant(id) { rows.append(grant) } }
        return try state.reviewed(rows, GrantReview())
      }
      return try ledger.completed(reviewed, GrantReview(), in: view)
    }
  }
}

extension Ledger {
  /// Adds to reviewed grants what is beside the projections, and leaves out those that were used.
  fileprivate func completed(
    _ grants: [ReviewedGrant], _ review: GrantReview, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> [ReviewedGrant] {
    let now = try now
    let objects = grants.map { (subject: Subject($0.state.grant.id), since: $0.state.grant.grantedAt) }
    let uses = try usage(of: objects, in: view)
    var completed: [ReviewedGrant] = []
    for (found, usage) in zip(grants, uses) {
      if let unused = review.unusedFor, !usage.isUnused(for: unused, at: now) { continue }
      var grant = found
      grant.lastUsed = usage.last
      grant.approval = try approval(of: grant.state.grant.id, in: view)
      completed.append(grant)
    }
    return completed
  }

  private func approval(
    of grant: GrantID, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> ReviewedGrant.Approval? {
    do throws(LogError) {
      return try view.record(at: grant.rawValue).map { (record) throws(LogError) in
        try ReviewedGrant.Approval(record)
      }
    } catch {
      guard error.code == .archived else { throw LedgerError(error) }
      return nil
    }
  }
}

extension ReviewedGrant.Approval {
  /// Read from the record alone: its event is not decoded.
  fileprivate init(_ record: Record) throws(LogError) {
    let header = record.header
    guard let actor = Subject(header.actor) else {
      throw LogError(.unreadableEvent, "the kind of actor is not known; upgrade the program", at: header.position)
    }
    var named: AccountID?
    for index in 0..<header.subjects.count where named == nil {
      guard let subject = Subject(header.subjects[index]), subject.kind == .operator, subject.number > 0 else {
        continue
      }
      named = AccountID(rawValue: subject.number)
    }
    self.init(
      actor: actor, namedOperator: named,
      reason: record.reason.isEmpty ? nil : String(decoding: record.reason, as: UTF8.self),
      ticket: record.ticket.isEmpty ? nil : String(decoding: record.ticket, as: UTF8.self))
  }
}

extension LedgerState {
  /// Those of some grants that a review asks for, but for their last use. Reads each connector, owner and group once.
  fileprivate func reviewed(_ grants: [Grant], _ review: GrantReview) throws(StateUnreadable) -> [ReviewedGrant] {
    var known = ReviewedObjects(sought: review.name?.lowercased())
    var reviewed: [ReviewedGrant] = []
    for grant in grants where !grant.isRevoked {
      if let since = review.since, grant.grantedAt < since { continue }
      if let until = review.until, grant.grantedAt >= until { continue }
      guard let connector = try known.connector(grant.connector, self), !connector.row.isDeleted,
        connector.isOwnerGone || !review.isOwnerGone
      else { continue }
      let group = try grant.group.flatMap { (id) throws(StateUnreadable) in try known.group(id, self) }
      guard connector.isNamed || group?.isNamed ?? false else { continue }
      let denialReason = try LedgerDomain.denialReason(forGrant: grant.id, newestFamily: grant.family, in: self)
      reviewed.append(
        ReviewedGrant(
          state: GrantState(grant: grant, denialReason: denialReason), connector: connector.row,
          isOwnerGone: connector.isOwnerGone, group: group?.row))
    }
    return reviewed
  }
}

/// The connectors and groups of the grants of a page, each read once.
private struct ReviewedObjects {
  /// What is looked for in names, in lower case; nil where any fits.
  let sought: String?
  private var connectors: [ConnectorID: (row: Connector, isOwnerGone: Bool, isNamed: Bool)] = [:]
  private var groups: [GroupID: (row: Group, isNamed: Bool)] = [:]

  init(sought: String?) { self.sought = sought }

  private func fits(_ name: String) -> Bool { sought.map { name.lowercased().contains($0) } ?? true }

  mutating func connector(
    _ id: ConnectorID, _ state: borrowing LedgerState
  ) throws(StateUnreadable) -> (row: Connector, isOwnerGone: Bool, isNamed: Bool)? {
    if let known = connectors[id] { return known }
    guard let row = try state.connector(id) else { return nil }
    let owner = try state.account(row.owner)
    let found = (
      row: row, isOwnerGone: owner.map { $0.isDisabled || $0.isErased } ?? true, isNamed: fits(row.details.name)
    )
    connectors[id] = found
    return found
  }

  mutating func group(
    _ id: GroupID, _ state: borrowing LedgerState
  ) throws(StateUnreadable) -> (row: Group, isNamed: Bool)? {
    if let known = groups[id] { return known }
    guard let row = try state.group(id) else { return nil }
    let found = (row: row, isNamed: fits(row.name))
    groups[id] = found
    return found
  }
}
