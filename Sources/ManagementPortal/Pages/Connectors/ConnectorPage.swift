import CredentialLedger
import Hummingbird

/// The page of one connector, and its grants and tokens.
extension ManagementPortal {
  /// How many grants and tokens are counted on a page that a connector may have any number of.
  private static let countLimit = 100

  /// A count of what was looked at, which is not all where as many were found as were asked for.
  private static func counted(_ count: Int, of seen: Int, _ noun: String) -> HTML {
    seen < countLimit ? Part.counted(count, noun) : "<span>at least \(Part.count(count, noun))</span>"
  }

  func connectorPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let connector = state.connector
    let now = try now
    let isOwner = connector.owner == viewer.id
    let base = "/portal/connectors/\(connector.id.rawValue)"
    let (grants, tokens, usage, labels) = try await asking { () throws(LedgerError) in
      (
        try ledger.grants.some(to: connector.id, limit: Self.countLimit),
        try await ledger.tokens.list(.connector(connector.id), limit: Self.countLimit),
        try await ledger.connectors.usage(of: [connector]),
        try await ledger.audit.labels(
          of: [Subject(connector.owner)], under: leave(to: viewer, .subjects([Subject(connector.owner)])))
      )
    }
    let live = tokens.filter { $0.verdict.isValid }
    let owner = labels[Subject(connector.owner)]?.name ?? connector.owner.description
    var secretNotice: HTML = "<p class=\"soft\">One Secret works. The ledger has only its digest.</p>"
    if let end = state.previousSecretUntil {
      let use = try await oldSecretUse(of: connector.id)
      secretNotice = Part.notice("warn", OldSecretUse.words(use, until: end, at: now))
    }
    let inForce = Self.counted(grants.count(where: \.isInForce), of: grants.count, "grant")
    let liveTokens = Self.counted(live.count, of: tokens.count, "live token")
    let secretButtons: HTML = #"""
      \#(when(state.previousSecretUntil != nil && Self.mayStop(connector, viewer), #"<a class="button button-small" href="\#(base)/end-old-secret">End old Secret…</a>"#))\#(when(isOwner, #"<a class="button button-small" href="\#(base)/rotate">Rotate Secret</a>"#))
      """#
    let content: HTML = #"""
      \#(said(visit))
      \#(try connectorHead(state, viewer, tab: "overview"))
      \#(try await inactiveNotice(connector))
      <div class="columns"><div class="wide-stack">
      \#(when(isOwner && grants.isEmpty, Self.whatHappensNext(to: Part.name(connector.details.name))))
      <section aria-labelledby="tokens-title"><div class="section-header"><div><h2 id="tokens-title">Live tokens</h2><p class="hint">A token is named by the event that issued it. The name opens nothing.</p></div><a href="\#(base)/tokens" class="small">All</a></div>
      \#(try await tokenTable(Array(live.prefix(5)), now: now, canRevoke: isOwner, empty: "No token is valid now."))</section>
      <section class="stack" aria-labelledby="secret-h"><div class="section-header"><h2 id="secret-h">Secret</h2><span class="button-row">\#(secretButtons)</span></div>\#(secretNotice)</section>
      \#(stopSection(state, viewer, inForce: inForce, liveTokens: liveTokens))
      </div>
      <aside class="card" aria-labelledby="facts-title"><h2 id="facts-title" class="visually-hidden">Facts</h2><dl class="facts facts-side">
      <dt>ID</dt><dd><code id="cid">\#(connector.publicID.description)</code><br><button class="button button-small" type="button" hidden data-copy="cid" data-done="Copied" data-failed="Press Ctrl+C">Copy ID</button></dd>
      <dt>Owner</dt><dd>\#(Part.name(owner))</dd>
      <dt>Created</dt><dd>\#(Part.exact(connector.createdAt)) \#(Part.proof(connector.id.position, signed: signed))</dd>
      <dt>Last used</dt><dd>\#(usage.map { $0.cell(at: now) })</dd>
      <dt>Permissions</dt><dd>\#(connector.scopes.words)</dd>
      <dt>Redirect URLs</dt><dd>\#(connector.details.redirectUris.isEmpty ? "None" as HTML : connector.details.redirectUris.map { "<code>\($0)</code><br>" as HTML }.joined())</dd>
      </dl></aside></div>
      \#(Part.commandLine(["credledger connector show \(connector.id.rawValue)", "credledger token list connector:\(connector.id.rawValue)"]))
      """#
    return .html(layout().page(Page(Part.name(connector.details.name), at: .connectors, content), for: viewer))
  }

  func connectorGrantsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let grants = try await asking { () throws(LedgerError) in try ledger.grants.states(to: state.connector.id) }
    let rows = try await grantRows(grants, for: viewer, showing: [.group, .granter], visit)
    let content: HTML = #"""
      \#(said(visit))
      \#(try connectorHead(state, viewer, tab: "grants"))
      <section class="stack" aria-labelledby="grants"><h2 id="grants">Grants</h2>\#(grants.isEmpty ? #"<div class="card"><p>No group has let it in yet. Ask the admin of a group to add it.</p></div>"# as HTML : rows)</section>
      \#(Part.commandLine(["credledger grant list \(state.connector.id.description)"]))
      """#
    return .html(
      layout().page(Page("Grants of \(Part.name(state.connector.details.name))", at: .connectors, content), for: viewer)
    )
  }

  func connectorTokensPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let before = visit.query.number("after").map { TokenID(rawValue: $0) }
    let tokens = try await asking { () throws(LedgerError) in
      try await ledger.tokens.list(.connector(state.connector.id), limit: Self.rowLimit, before: before)
    }
    let table = try await tokenTable(
      tokens, now: now, canRevoke: state.connector.owner == viewer.id, empty: "No token was issued to it yet.")
    let next: HTML =
      tokens.count == Self.rowLimit
      ? #"<p class="pager"><a href="?after=\#(tokens.last?.handle.rawValue ?? 0)">Older</a></p>"# : .empty
    let content: HTML = #"""
      \#(try connectorHead(state, viewer, tab: "tokens"))
      <section class="stack" aria-labelledby="tokens"><h2 id="tokens">Tokens</h2>\#(table)\#(next)</section>
      \#(Part.commandLine(["credledger token list connector:\(state.connector.id.rawValue)"]))
      """#
    return .html(
      layout().page(Page("Tokens of \(Part.name(state.connector.details.name))", at: .connectors, content), for: viewer)
    )
  }

  /// A table of tokens.
  ///
  /// - Parameter isOpen: whether the reader may open the tokens and their events.
  func tokenTable(
    _ tokens: [ListedToken], now: Timestamp, canRevoke: Bool, isOpen: Bool = true, empty: HTML
  ) async throws(PortalFailure) -> HTML {
    guard !tokens.isEmpty else { return #"<div class="card"><p>\#(empty)</p></div>"# }
    let signed = signed
    let rows = tokens.map { token -> HTML in
      let path = "/portal/tokens/\(token.handle.rawValue)"
      let kind = token.kind == .access ? "Access token" : "Refresh token"
      let isValid = token.verdict.isValid
      let revoke: HTML =
        canRevoke && isValid
        ? #"<a class="small" href="\#(path)/revoke">Revoke<span class="visually-hidden"> <bdi>\#(token.handle.description)</bdi></span></a>"#
        : .empty
      let handle: HTML = "<code>\(token.handle.description)</code>"
      let name: HTML = isOpen ? #"<a href="\#(path)">\#(handle)</a>"# : handle
      let why: HTML = when(
        isOpen, #"<a href="\#(path)" class="small">\#(isValid ? "Why valid?" : "Why not valid?")</a>"#)
      return #"""
        <tr><th scope="row">\#(name)<small>\#(kind)</small></th><td data-label="State">\#(isValid ? Part.status("good", "Valid") : Part.status("bad", "Not valid"))</td><td data-label="Last used" class="when">\#(token.lastUsed.map { Part.ago($0, now: now) } ?? "Never")</td><td data-label="Ends" class="when">\#(Part.until(token.expiresAt, now: now))</td><td data-label="Proof">\#(Part.proof(token.handle.position, signed: signed, isOpen: isOpen))</td><td data-label="Actions"><span class="actions">\#(why)\#(revoke)</span></td></tr>
        """#
    }
    return #"""
      <div class="table-box"><table class="lists dense"><caption class="visually-hidden">Tokens</caption><thead><tr><th scope="col">Token</th><th scope="col">State</th><th scope="col">Last used</th><th scope="col">Ends</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
  }
}
