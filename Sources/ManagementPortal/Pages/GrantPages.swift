import CredentialLedger
import Hummingbird

/// Grants, as tables on several pages, and how they and tokens are revoked.
extension ManagementPortal {
  /// A column of a table of grants that not every page has.
  enum GrantColumn: Sendable { case connector, group, granter }

  /// A table of grants, those after the one that the address names, and the way to the next.
  func grantRows(
    _ all: [GrantState], for viewer: Viewer, showing columns: [GrantColumn], _ visit: Visit
  ) async throws(PortalFailure) -> HTML {
    let after = visit.query.number("after") ?? 0
    let following = all.filter { $0.grant.id.rawValue > after }.sorted { $0.grant.id < $1.grant.id }
    let states = following.prefix(Self.rowLimit)
    let more: HTML =
      following.count > states.count
      ? #"<p class="pager"><a href="?\#(visit.query.query(replacing: "after", with: String(states.last?.grant.id.rawValue ?? 0)))">Next</a></p>"#
      : .empty
    var subjects: Set<Subject> = []
    for state in states {
      subjects.insert(Subject(state.grant.connector))
      subjects.insert(Subject(state.grant.granter))
      if let group = state.grant.group { subjects.insert(Subject(group)) }
    }
    let (now, signed, wanted) = (try now, signed, subjects)
    let (labels, uses, theirs) = try await asking {
      () async throws(LedgerError) -> ([Subject: Audit.Label], [Usage], Set<GrantID>) in
      var theirs: Set<GrantID> = []
      for state in states {
        if try concerns(state.grant, viewer) { theirs.insert(state.grant.id) }
      }
      let labels = try await ledger.audit.labels(of: wanted, under: leave(to: viewer, .subjects(Array(wanted))))
      return (labels, try await ledger.grants.usage(of: states.map(\.grant)), theirs)
    }
    let (opened, administered) = try await places(of: states.compactMap(\.grant.group), viewer)
    let heads: [GrantColumn: HTML] = [.connector: "Connector", .group: "Where", .granter: "Let in by"]
    let first = columns.map { #"<th scope="col">\#(heads[$0] ?? "")</th>"# as HTML }
    let rows = zip(states, uses).map { state, usage -> HTML in
      let grant = state.grant
      let base = grant.group.map { "/portal/groups/\($0.rawValue)/connectors" } ?? ""
      let hasPage = grant.group.map { opened.contains($0) } ?? false
      let mayRegenerate = state.isInForce && (grant.group.map { administered.contains($0) } ?? false)
      let regenerate: HTML = when(
        mayRegenerate,
        #"<a class="small" href="\#(base)?connector=\#(grant.connector.rawValue)">Regenerate…<span class="visually-hidden"> <bdi>\#(grant.id.description)</bdi></span></a>"#
      )
      let cells = columns.enumerated().map { index, column -> HTML in
        let content: HTML =
          switch column {
          case .connector: Part.name(labels[Subject(grant.connector)]?.name ?? grant.connector.description)
          case .granter: Part.name(labels[Subject(grant.granter)]?.name ?? grant.granter.description)
          case .group:
            grant.group.map { Part.name(labels[Subject($0)]?.name ?? $0.description) } ?? "All groups of its granter"
          }
        let linked: HTML = hasPage ? #"<a href="\#(base)/\#(grant.id.rawValue)">\#(content)</a>"# : content
        return index == 0
          ? #"<th scope="row">\#(linked)</th>"# : #"<td data-label="\#(heads[column] ?? "")">\#(content)</td>"#
      }
      return #"""
        <tr>\#(cells)<td data-label="May use">\#(grant.scopes.words)</td><td data-label="State">\#(state.isInForce ? Part.status("good", "In force") : Part.status("bad", "Stopped"))</td><td data-label="Last used">\#(usage.cell(at: now))</td><td data-label="Proof">\#(Part.proof(grant.id.position, signed: signed, isOpen: viewer.readsAll || theirs.contains(grant.id)))</td><td data-label="Actions"><span class="actions">\#(regenerate)\#(when(!grant.isRevoked && theirs.contains(grant.id), #"<a class="small" href="/portal/grants/\#(grant.id.rawValue)/revoke">Revoke…<span class="visually-hidden"> <bdi>\#(grant.id.description)</bdi></span></a>"#))</span></td></tr>
        """#
    }
    return #"""
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Grants</caption><thead><tr>\#(first)<th scope="col">May use</th><th scope="col">State</th><th scope="col">Last used</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>\#(more)
      """#
  }

  /// Those of some groups whose pages somebody may open, and those that they administer.
  private func places(
    of groups: [GroupID], _ viewer: Viewer
  ) async throws(PortalFailure) -> (opened: Set<GroupID>, administered: Set<GroupID>) {
    let wanted = Set(groups)
    return try await asking { () throws(LedgerError) -> (Set<GroupID>, Set<GroupID>) in
      var opened: Set<GroupID> = []
      var administered: Set<GroupID> = []
      for group in wanted where try hasPages(group, for: viewer) {
        opened.insert(group)
        if try isAdmin(viewer, of: group) { administered.insert(group) }
      }
      return (opened, administered)
    }
  }

  /// Whether somebody may open the pages of a group, which are there until it is deleted.
  func hasPages(_ id: GroupID, for viewer: Viewer) throws(LedgerError) -> Bool {
    guard let group = try ledger.groups.group(id), !group.isDeleted else { return false }
    return try mayOpen(id, viewer)
  }

  /// Whether somebody sees a grant in the audit trail, and may revoke it while it is not revoked: its granter, the
  /// connector's owner, or an admin of the group.
  private func concerns(_ grant: Grant, _ viewer: Viewer) throws(LedgerError) -> Bool {
    if grant.granter == viewer.id { return true }
    if let connector = try ledger.connectors.connector(grant.connector), connector.owner == viewer.id { return true }
    guard let group = grant.group else { return false }
    return try isAdmin(viewer, of: group)
  }

  /// The grant that a path names, where the viewer may revoke it.
  private func revocable(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> GrantState {
    let found = try await asking { () throws(LedgerError) -> GrantState? in
      guard let number = UInt64(visit.part(1)), let state = try ledger.grants.state(of: GrantID(rawValue: number)),
        !state.grant.isRevoked, try concerns(state.grant, viewer)
      else { return nil }
      return state
    }
    guard let found else { throw .notFound("grant") }
    return found
  }

  func revokeGrantPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let grant = try await revocable(visit, viewer).grant
    let (labels, live) = try await asking { () async throws(LedgerError) -> ([Subject: Audit.Label], LiveTokens) in
      let tokens = try await ledger.tokens.list(.grant(grant.id), limit: LiveTokens.limit)
      return (
        try await ledger.audit.labels(of: [Subject(grant.connector)] + (grant.group.map { [Subject($0)] } ?? [])),
        LiveTokens(tokens.count { $0.verdict.isValid }, of: tokens.count)
      )
    }
    let connector = Part.name(labels[Subject(grant.connector)]?.name ?? grant.connector.description)
    let place: HTML =
      grant.group.map { "in \(Part.name(labels[Subject($0)]?.name ?? $0.description))" } ?? "for its granter"
    let back = try await asking { () throws(LedgerError) in try wayBack(from: grant, viewer) }
    let content: HTML = #"""
      \#(Part.header("Revoke \(connector) \(place)?"))
      <form class="card stack" method="post" action="/portal/grants/\#(grant.id.rawValue)/revoke">\#(viewer.token)<input type="hidden" name="to" value="\#(back)">
      <p>\#(connector) can do nothing more \#(place). <strong>\#(live.words)</strong> stop\#(live.count == 1 ? "s" : "") now.</p>
      \#(Part.reasonField)
      <div class="button-row"><button class="button button-stop">Revoke</button><a href="\#(back)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger grant revoke \(grant.id.rawValue)"]))
      """#
    return .html(layout().page(Page("Revoke a grant", at: .groups, narrow: true, content), for: viewer))
  }

  /// The page with the grant that somebody may open, to go back to.
  private func wayBack(from grant: Grant, _ viewer: Viewer) throws(LedgerError) -> String {
    if grant.group == nil, grant.granter == viewer.id { return "/portal/me/granted" }
    if let id = grant.group, try hasPages(id, for: viewer) {
      return "/portal/groups/\(id.rawValue)/connectors"
    }
    if let connector = try ledger.connectors.connector(grant.connector), connector.owner == viewer.id,
      !connector.isDeleted
    {
      return "/portal/connectors/\(connector.id.rawValue)/grants"
    }
    return "/portal/me/granted"
  }

  func revokeGrant(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let grant = try await revocable(visit, viewer).grant
    _ = try await asking { () throws(LedgerError) in
      try await ledger.grants.revoke(
        grant.id, by: viewer.id, context: visit.recorded(reason: visit.form["reason"]))
    }
    return .see("\(Self.target(visit.form["to"]))?said=revoked\(try await receipt(of: visit))")
  }

  func revokeTokenPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (token, owner) = try await revocableToken(visit, viewer)
    let content: HTML = #"""
      \#(Part.header("Revoke \(token.description)?"))
      <form class="card stack" method="post" action="/portal/tokens/\#(token.rawValue)/revoke">\#(viewer.token)<p>The token stops at once. The program can get another one with its refresh token; revoke the grant to stop that as well.</p>
      \#(Part.reasonField)
      <div class="button-row"><button class="button button-stop">Revoke</button><a href="/portal/connectors/\#(owner.rawValue)/tokens">Keep it</a></div></form>
      \#(Part.commandLine(["credledger token revoke \(token.description)"]))
      """#
    return .html(layout().page(Page("Revoke a token", at: .connectors, narrow: true, content), for: viewer))
  }

  func revokeToken(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (token, connector) = try await revocableToken(visit, viewer)
    _ = try await asking { () throws(LedgerError) in
      try await ledger.tokens.revoke(
        .token(token), by: viewer.id, context: visit.recorded(reason: visit.form["reason"]))
    }
    return .see("/portal/tokens/\(token.rawValue)?said=revoked\(try await receipt(of: visit))&of=\(connector.rawValue)")
  }

  /// A token that the viewer may revoke, and its connector.
  private func revocableToken(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> (TokenID, ConnectorID) {
    guard let number = UInt64(visit.part(1)), let place = try await place(of: TokenID(rawValue: number)),
      place.owner == viewer.id
    else { throw .notFound("token") }
    return (TokenID(rawValue: number), place.connector)
  }

  /// What a token belongs to.
  struct TokenPlace: Sendable {
    let connector: ConnectorID
    let owner: AccountID
    let grant: GrantID?
    let group: GroupID?
    let granter: AccountID?
    let isAccess: Bool
    let isConnectorDeleted: Bool
  }

  /// What a token belongs to; nil where there is none.
  func place(of token: TokenID) async throws(PortalFailure) -> TokenPlace? {
    try await asking { () async throws(LedgerError) -> TokenPlace? in
      guard
        let entry = try await ledger.audit.latest(
          1, of: .token(token).and(.anyType(of: [.tokenIssued, .refreshTokenIssued, .refreshTokenRotated])),
          before: token.position.next
        ).first, entry.position == token.position
      else { return nil }
      func number(_ kind: SubjectKind) -> UInt64? { entry.subjects.first { $0.kind == kind }?.number }
      let grant = number(.grant).map { GrantID(rawValue: $0) }
      let known = try grant.flatMap { (id) throws(LedgerError) in try ledger.grants.grant(id) }
      guard let id = known?.connector ?? number(.connector).map({ ConnectorID(rawValue: $0) }),
        let connector = try ledger.connectors.connector(id)
      else { return nil }
      return TokenPlace(
        connector: id, owner: connector.owner, grant: grant, group: known?.group, granter: known?.granter,
        isAccess: entry.type == .tokenIssued, isConnectorDeleted: connector.isDeleted)
    }
  }
}
