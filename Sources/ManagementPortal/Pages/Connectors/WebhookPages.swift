import CredentialLedger
import Hummingbird

/// The webhooks of a connector: how they do, what was delivered, and their end.
extension ManagementPortal {
  func webhooksPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let (now, signed) = (try now, signed)
    let isOwner = state.connector.owner == viewer.id
    let base = "/portal/connectors/\(state.connector.id.rawValue)/webhooks"
    let after = visit.query.number("after") ?? 0
    let (rows, next) = try await asking { () async throws(LedgerError) -> ([HTML], UInt64?) in
      let all = try ledger.webhooks.states(of: state.connector.id).filter { $0.webhook.id.rawValue > after }
      var rows: [HTML] = []
      for known in all.prefix(Self.rowLimit) {
        let webhook = known.webhook
        // Only the owner's program gave the address, so only the owner sees it.
        let url = isOwner ? try await ledger.webhooks.callback(of: webhook.id)?.url : nil
        let last = try ledger.deliveries.tries(of: webhook.id).first
        let lastTry: HTML =
          last.map { "\(Self.outcome($0)) <small>\(Part.ago($0.time, now: now))</small>" }
          ?? #"<span class="soft">None yet</span>"#
        let group = try ledger.groups.group(webhook.group)?.name ?? webhook.group.description
        rows.append(
          #"""
          <tr><th scope="row"><a href="\#(base)/\#(webhook.id.rawValue)"><code>\#(url ?? webhook.id.description)</code></a><small>\#(Part.name(group))</small></th><td data-label="Events"><span>\#(webhook.eventTypes.map { "<code>\($0.rawValue)</code>" as HTML }.joined(by: ", "))</span></td><td data-label="State">\#(Self.badge(known))</td><td data-label="Waiting" class="number">\#(try ledger.deliveries.queue(of: webhook.id)?.count ?? 0)</td><td data-label="Last try">\#(lastTry)</td><td data-label="Ends" class="when">\#(Part.until(webhook.expiresAt, now: now))</td><td data-label="Proof">\#(Part.proof(webhook.setBy, signed: signed))</td></tr>
          """#)
      }
      return (rows, all.count > rows.count ? all[rows.count - 1].webhook.id.rawValue : nil)
    }
    let more: HTML = next.map { #"<p class="pager"><a href="?after=\#($0)">Next</a></p>"# } ?? .empty
    let table: HTML =
      rows.isEmpty
      ? #"<div class="card"><p>No webhook. A program registers one by the API, with an access token.</p></div>"#
      : #"<div class="table-box"><table class="lists"><caption class="visually-hidden">Webhooks</caption><thead><tr><th scope="col">Address</th><th scope="col">Events</th><th scope="col">State</th><th scope="col" class="number">Waiting</th><th scope="col">Last try</th><th scope="col">Ends</th><th scope="col">Proof</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    let content: HTML = #"""
      \#(said(visit))
      \#(try connectorHead(state, viewer, tab: "webhooks"))
      <section class="stack" aria-labelledby="webhooks"><h2 id="webhooks">Webhooks</h2>\#(table)\#(more)</section>
      \#(Part.commandLine(["credledger webhook list \(state.connector.id.description)"]))
      """#
    return .html(
      layout().page(
        Page("Webhooks of \(Part.name(state.connector.details.name))", at: .connectors, content), for: viewer))
  }

  private static func badge(_ known: WebhookState) -> HTML {
    switch known.denialReason {
    case nil: Part.status("good", "Active")
    case .disabled: Part.status("bad", "Switched off")
    case .expired: Part.status("", "Expired")
    default: Part.status("bad", "Stopped")
    }
  }

  /// What came of a try, in a word.
  private static func outcome(_ made: DeliveryTry) -> HTML {
    made.isDelivered ? Part.status("good", "Delivered") : Part.status("bad", "Failed")
  }

  /// One webhook: what was delivered lately, and what its owner may do.
  func webhookPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let (connector, isOwner) = (state.connector, state.connector.owner == viewer.id)
    let known = try await webhook(visit, of: connector, viewer)
    let (webhook, now, signed) = (known.webhook, try now, signed)
    let path = "/portal/connectors/\(connector.id.rawValue)/webhooks/\(webhook.id.rawValue)"
    let (url, queue, tries, off, group) = try await asking { () async throws(LedgerError) in
      (
        isOwner ? try await ledger.webhooks.callback(of: webhook.id)?.url : nil,
        try ledger.deliveries.queue(of: webhook.id), try ledger.deliveries.tries(of: webhook.id),
        try await ledger.audit.latest(1, of: .subject(Subject(webhook.id)).and(.type(.webhookDisabled))).first,
        try ledger.groups.group(webhook.group)?.name ?? webhook.group.description
      )
    }
    let name = url ?? webhook.id.description
    let waiting: HTML =
      queue.map { queue in
        queue.attempts == 0
          ? "\(queue.count)" : "\(queue.count), the first one tried again \(Part.until(queue.dueAt, now: now))"
      } ?? "None"
    let switchedOff: HTML =
      known.denialReason == .disabled
      ? Part.notice(
        "bad",
        "<strong>Switched off</strong>\(off.map { " \(Part.exact($0.time)) \(Part.proof($0.position, signed: signed))" } ?? .empty). \(off?.reason.map { "\(Part.name($0))" } ?? .empty) What happens meanwhile is not told to it."
      ) : .empty
    let actions: HTML = #"""
      <div class="button-row">\#(when(known.denialReason == .disabled, Self.pressed("\(path)/enable", "Switch on", viewer)))\#(when((queue?.attempts ?? 0) > 0, Self.pressed("\(path)/retry", "Retry now", viewer)))<a class="button button-danger" href="\#(path)/delete">Delete…</a></div>
      """#
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("<code>\(name)</code>", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), "/portal/connectors/\(connector.id.rawValue)"), ("Webhooks", "/portal/connectors/\(connector.id.rawValue)/webhooks"), (Part.name(webhook.id.description), nil)]), below: #"<p class="button-row">\#(Self.badge(known))</p>"#))
      \#(switchedOff)
      <section class="card stack" aria-labelledby="facts"><h2 id="facts" class="visually-hidden">Facts</h2><dl class="facts"><dt>Group</dt><dd>\#(Part.name(group))</dd><dt>Events</dt><dd>\#(webhook.eventTypes.map { "<code>\($0.rawValue)</code>" as HTML }.joined(by: ", "))</dd><dt>Waiting</dt><dd>\#(waiting)</dd><dt>Ends</dt><dd>\#(Part.until(webhook.expiresAt, now: now))</dd><dt>Last change</dt><dd>\#(Part.proof(webhook.setBy, signed: signed))</dd></dl>\#(when(isOwner, actions))</section>
      <section class="stack" aria-labelledby="tries"><h2 id="tries">Last tries</h2>\#(Self.tryTable(tries, now: now))</section>
      \#(Part.commandLine(["credledger webhook show \(webhook.id.rawValue)", "credledger webhook enable \(webhook.id.rawValue)"]))
      """#
    return .html(
      layout().page(Page("Webhook of \(Part.name(connector.details.name))", at: .connectors, content), for: viewer))
  }

  /// A button that sends a form of its own.
  private static func pressed(_ path: String, _ words: HTML, _ viewer: Viewer) -> HTML {
    #"<form method="post" action="\#(path)">\#(viewer.token)<button class="button">\#(words)</button></form>"#
  }

  private static func tryTable(_ tries: [DeliveryTry], now: Timestamp) -> HTML {
    guard !tries.isEmpty else { return #"<div class="card"><p>Nothing was delivered yet.</p></div>"# }
    let rows = tries.map { made -> HTML in
      let answer: HTML = made.answer.map { "<span>HTTP <code>\(String($0))</code></span>" } ?? "No answer"
      return #"""
        <tr><td data-label="When" class="when">\#(Part.ago(made.time, now: now))</td><th scope="row"><code>\#(made.eventType)</code><small><code>\#(made.eventID)</code></small></th><td data-label="Outcome">\#(outcome(made))</td><td data-label="Answer">\#(answer)</td><td data-label="Try" class="number">\#(made.attempt)</td></tr>
        """#
    }
    return #"""
      <div class="table-box"><table class="lists dense"><caption class="visually-hidden">Tries to deliver, the newest first</caption><thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">Outcome</th><th scope="col">Answer</th><th scope="col" class="number">Try</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      <p class="hint">The newest 20 are kept. What was told is not.</p>
      """#
  }

  /// The webhook that a path names.
  private func webhook(
    _ visit: Visit, of connector: Connector, _ viewer: Viewer
  ) async throws(PortalFailure) -> WebhookState {
    let (known, state) = try await asking { () throws(LedgerError) -> (Webhook?, WebhookState?) in
      guard let number = UInt64(visit.part(3)) else { return (nil, nil) }
      let id = WebhookID(rawValue: number)
      return (try ledger.webhooks.webhook(id), try ledger.webhooks.state(of: id))
    }
    guard let known, known.connector == connector.id else { throw .notFound("webhook") }
    guard let state, !state.webhook.isDeleted else {
      let list = "/portal/connectors/\(connector.id.rawValue)/webhooks"
      throw try await deleted(
        "This webhook was deleted", named: "<code>\(known.id.description)</code>", Subject(known.id),
        by: .webhookDeleted, to: viewer, else: (words: "Webhooks", path: list))
    }
    return state
  }

  /// The same, of a connector of the viewer's own.
  private func ownWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> (Connector, WebhookID) {
    let connector = try await connector(visit, viewer, changing: true).connector
    return (connector, try await webhook(visit, of: connector, viewer).webhook.id)
  }

  /// Has the first delivery that waits tried at once.
  func retryWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await ownWebhook(visit, viewer)
    _ = try await asking { () throws(LedgerError) in try await ledger.deliveries.retry(id) }
    return .see("/portal/connectors/\(connector.id.rawValue)/webhooks/\(id.rawValue)?said=retried")
  }

  /// Lets a webhook that was switched off deliver again.
  func enableWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await ownWebhook(visit, viewer)
    _ = try await asking { () throws(LedgerError) in
      try await ledger.webhooks.enable(id, by: viewer.id, context: visit.recorded())
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/connectors/\(connector.id.rawValue)/webhooks/\(id.rawValue)?said=webhook-on\(receipt)")
  }

  func deleteWebhookPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await ownWebhook(visit, viewer)
    let base = "/portal/connectors/\(connector.id.rawValue)/webhooks"
    let waiting = try await asking { () throws(LedgerError) in try ledger.deliveries.waiting(for: id).count }
    let content: HTML = #"""
      \#(Part.header("Delete \(id.description)?", trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), "/portal/connectors/\(connector.id.rawValue)"), ("Webhooks", base), ("Delete", nil)])))
      <form class="card stack" method="post" action="\#(base)/\#(id.rawValue)/delete">\#(viewer.token)<p>Nothing more is sent to it, and <strong>\#(waiting == 1 ? "1 waiting delivery" : "\(waiting) waiting deliveries")</strong> will never come.</p>
      <div class="button-row"><button class="button button-stop">Delete webhook</button><a href="\#(base)/\#(id.rawValue)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger webhook delete \(id.rawValue)"]))
      """#
    return .html(layout().page(Page("Delete a webhook", at: .connectors, narrow: true, content), for: viewer))
  }

  func deleteWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await ownWebhook(visit, viewer)
    try await asking { () throws(LedgerError) in
      try await ledger.webhooks.delete(id, by: viewer.id, context: visit.recorded())
    }
    return .see("/portal/connectors/\(connector.id.rawValue)/webhooks?said=members\(try await receipt(of: visit))")
  }
}
