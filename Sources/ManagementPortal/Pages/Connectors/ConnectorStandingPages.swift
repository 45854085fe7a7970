import CredentialLedger
import Hummingbird

/// Setting a connector inactive and active again, and ending its old Secret.
extension ManagementPortal {
  /// Whether somebody may stop a connector for a while: its owner, and operators.
  static func mayStop(_ connector: Connector, _ viewer: Viewer) -> Bool {
    connector.owner == viewer.id || viewer.account.role == .operator
  }

  /// Whether somebody may set an inactive connector active.
  static func mayActivate(_ connector: Connector, _ viewer: Viewer) -> Bool {
    mayStop(connector, viewer) && (!connector.isDeactivatedByAdministrator || viewer.account.role == .operator)
  }

  /// The connector that a path names, for somebody who may stop it for a while.
  private func connectorToStop(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> ConnectorState {
    let state = try await connector(visit, viewer)
    guard Self.mayStop(state.connector, viewer) else {
      throw .forbidden("You may see this connector, but only its owner or an operator may stop it.")
    }
    return state
  }

  /// What a connector's page says while it is inactive: since when, and why.
  func inactiveNotice(_ connector: Connector) async throws(PortalFailure) -> HTML {
    guard connector.isInactive else { return .empty }
    let entry = try await asking { () async throws(LedgerError) -> AuditEntry? in
      try await ledger.audit.entry(at: connector.deactivatedBy)
    }
    let proof = Part.proof(connector.deactivatedBy, signed: signed)
    let since: HTML = entry.map { "<strong>Set inactive \(Part.exact($0.time)).</strong> " } ?? .empty
    let reason: HTML = entry?.reason.map { "<p class=\"soft\">Reason: \(Part.name($0))</p>" } ?? .empty
    return Part.notice("bad", "\(since)Its Secret and its tokens do not work. \(proof)") + reason
  }

  /// The ways to stop a connector, or to start it again, on its page.
  func stopSection(_ state: ConnectorState, _ viewer: Viewer, inForce: HTML, liveTokens: HTML) -> HTML {
    let connector = state.connector
    guard Self.mayStop(connector, viewer) else { return .empty }
    let base = "/portal/connectors/\(connector.id.rawValue)"
    let deactivate: HTML =
      #"<div class="button-row"><a class="button" href="\#(base)/deactivate">Set inactive…</a><span class="soft small">Stops \#(inForce) and \#(liveTokens) until it is active again.</span></div>"#
    let activate: HTML =
      Self.mayActivate(connector, viewer)
      ? #"<div class="button-row"><a class="button" href="\#(base)/activate">Set active…</a><span class="soft small">Its tokens work again.</span></div>"#
      : #"<p class="soft">Only an administrator can set it active again.</p>"#
    let delete: HTML = #"""
      <div class="button-row"><a class="button button-danger" href="\#(base)/delete">Delete connector…</a><span class="soft small">Stops \#(inForce) and \#(liveTokens) at once, for good.</span></div>
      """#
    return #"""
      <section class="card stack" aria-labelledby="stop-h"><h2 id="stop-h">Stop it</h2>
      \#(connector.isInactive ? activate : deactivate)\#(when(connector.owner == viewer.id, delete))</section>
      """#
  }

  // MARK: Inactive

  func deactivatePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await deactivateAnswer(viewer, try await connectorToStop(visit, viewer).connector, reason: "", problems: [])
  }

  private func deactivateAnswer(
    _ viewer: Viewer, _ connector: Connector, reason: String, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let (grants, tokens, webhooks) = try await stops(connector)
    let number = connector.id.rawValue
    let fields: HTML = #"""
      \#(Part.problems(problems))
      <dl class="facts"><dt>Grants that stop</dt><dd><strong>\#(grants)</strong></dd><dt>Tokens that stop</dt><dd><strong>\#(tokens.number)</strong></dd><dt>Webhooks that stop; what waits for them is dropped</dt><dd><strong>\#(webhooks)</strong></dd><dt>What stays</dt><dd>Its grants and its tokens. What has not expired by then works again when it is active.</dd></dl>
      \#(when(connector.owner != viewer.id, "<p class=\"soft\">Its owner cannot set it active again.</p>"))
      \#(Part.textField("reason", "Reason", value: reason, hint: "It stays in the audit trail: nothing personal.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))
      """#
    return standingPage(
      viewer, connector, title: "Set \(Part.name(connector.details.name)) inactive?", step: "Set inactive",
      path: "deactivate", fields: fields, button: #"<button class="button button-stop">Set inactive</button>"#,
      line: "credledger connector deactivate \(number) --reason REASON", hasProblem: !problems.isEmpty)
  }

  func deactivate(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connectorToStop(visit, viewer).connector
    let reason = visit.form["reason"]
    guard !reason.isEmpty else {
      return try await deactivateAnswer(
        viewer, connector, reason: reason, problems: [Problem("reason", "Say why, in a few words.")])
    }
    do throws(LedgerError) {
      try await ledger.connectors.deactivate(connector.id, reason: reason, by: viewer.id, context: visit.recorded())
    } catch {
      guard error.code == .invalidValue else { throw PortalFailure(error) }
      let problem = Problem("reason", RefusalWords.sentence(error))
      return try await deactivateAnswer(viewer, connector, reason: reason, problems: [problem])
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/connectors/\(connector.id.rawValue)?said=connector-inactive\(receipt)")
  }

  func activatePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connectorToStop(visit, viewer).connector
    let fields: HTML = #"""
      \#(try await inactiveNotice(connector))
      <p>Its Secret works again, and each token that was neither revoked nor is expired.</p>
      """#
    return standingPage(
      viewer, connector, title: "Set \(Part.name(connector.details.name)) active?", step: "Set active",
      path: "activate", fields: fields, button: #"<button class="button button-main">Set active</button>"#,
      line: "credledger connector activate \(connector.id.rawValue)")
  }

  func activate(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connectorToStop(visit, viewer).connector
    try await asking { () throws(LedgerError) in
      _ = try await ledger.connectors.activate(connector.id, by: viewer.id, context: visit.recorded())
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/connectors/\(connector.id.rawValue)?said=connector-active\(receipt)")
  }

  // MARK: The old Secret

  func endOldSecretPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connectorToStop(visit, viewer)
    let connector = state.connector
    var notice: HTML = "<p>One Secret works. The ledger has only its digest.</p>"
    if let end = state.previousSecretUntil {
      let now = try now
      let use = try await oldSecretUse(of: connector.id)
      notice = Part.notice("warn", OldSecretUse.words(use, until: end, at: now))
    }
    let fields: HTML = #"""
      \#(notice)
      <p>A program that still uses the old Secret gets no token from then on. The current Secret and all tokens stay as they are.</p>
      """#
    return standingPage(
      viewer, connector, title: "End the old Secret of \(Part.name(connector.details.name))?", step: "End old Secret",
      path: "end-old-secret", fields: fields, button: #"<button class="button button-stop">End old Secret</button>"#,
      line: "credledger connector end-old-secret \(connector.id.rawValue)")
  }

  func endOldSecret(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let connector = try await connectorToStop(visit, viewer).connector
    try await asking { () throws(LedgerError) in
      _ = try await ledger.connectors.endOldSecret(of: connector.id, by: viewer.id, context: visit.recorded())
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/connectors/\(connector.id.rawValue)?said=old-secret-ended\(receipt)")
  }

  /// A page that asks before it changes how a connector stands.
  ///
  /// - Parameters:
  ///   - step: the page's name in the way back.
  ///   - path: its last part.
  ///   - line: what does the same at the command line.
  private func standingPage(
    _ viewer: Viewer, _ connector: Connector, title: HTML, step: HTML, path: String, fields: HTML, button: HTML,
    line: String, hasProblem: Bool = false
  ) -> Response {
    let base = "/portal/connectors/\(connector.id.rawValue)"
    let trail = Part.trail([
      ("Connectors", "/portal/connectors"), (Part.name(connector.details.name), base), (step, nil),
    ])
    let content: HTML = #"""
      \#(Part.header(title, trail: trail))
      <form class="card stack" method="post" action="\#(base)/\#(path)" novalidate>\#(viewer.token)\#(fields)
      <div class="button-row">\#(button)<a href="\#(base)">Cancel</a></div></form>
      \#(Part.commandLine([line]))
      """#
    return .html(
      layout().page(Page(title, at: .connectors, narrow: true, hasProblem: hasProblem, content), for: viewer),
      status: hasProblem ? .unprocessableContent : .ok)
  }
}
