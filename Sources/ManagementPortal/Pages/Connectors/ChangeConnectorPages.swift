import CredentialLedger
import Hummingbird

/// Changing a connector: its details, its Secret, and its end.
extension ManagementPortal {
  func editConnectorPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer, changing: true)
    return edit(
      viewer, state.connector, ConnectorForm(state.connector.details),
      ticked: Set(Scopes(rawValue: state.connector.details.scopes).permissions), problems: [])
  }

  private func edit(
    _ viewer: Viewer, _ connector: Connector, _ form: ConnectorForm, ticked: Set<Permission>, problems: [Problem]
  ) -> Response {
    let path = "/portal/connectors/\(connector.id.rawValue)"
    let permissions: [String] = Permission.offered.filter { ticked.contains($0) }.map { "--permission \($0.rawValue)" }
    let update = "credledger connector update \(connector.id.rawValue) --name NAME "
    let content: HTML = #"""
      \#(Part.header("Edit \(Part.name(connector.details.name))", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), path), ("Edit", nil)])))
      <form class="card stack" method="post" action="\#(path)/edit" novalidate>\#(viewer.token)<input type="hidden" name="as-of" value="\#(connector.setBy)">\#(Part.problems(problems))
      \#(form.fields(problems))
      \#(ConnectorForm.permissions(ticked))
      <p class="hint">What you add reaches a group only when its admin grants again; what you take away stops at once, everywhere.</p>
      <div class="button-row"><button class="button button-main">Save changes</button><a href="\#(path)">Cancel</a></div></form>
      \#(Part.commandLine([update + permissions.joined(separator: " ")]))
      """#
    return .html(
      layout().page(
        Page(
          "Edit \(Part.name(connector.details.name))", at: .connectors, narrow: true, hasProblem: !problems.isEmpty,
          content),
        for: viewer), status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func editConnector(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    let form = ConnectorForm(visit.form)
    let ticked = Set(visit.form.all("permission").compactMap { Permission(rawValue: $0) })
    var problems = form.problems
    if ticked.isEmpty { problems.append(Problem(nil, "Tick at least one permission.")) }
    if visit.form.position("as-of") != connector.setBy {
      problems.append(Problem(nil, "The connector changed since you opened this page. Nothing was done; look again."))
    }
    guard problems.isEmpty else { return edit(viewer, connector, form, ticked: ticked, problems: problems) }
    do throws(LedgerError) {
      try await ledger.connectors.update(
        connector.id, name: form.name, permissions: ticked, description: form.description, publisher: form.publisher,
        redirectURIs: form.redirectURIs, by: viewer.id, context: visit.recorded())
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      return edit(viewer, connector, form, ticked: ticked, problems: [ConnectorForm.problem(error)])
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/connectors/\(connector.id.rawValue)?said=connector-changed\(receipt)")
  }

  func rotatePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer, changing: true)
    let connector = state.connector
    guard try isFresh(viewer) else { return signInAgain(visit.address) }
    let path = "/portal/connectors/\(connector.id.rawValue)"
    let choices = [
      ("0", "Nothing: it leaked"), ("3600", "1 hour"), ("86400", "1 day"), ("604800", "7 days"), ("2592000", "30 days"),
    ].map { #"<option value="\#($0.0)"\#(when($0.0 == "604800", " selected"))>\#($0.1)</option>"# as HTML }
    let ends: HTML =
      "Two Secrets work now. Rotating ends the older one at once; the current one works on for the time that you choose."
    let content: HTML = #"""
      \#(Part.header("Rotate the Secret of \(Part.name(connector.details.name))", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), path), ("Rotate Secret", nil)]), below: "<p>Your program changes to the new Secret while the old one still works.</p>"))
      <form class="card stack" method="post" action="\#(path)/rotate">\#(viewer.token)<input type="hidden" name="once" value="\#(RandomText.make(words: 2))">
      \#(when(state.previousSecretUntil != nil, Part.notice("warn", ends)))
      <div class="field"><label for="overlap">Old Secret works for</label><select id="overlap" name="overlap">\#(choices)</select></div>
      <div class="button-row"><button class="button button-main">Rotate Secret</button><a href="\#(path)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger connector rotate-secret \(connector.id.rawValue) --overlap 7d"]))
      """#
    return .html(layout().page(Page("Rotate Secret", at: .connectors, narrow: true, content), for: viewer))
  }

  func rotate(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    let path = "/portal/connectors/\(connector.id.rawValue)"
    guard try isFresh(viewer) else { return signInAgain(path + "/rotate") }
    guard
      let seconds = ["0", "3600", "86400", "604800", "2592000"].first(where: { $0 == visit.form["overlap"] })
        .flatMap({ Int64($0) })
    else { throw .invalid("overlap: expected one of the choices of the page.") }
    let once = try once(visit, viewer, "Secret", path)
    let secret = try await asking { () throws(LedgerError) in
      try await ledger.connectors.rotateSecret(
        of: connector.id, overlap: .seconds(seconds), by: viewer.id, context: visit.recorded(once: once))
    }
    await spend(once, visit, viewer)
    return shownOnce(
      viewer, Page.Place.connectors, heading: "\(Part.name(connector.details.name))",
      title: "The Secret is rotated. Copy the new one now.",
      text: "It is shown this once. The ledger keeps only a digest.",
      lines: Part.secretLine("connector-secret", "Secret (applicationSecret)", secret.text, copy: "Copy Secret"),
      stored: "I have stored the Secret", next: path, receipt: await receiptOnce(of: visit))
  }

  func userTokenPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    guard try isFresh(viewer) else { return signInAgain(visit.address) }
    let path = "/portal/connectors/\(connector.id.rawValue)"
    let former = try await asking { () throws(LedgerError) in
      try ledger.grants.states(to: connector.id).first { $0.grant.granter == viewer.id && $0.grant.group == nil }
    }
    let content: HTML = #"""
      \#(Part.header("Generate a user token for \(Part.name(connector.details.name))", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), path), ("User token", nil)]), below: "<p>A token that reaches every group you are in, with your role there. Everybody who has it acts as you.</p>"))
      <form class="card stack" method="post" action="\#(path)/user-token">\#(viewer.token)<input type="hidden" name="once" value="\#(RandomText.make(words: 2))"><input type="hidden" name="as-of" value="\#(connector.setBy)">
      <p>It may:</p>\#(connector.scopes.sentences)
      \#(former.map { "<p>Your token of \(Part.exact($0.grant.grantedAt)) stops now.</p>" as HTML } ?? .empty)
      <div class="button-row"><button class="button button-main">Generate user token</button><a href="\#(path)">Cancel</a></div></form>
      \#(Part.commandLine(["credledger grant create --connector \(connector.id.rawValue) --own --granter \(viewer.id.rawValue)"]))
      """#
    return .html(layout().page(Page("Generate user token", at: .connectors, narrow: true, content), for: viewer))
  }

  func makeUserToken(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    let path = "/portal/connectors/\(connector.id.rawValue)"
    guard try isFresh(viewer) else { return signInAgain(path + "/user-token") }
    let once = try once(visit, viewer, "token", path)
    let seen = visit.form.position("as-of") ?? 0
    let granted = try await asking { () throws(LedgerError) in
      try await ledger.grants.grant(
        connector.id, consent: .details(asOf: seen), access: .user, by: viewer.id, context: visit.recorded(once: once))
    }
    await spend(once, visit, viewer)
    return shownOnce(
      viewer, .connectors, heading: Part.name(connector.details.name), title: "Copy the user token now.",
      text: "It is shown this once. It works until \(Part.exact(granted.expiresAt)).",
      lines: Part.secretLine("refresh", "Refresh Token", granted.refreshToken.text, copy: "Copy Token"),
      stored: "I have stored the token", next: path, receipt: await receiptOnce(of: visit))
  }

  /// A page that shows a secret once.
  func shownOnce(
    _ viewer: Viewer, _ place: Page.Place, heading: HTML, title: HTML, text: HTML, lines: HTML, stored: String,
    next: String, button: String = "Continue", receipt: HTML
  ) -> Response {
    let content: HTML = #"""
      \#(Part.header(heading))
      \#(Part.secret(title: title, text: text, body: lines, stored: stored, next: next, button: button))
      \#(receipt)
      """#
    return .html(layout().page(Page("Shown once", at: place, narrow: true, content), for: viewer))
  }

  func deleteConnectorPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    return try await deletePage(viewer, connector, problems: [])
  }

  /// What stops when a connector is deleted, or set inactive.
  func stops(_ connector: Connector) async throws(PortalFailure) -> (grants: Int, tokens: LiveTokens, webhooks: Int) {
    try await asking { () async throws(LedgerError) -> (grants: Int, tokens: LiveTokens, webhooks: Int) in
      let tokens = try await ledger.tokens.list(.connector(connector.id), limit: LiveTokens.limit)
      return (
        try ledger.grants.states(to: connector.id).count(where: \.isInForce),
        LiveTokens(tokens.count { $0.verdict.isValid }, of: tokens.count),
        try ledger.webhooks.states(of: connector.id).count(where: \.isInForce)
      )
    }
  }

  private func deletePage(
    _ viewer: Viewer, _ connector: Connector, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let (grants, tokens, webhooks) = try await stops(connector)
    let name = connector.details.name
    let path = "/portal/connectors/\(connector.id.rawValue)"
    let content: HTML = #"""
      \#(Part.header("Delete \(Part.name(name))?", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(name), path), ("Delete", nil)])))
      <form class="card stack" method="post" action="\#(path)/delete">\#(viewer.token)<input type="hidden" name="seen" value="\#(grants),\#(tokens.count)">\#(Part.problems(problems))
      <p><strong>The moment you delete it:</strong></p>
      <dl class="facts"><dt>Grants that end</dt><dd><strong>\#(grants)</strong></dd><dt>Tokens that stop</dt><dd><strong>\#(tokens.number)</strong></dd><dt>Webhooks that end</dt><dd><strong>\#(webhooks)</strong></dd><dt>What stays</dt><dd>Every event about it, with its proof. Deleting hides nothing.</dd></dl>
      <p class="soft">This cannot be undone.</p>
      \#(Part.typedName(name, problems))
      \#(Part.reasonField)
      <div class="button-row"><button class="button button-stop" id="delete">Delete \#(Part.name(name))</button><a href="\#(path)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger connector delete \(connector.id.rawValue)"]))
      """#
    return .html(
      layout().page(
        Page("Delete \(Part.name(name))?", at: .connectors, narrow: true, hasProblem: !problems.isEmpty, content),
        for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func deleteConnector(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connector(visit, viewer, changing: true).connector
    guard visit.form["confirm"] == connector.details.name else {
      return try await deletePage(
        viewer, connector, problems: [Problem("confirm", "Type the name exactly as it stands there.")])
    }
    let (grants, tokens, _) = try await stops(connector)
    guard visit.form["seen"] == "\(grants),\(tokens.count)" else {
      return try await deletePage(
        viewer, connector,
        problems: [Problem(nil, tokens.changed(grants: grants))])
    }
    try await asking { () throws(LedgerError) in
      try await ledger.connectors.delete(
        connector.id, by: viewer.id, context: visit.recorded(reason: visit.form["reason"]))
    }
    return .see("/portal/connectors?said=connector-deleted\(try await receipt(of: visit))")
  }
}
