import CredentialLedger
import HTTPSupport
import Hummingbird
import LedgerOperations

/// Who may do what where: all grants, for auditors and operators, and those of one's own groups for admins.
extension ManagementPortal {
  /// A grant as it is reviewed.
  private struct Reviewed: Sendable {
    let state: GrantState
    let connector: Connector
    let group: Group?
    let usage: Usage
    let owner: String
    let granter: String
    let decision: ReviewDecisionShown?
    /// Whether the viewer may revoke it; everybody who sees it may keep it.
    let mayRevoke: Bool

    /// Whether nobody decided about it for 90 days.
    func isOpen(at now: Timestamp) -> Bool { decision.map { now - $0.time > ManagementPortal.decidedFor } ?? true }
  }

  /// How many grants a page has.
  private static let reviewLimit = 200
  /// After how long a decision is due again.
  private static let decidedFor = Duration.seconds(90 * 86_400)

  /// Grants that the viewer may see, in the order in which they were given.
  ///
  /// - Parameters:
  ///   - after: the last grant of the page before.
  ///   - limit: nil for all.
  private func seen(
    by viewer: Viewer, after: UInt64, limit: Int?
  ) async throws(LedgerError) -> (grants: [ReviewedGrant], hasMore: Bool) {
    let limit = limit ?? .max
    guard viewer.readsAll else {
      var states: [GrantState] = []
      for group in try ledger.groups.joined(by: viewer.id) {
        if try isAdmin(viewer, of: group.id) { states += try ledger.grants.states(of: group.id) }
      }
      let grants = states.map(\.grant.id).filter { $0.rawValue > after }.sorted()
      return (try await ledger.grants.toReview(of: Array(grants.prefix(limit))), grants.count > limit)
    }
    var grants: [ReviewedGrant] = []
    var last = after == 0 ? nil : GrantID(rawValue: after)
    repeat {
      // One more than a page has says that there are more. Those that are revoked are ignored, and cost a read.
      let size = grants.isEmpty && limit < 1_000 ? limit + 1 : 1_000
      let page = try await ledger.grants.toReview(after: last, limit: size)
      grants += page.grants
      last = page.next
    } while last != nil && grants.count <= limit
    return (Array(grants.prefix(limit)), grants.count > limit)
  }

  /// The same, with what the page says of each.
  private func reviewed(
    _ viewer: Viewer, after: UInt64 = 0, limit: Int? = nil
  ) async throws(PortalFailure) -> (shown: [Reviewed], hasMore: Bool) {
    try await asking { () async throws(LedgerError) -> ([Reviewed], Bool) in
      let (grants, hasMore) = try await seen(by: viewer, after: after, limit: limit)
      let now = try ledger.now
      let people = Set(grants.flatMap { [Subject($0.state.grant.granter), Subject($0.connector.owner)] })
      let leave = try await leave(to: viewer, .subjects(people.sorted { $0.number < $1.number }))
      let labels = try await ledger.audit.labels(of: people, under: leave)
      let decisions = try await decisions(about: grants.map(\.state.grant.id))
      var reviewed: [Reviewed] = []
      for item in grants {
        let grant = item.state.grant
        var mayRevoke = viewer.account.role == .operator || item.connector.owner == viewer.id
        if grant.granter == viewer.id { mayRevoke = true }
        if !mayRevoke, let group = grant.group { mayRevoke = try isAdmin(viewer, of: group) }
        reviewed.append(
          Reviewed(
            state: item.state, connector: item.connector, group: item.group,
            usage: item.usage,
            owner: labels[Subject(item.connector.owner)]?.name ?? item.connector.owner.description,
            granter: labels[Subject(grant.granter)]?.name ?? grant.granter.description,
            decision: decisions[grant.id], mayRevoke: mayRevoke))
      }
      // What is to be decided comes first on its page.
      return (reviewed.filter { $0.isOpen(at: now) } + reviewed.filter { !$0.isOpen(at: now) }, hasMore)
    }
  }

