import CredentialLedger
import Hummingbird

/// The webhooks of a connector: how they do, and their end.
extension ManagementPortal {
  func webhooksPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let state = try await connector(visit, viewer)
    let (now, signed) = (try now, signed)
    let isOwner = state.connector.owner == viewer.id
    let base = "/portal/connectors/\(state.connector.id.rawValue)/webhooks"
    let rows = try await asking { () async throws(LedgerError) -> [HTML] in
      var rows: [HTML] = []
      for known in try ledger.webhooks.states(of: state.connector.id) {
        let webhook = known.webhook
        // Only the owner's program gave the address, so only the owner sees it.
        let url = isOwner ? try await ledger.webhooks.callback(of: webhook.id)?.url : nil
        let queue = try ledger.deliveries.queue(of: webhook.id)
        let state: HTML =
          known.isInForce ? Part.status("good", "Active") : Part.status("bad", "Switched off")
        let retry: HTML =
          #"<form method="post" action="\#(base)/\#(webhook.id.rawValue)/retry">\#(viewer.token)<button class="link-button">Retry now<span class="visually-hidden"> \#(webhook.id.description)</span></button></form>"#
        let tries: HTML =
          queue.map {
            $0.attempts == 0
              ? "none yet" : "\(Part.count($0.attempts, "try", many: "tries")), next \(Part.until($0.dueAt, now: now))"
          } ?? #"<span class="soft">–</span>"#
        let group = try ledger.groups.group(webhook.group)?.name ?? webhook.group.description
        let end: HTML =
          #"<a class="small" href="\#(base)/\#(webhook.id.rawValue)/delete">Delete…<span class="visually-hidden"> \#(webhook.id.description)</span></a>"#
        rows.append(
          #"""
          <tr><th scope="row"><code>\#(url ?? webhook.id.description)</code><small>\#(Part.name(group))</small></th><td data-label="Events">\#(webhook.eventTypes.map(\.rawValue).joined(separator: ", "))</td><td data-label="State">\#(state)</td><td data-label="Waiting" class="number">\#(queue?.count ?? 0)</td><td data-label="Tries">\#(tries)</td><td data-label="Ends" class="when">\#(Part.until(webhook.expiresAt, now: now))</td><td data-label="Proof">\#(Part.proof(webhook.setBy, signed: signed))</td><td data-label="Actions">\#(when(isOwner && queue.map { $0.attempts > 0 } == true, retry))\#(when(isOwner, end))</td></tr>
          """#)
      }
      return rows
    }
    let table: HTML =
      rows.isEmpty
      ? #"<div class="card"><p>No webhook. A program registers one by the API, with an access token.</p></div>"#
      : #"<div class="table-box"><table class="lists"><caption class="visually-hidden">Webhooks</caption><thead><tr><th scope="col">Address</th><th scope="col">Events</th><th scope="col">State</th><th scope="col" class="number">Waiting</th><th scope="col">Tries</th><th scope="col">Ends</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    let content: HTML = #"""
      \#(said(visit))
      \#(try connectorHead(state, viewer, tab: "webhooks"))
      <section class="stack" aria-labelledby="webhooks"><h2 id="webhooks">Webhooks</h2>\#(table)</section>
      \#(Part.commandLine(["credledger webhook list \(state.connector.id.description)"]))
      """#
    return .html(
      layout().page(Page("Webhooks of \(state.connector.details.name)", at: .connectors, content), for: viewer))
  }

  /// The webhook that a path names, of a connector of the viewer's own.
  private func webhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> (Connector, WebhookID) {
    let connector = try await connector(visit, viewer, changing: true).connector
    let known = try await asking { () throws(LedgerError) in
      try ledger.webhooks.states(of: connector.id).map(\.webhook.id)
    }
    guard let id = known.first(where: { String($0.rawValue) == visit.part(3) }) else { throw .notFound("webhook") }
    return (connector, id)
  }

  /// Has the first delivery that waits tried at once.
  func retryWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await webhook(visit, viewer)
    _ = try await asking { () throws(LedgerError) in try await ledger.deliveries.retry(id) }
    return .see("/portal/connectors/\(connector.id.rawValue)/webhooks?said=retried")
  }

  func deleteWebhookPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await webhook(visit, viewer)
    let base = "/portal/connectors/\(connector.id.rawValue)/webhooks"
    let waiting = try await asking { () throws(LedgerError) in try ledger.deliveries.waiting(for: id).count }
    let content: HTML = #"""
      \#(Part.header("Delete \(id.description)?", trail: Part.trail([("Connectors", "/portal/connectors"), (connector.details.name, "/portal/connectors/\(connector.id.rawValue)"), ("Webhooks", base), ("Delete", nil)])))
      <form class="card stack" method="post" action="\#(base)/\#(id.rawValue)/delete">\#(viewer.token)<p>Nothing more is sent to it, and <strong>\#(waiting == 1 ? "1 waiting delivery" : "\(waiting) waiting deliveries")</strong> will never come.</p>
      <div class="button-row"><button class="button button-stop">Delete webhook</button><a href="\#(base)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger webhook delete \(id.rawValue)"]))
      """#
    return .html(layout().page(Page("Delete a webhook", at: .connectors, narrow: true, content), for: viewer))
  }

  func deleteWebhook(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (connector, id) = try await webhook(visit, viewer)
    try await asking { () throws(LedgerError) in
      try await ledger.webhooks.delete(id, by: viewer.id, context: visit.recorded())
    }
    return .see("/portal/connectors/\(connector.id.rawValue)/webhooks?said=members\(try await receipt(of: visit))")
  }
}
