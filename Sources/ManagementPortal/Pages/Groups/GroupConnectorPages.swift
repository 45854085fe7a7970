import CredentialLedger
import Hummingbird

/// The connectors of a group: which may work there, and how another one is let in.
extension ManagementPortal {
  func groupConnectorsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer)
    let grants = try await asking { () throws(LedgerError) in try ledger.grants.states(of: view.group.id) }
    let table =
      grants.isEmpty
      ? #"<div class="card"><p>No connector may work here yet.</p></div>"#
      : try await grantRows(grants, for: viewer, showing: [.connector, .granter], visit)
    let chosen = visit.query.number("connector").map { ConnectorID(rawValue: $0) }
    let form: HTML
    if view.isAdmin {
      form = try await chosen == nil ? choice(view, viewer, grants) : confirmation(view, viewer, chosen)
    } else {
      let names = try await adminsToAsk(view, viewer)
      form = Self.adminsAlone("let connectors in", in: view.group.name, ask: names)
    }
    let content: HTML = #"""
      \#(said(visit))
      \#(groupHead(view, tab: "connectors", connectors: grants.count(where: \.isInForce)))
      <section class="stack" aria-labelledby="in-title"><h2 id="in-title">Connectors in this group</h2>\#(table)</section>
      \#(form)
      \#(Part.commandLine(["credledger grant list \(view.group.id.description)", "credledger grant create --connector \(chosen.map { String($0.rawValue) } ?? "NUMBER") --group \(view.group.id.rawValue) --granter \(viewer.id.rawValue)"]))
      """#
    return .html(layout().page(Page("Connectors of \(Part.name(view.group.name))", at: .groups, content), for: viewer))
  }

  /// How many connectors the drop-down looks at: as many as one call of `connectors.states` gives.
  private static let choiceLimit = 1_000

  /// That the drop-down has the oldest connectors only, with the way to another one.
  static func choiceCut(of group: GroupID) -> HTML {
    let address = "/portal/groups/\(group.rawValue)/connectors?connector=NUMBER"
    return #"""
      <p class="hint">The list has only the oldest \#(Part.number(UInt64(choiceLimit))) connectors. Open any other one by the number of its page: <code>\#(address)</code></p>
      """#
  }

  /// The drop-down of connectors.
  private func choice(_ view: GroupView, _ viewer: Viewer, _ grants: [GrantState]) async throws(PortalFailure) -> HTML {
    let (states, labels, isCut) = try await asking {
      () async throws(LedgerError) -> ([ConnectorState], [Subject: Audit.Label], Bool) in
      let oldest = try ledger.connectors.states(limit: Self.choiceLimit)
      var isCut = false
      if oldest.count == Self.choiceLimit, let last = oldest.last {
        isCut = try !ledger.connectors.all(after: last.connector.id, limit: 1).isEmpty
      }
      let there = oldest.filter { !$0.connector.isDeleted }
      // One's own come first: who creates a connector most often lets it into a group of theirs.
      let states =
        there.filter { $0.connector.owner == viewer.id } + there.filter { $0.connector.owner != viewer.id }
      let owners = Set(states.map { Subject($0.connector.owner) })
      let labels = try await ledger.audit.labels(of: owners, under: leave(to: viewer, .subjects(Array(owners))))
      return (states, labels, isCut)
    }
    let present = Set(grants.filter(\.isInForce).map(\.grant.connector))
    let options = states.filter { !present.contains($0.connector.id) }.map { state -> HTML in
      let owner = labels[Subject(state.connector.owner)]?.name ?? state.connector.owner.description
      return
        #"<option value="\#(state.connector.id.rawValue)" translate="no"\#(when(!state.isInForce, " disabled"))>\#(state.connector.details.name) — \#(owner)</option>"#
    }
    let title: HTML = present.isEmpty ? "Let a connector in" : "Let another connector in"
    guard !options.isEmpty || isCut else {
      return
        #"<section class="card stack" aria-labelledby="add-title"><h2 id="add-title">\#(title)</h2><p>There is no other connector. A developer creates one under <a href="/portal/connectors">Connectors</a>.</p></section>"#
    }
    return #"""
      <section class="card stack" aria-labelledby="add-title"><h2 id="add-title">\#(title)</h2><p class="soft">It may then do in \#(Part.name(view.group.name)) what its permissions say, as if you did it. You can revoke it at any time.</p>
      <form class="filter-bar" method="get" action="/portal/groups/\#(view.group.id.rawValue)/connectors"><div class="field field-wide"><label for="pick">Connector</label><select id="pick" name="connector">\#(options)</select></div><button class="button button-main">Continue</button></form>\#(when(isCut, Self.choiceCut(of: view.group.id)))</section>
      """#
  }

  /// What a connector may do once it is let in, and the button that does it.
  private func confirmation(
    _ view: GroupView, _ viewer: Viewer, _ id: ConnectorID?
  ) async throws(PortalFailure) -> HTML {
    let (connector, owner) = try await offered(id, viewer)
    let former = try await asking { () throws(LedgerError) in
      try ledger.grants.states(of: view.group.id).first { $0.grant.connector == connector.id }
    }
    let warning: HTML =
      former.map {
        Part.notice(
          "warn",
          "The token of \(Part.exact($0.grant.grantedAt)) stops at once. \(Part.name(connector.details.name)) stands still until it has the new one."
        )
      } ?? .empty
    let base = "/portal/groups/\(view.group.id.rawValue)/connectors"
    let about = connector.details.description_p
    return #"""
      <section class="card stack" aria-labelledby="add-title"><h2 id="add-title">Let \#(Part.name(connector.details.name)) into \#(Part.name(view.group.name))?</h2>\#(when(!about.isEmpty, "<p>\(Part.name(about))</p>"))<p class="soft">Owned by \#(Part.name(owner)).</p>\#(warning)
      <p>It may then, as if you did it:</p>\#(connector.scopes.sentences)
      <form class="button-row" method="post" action="\#(base)">\#(viewer.token)<input type="hidden" name="once" value="\#(RandomText.make(words: 2))"><input type="hidden" name="connector" value="\#(connector.id.rawValue)"><input type="hidden" name="as-of" value="\#(connector.setBy)"><button class="button button-main">Add Connector</button><a href="\#(base)">Cancel</a></form></section>
      """#
  }

  /// A connector that an admin may let in, and its owner's name.
  private func offered(_ id: ConnectorID?, _ viewer: Viewer) async throws(PortalFailure) -> (Connector, String) {
    let found = try await asking { () async throws(LedgerError) -> (Connector, String)? in
      guard let id, let connector = try ledger.connectors.connector(id), !connector.isDeleted else { return nil }
      let label = try await ledger.audit.labels(
        of: [Subject(connector.owner)], under: leave(to: viewer, .subjects([Subject(connector.owner)])))
      return (connector, label[Subject(connector.owner)]?.name ?? connector.owner.description)
    }
    guard let found else { throw .notFound("connector") }
    return found
  }

  func letConnectorIn(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let base = "/portal/groups/\(view.group.id.rawValue)/connectors"
    let (connector, _) = try await offered(visit.form.number("connector").map { ConnectorID(rawValue: $0) }, viewer)
    let once = try once(visit, viewer, "Refresh Token", base)
    let seen = visit.form.position("as-of") ?? 0
    let granted: Grants.Granted
    do throws(LedgerError) {
      granted = try await ledger.grants.grant(
        connector.id, consent: .details(asOf: seen), access: .group(view.group.id), by: viewer.id,
        context: visit.recorded(once: once))
    } catch {
      if error.code.rawValue == "phone_required" { try await requirePhone(viewer) }
      var failure = PortalFailure(error)
      if failure.status == .conflict {
        failure.next = (words: "Reload", path: "\(base)?connector=\(connector.id.rawValue)")
      }
      throw failure
    }
    await spend(once, visit, viewer)
    let receipt = await receiptOnce(of: visit)
    let name = Part.name(connector.details.name)
    let curl = [
      "curl \(origin)/v1/accessToken \\", "  -H 'applicationId: \(connector.publicID.description)' \\",
      "  -H 'applicationSecret: YOUR-SECRET' \\", "  -H 'refreshToken: \(granted.refreshToken.text)'",
    ].joined(separator: "\n")
    let lines: HTML = #"""
      \#(Part.secretLine("refresh", "Refresh Token", granted.refreshToken.text, copy: "Copy Token"))
      <details><summary>Try it: get an access token with curl</summary><pre><code>\#(curl)</code></pre></details>
      \#(Self.waiting(for: name, at: "\(base)/\(granted.grant.rawValue)", link: #" target="_blank" rel="noopener""#))
      """#
    return shownOnce(
      viewer, .groups, heading: Part.name(view.group.name),
      title: "\(name) may now work in \(Part.name(view.group.name)). Copy the Refresh Token now.",
      text:
        "It is shown this once. Give it to the person who runs \(name), by a safe way. It works until \(Part.exact(granted.expiresAt)).",
      lines: lines, stored: "I have stored the Refresh Token", next: "\(base)/\(granted.grant.rawValue)",
      button: "Done", receipt: receipt
    ).askedByScripts
  }

  /// That a program has not got a token yet. The page's script looks again by itself, and puts what the grant's page says by then in
  /// place of it; without a script there is the link.
  ///
  /// - Parameter link: further attributes of the link.
  private static func waiting(for name: HTML, at path: String, link: HTML = .empty) -> HTML {
    #"""
    <div id="first-token" role="status" data-polls="\#(path)"><p><span class="status"><span>Waiting for \#(name) to get its first access token</span></span> <a class="small" href="\#(path)"\#(link)>Check again</a></p></div>
    """#
  }

  /// One grant of a group: whether its program has got a token.
  func groupGrantPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer)
    let base = "/portal/groups/\(view.group.id.rawValue)/connectors"
    let now = try now
    let found = try await asking {
      () async throws(LedgerError) -> (GrantState, Connector, [ListedToken], Position?, String, [Usage])? in
      guard let number = UInt64(visit.part(3)), let state = try ledger.grants.state(of: GrantID(rawValue: number)),
        state.grant.group == view.group.id, let connector = try ledger.connectors.connector(state.grant.connector)
      else { return nil }
      let tokens = try await ledger.tokens.list(.grant(state.grant.id), limit: 20)
      let first = try await ledger.audit.search(
        .grant(state.grant.id).and(.type(.tokenIssued)), order: .oldestFirst, limit: 1
      ).entries.first?.position
      let granter = Subject(state.grant.granter)
      let label = try await ledger.audit.labels(of: [granter], under: leave(to: viewer, .subjects([granter])))[granter]
      let usage = try await ledger.grants.usage(of: [state.grant])
      return (state, connector, tokens, first, label?.name ?? state.grant.granter.description, usage)
    }
    guard let (state, connector, tokens, first, granter, usage) = found else { throw .notFound("grant") }
    let name = Part.name(connector.details.name)
    let isOpen = view.isAdmin || viewer.readsAll || connector.owner == viewer.id
    let isGrantOpen = isOpen || state.grant.granter == viewer.id
    let waiting: HTML
    if let first {
      let proof = Part.proof(first, signed: signed, isOpen: isOpen)
      let words: HTML = "<strong>\(name) got its first access token.</strong> Recorded as \(proof)."
      waiting = #"<div id="first-token" role="status">\#(Part.notice("good", words))</div>"#
    } else {
      waiting = Self.waiting(for: name, at: "\(base)/\(state.grant.id.rawValue)")
    }
    let regenerate: HTML = when(
      !connector.isDeleted,
      #"<a class="button" href="\#(base)?connector=\#(connector.id.rawValue)">Regenerate the token…</a>"#)
    let actions: HTML = #"""
      <div class="button-row">\#(regenerate)<a class="button button-danger" href="/portal/grants/\#(state.grant.id.rawValue)/revoke">Revoke…</a></div>
      """#
    var way = Self.trail(to: view)
    way.append((name: Part.name(view.group.name), path: "/portal/groups/\(view.group.id.rawValue)"))
    way.append((name: "Connectors", path: base))
    way.append((name: name, path: nil))
    var lines = ["credledger grant show \(state.grant.id.rawValue)"]
    if view.isAdmin, !state.grant.isRevoked {
      lines.append(
        "credledger grant create --connector \(connector.id.rawValue) --group \(view.group.id.rawValue) --granter \(viewer.id.rawValue)"
      )
      lines.append("credledger grant revoke \(state.grant.id.rawValue)")
    }
    let content: HTML = #"""
      \#(Part.header("\(name) in \(Part.name(view.group.name))", trail: Part.trail(way)))
      \#(waiting)
      <section class="card stack"><dl class="facts"><dt>State</dt><dd>\#(state.isInForce ? Part.status("good", "In force") : Part.status("bad", "Stopped"))</dd><dt>May use</dt><dd>\#(state.grant.scopes.words)</dd><dt>Since</dt><dd>\#(Part.exact(state.grant.grantedAt)) \#(Part.proof(state.grant.id.position, signed: signed, isOpen: isGrantOpen))</dd><dt>Let in by</dt><dd>\#(Part.name(granter))</dd><dt>Last used</dt><dd>\#(usage.map { $0.cell(at: now) })</dd></dl>\#(when(view.isAdmin && !state.grant.isRevoked, actions))</section>
      <section class="stack" aria-labelledby="tokens"><h2 id="tokens">Tokens</h2>\#(try await tokenTable(tokens, now: now, canRevoke: false, isOpen: isOpen, empty: "No token was issued yet."))</section>
      \#(Part.commandLine(lines))
      """#
    let response = Response.html(
      layout().page(
        Page("\(Part.name(connector.details.name)) in \(Part.name(view.group.name))", at: .groups, content), for: viewer
      ))
    return first == nil ? response.askedByScripts : response
  }
}