  func reviewPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await reviewAnswer(visit, viewer, problems: [], decided: 0)
  }

  /// - Parameter decided: how many decisions of a form that has problems were recorded.
  func reviewAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem], decided: Int
  ) async throws(PortalFailure) -> Response {
    let (all, hasMore) = try await reviewed(
      viewer, after: visit.query.number("after") ?? 0, limit: Self.reviewLimit)
    let (now, signed) = (try now, signed)
    let rows = all.map { item -> HTML in
      let grant = item.state.grant
      return #"""
        <tr><th scope="row">\#(Part.name(item.connector.details.name))<small>owned by \#(Part.name(item.owner))</small></th><td data-label="Where">\#(item.group.map { Part.name($0.name) } ?? "All groups of its granter")</td><td data-label="May use">\#(grant.scopes.words)</td><td data-label="Let in by">\#(Part.name(item.granter))<small>\#(Part.exact(grant.grantedAt))</small></td><td data-label="Last used">\#(item.usage.cell(at: now))</td><td data-label="State">\#(item.state.isInForce ? Part.status("good", "In force") : Part.status("bad", "Stopped"))</td><td data-label="Proof">\#(Part.proof(grant.id.position, signed: signed))</td><td data-label="Decision">\#(decisionCell(grant.id, item.decision, mayRevoke: item.mayRevoke, visit, problems: problems, now: now))</td></tr>
        """#
    }
    let more: HTML =
      hasMore
      ? #"<p class="pager"><a href="?after=\#(all.map(\.state.grant.id.rawValue).max() ?? 0)">Next</a></p>"# : .empty
    let open = all.count { $0.isOpen(at: now) }
    let due = all.compactMap(\.decision?.time).min().map { $0 + Self.decidedFor }
    let undecided: HTML =
      open > 0
      ? "\(Part.count(open, "grant")) to decide"
      : "Nothing to decide.\(due.map { " The next grant is due on \(Part.exact($0))." as HTML } ?? .empty)"
    let saved: HTML = when(
      decided > 0, Part.notice("none", "\(Part.count(decided, "decision")) recorded; those below were not."))
    let table: HTML = #"""
      <form class="stack" method="post" action="/portal/review" novalidate aria-labelledby="decide">\#(viewer.token)<h2 id="decide">\#(undecided)</h2>\#(saved)\#(Part.problems(problems))
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Grants</caption><thead><tr><th scope="col">Connector</th><th scope="col">Where</th><th scope="col">May use</th><th scope="col">Let in by</th><th scope="col">Last used</th><th scope="col">State</th><th scope="col">Proof</th><th scope="col">Decision</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      <p class="hint">A decision is an event with your name and reason. What is revoked stops at once.</p>
      <div class="button-row"><button class="button button-main">Save decisions</button></div></form>
      """#
    var lines = all.prefix(3).map { "credledger grant list \($0.connector.id.description)" }
    if all.contains(where: \.mayRevoke) { lines.append("credledger grant revoke GRANT --reason REASON") }
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Access review", below: "<p>Every grant with the person who gave it, what it allows and when it was last used.</p>", buttons: all.isEmpty ? .empty : #"<a class="button" href="/portal/review.csv">Download CSV</a>"#))
      \#(all.isEmpty ? #"<div class="card"><p>There is no grant to review.</p></div>"# as HTML : matrix(all, visit, now: now) + table)
      \#(more)
      \#(Part.commandLine(lines))
      """#
    return .html(
      layout().page(Page("Access review", at: .review, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// How many connectors the matrix has, unless all are asked for.
  static let matrixLimit = 12

  /// The busiest of some connectors, the busiest first: those that were used in most groups within 90 days, and of those alike the
  /// one that was used last.
  ///
  /// - Parameter uses: when each was last used in each of its groups; nil where it never was.
  static func busiest(_ uses: [ConnectorID: [Timestamp?]], at now: Timestamp) -> [ConnectorID] {
    let ranked = uses.map { use -> (id: ConnectorID, groups: Int, last: Int64) in
      let known: [Timestamp] = use.value.compactMap { $0 }
      let last: Int64 = known.max()?.milliseconds ?? .min
      return (use.key, known.count { now - $0 < Usage.unusedAfter }, last)
    }
    let sorted = ranked.sorted { one, other in
      (one.groups, one.last, other.id.rawValue) > (other.groups, other.last, one.id.rawValue)
    }
    return sorted.map { $0.id }
  }

  /// That the matrix has the busiest connectors only, with the way to all.
  static func matrixCut(to shown: Int, of count: Int, all link: String) -> HTML {
    #"<p class="soft">The busiest \#(shown) of \#(count) connectors. <a href="\#(link)">Show all connectors</a></p>"#
  }

  /// That the matrix has some of the groups only; the table of grants, which is below it, has all.
  static func matrixRowsCut(to shown: Int, of count: Int) -> HTML {
    #"<p class="soft">The first \#(shown) of \#(count) groups. The grants of all of them are below.</p>"#
  }

  /// Groups and connectors, each cell with the time since the last use.
  private func matrix(_ all: [Reviewed], _ visit: Visit, now: Timestamp) -> HTML {
    let inGroups = all.filter { $0.group != nil && $0.state.isInForce }
    guard !inGroups.isEmpty else { return .empty }
    var groups: [(GroupID, String)] = []
    var names: [ConnectorID: String] = [:]
    var uses: [ConnectorID: [Timestamp?]] = [:]
    // A connector has one grant in a group at most.
    var grants: [GroupID: [ConnectorID: Reviewed]] = [:]
    for item in inGroups {
      guard let group = item.group else { continue }
      if grants[group.id] == nil { groups.append((group.id, group.name)) }
      grants[group.id, default: [:]][item.connector.id] = item
      names[item.connector.id] = item.connector.details.name
      uses[item.connector.id, default: []].append(item.usage.last)
    }
    let connectors = Self.busiest(uses, at: now)
    let columns = visit.query["all"] == "1" ? connectors : Array(connectors.prefix(Self.matrixLimit))
    let head = columns.map { #"<th scope="col">\#(Part.name(names[$0] ?? ""))</th>"# as HTML }
    let cut: HTML =
      columns.count < connectors.count
      ? Self.matrixCut(
        to: columns.count, of: connectors.count, all: "?\(visit.query.query(replacing: "all", with: "1"))") : .empty
    let rowsCut: HTML = when(
      groups.count > Self.rowLimit, Self.matrixRowsCut(to: Self.rowLimit, of: groups.count))
    let rows = groups.prefix(Self.rowLimit).map { group in
      let cells = columns.map { connector -> HTML in
        guard let item = grants[group.0]?[connector] else {
          return #"<td>–<span class="visually-hidden"> no access</span></td>"#
        }
        let mark: HTML = when(item.usage.isUnused(at: now), #" class="unused""#)
        return
          #"<td><a\#(mark) href="/portal/groups/\#(group.0.rawValue)/connectors/\#(item.state.grant.id.rawValue)">\#(item.usage.last.map { Part.ago($0, now: now) } ?? "not used")</a></td>"#
      }
      return #"<tr><th scope="row" class="pinned">\#(Part.name(group.1))</th>\#(cells)</tr>"# as HTML
    }
    return #"""
      <div class="stack"><h2 id="matrix">Groups and connectors</h2>\#(cut)\#(rowsCut)<div class="table-box" role="region" aria-labelledby="matrix" tabindex="0"><table class="matrix"><thead><tr><th scope="col" class="pinned">Group</th>\#(head)</tr></thead><tbody>\#(rows)</tbody></table></div></div>
      """#
  }

  func reviewFile(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    var text = CSVRecord.text([
      "grant", "connector", "owner", "group", "scopes", "granter", "grantedAt", "lastUsed", "inForce", "decision",
      "decidedAt", "reason",
    ])
    for item in try await reviewed(viewer).shown {
      text += CSVRecord.text([
        item.state.grant.id.description, item.connector.details.name, item.owner, item.group?.name ?? "",
        item.state.grant.scopes.description, item.granter, item.state.grant.grantedAt.description,
        item.usage.last?.description ?? "", String(item.state.isInForce),
        item.decision.map { $0.decision == .keep ? "keep" : "revoke" } ?? "", item.decision?.time.description ?? "",
        item.decision?.reason ?? "",
      ])
    }
    return .download(Array(text.utf8), type: "text/csv; charset=utf-8", name: "review.csv")
  }
}
