import CredentialLedger
import Hummingbird
import LedgerOperations

/// The personal data of one event, for operators and auditors, with a reason that stays.
extension ManagementPortal {
  private func requireReader(_ viewer: Viewer) throws(PortalFailure) {
    guard viewer.readsAll else { throw .notFound("event") }
  }

  /// Whether an event has something personal that can still be read.
  private func sealed(_ entry: AuditEntry) async throws(PortalFailure) -> [Audit.PersonalValue] {
    try await asking { () throws(LedgerError) in
      try await ledger.audit.describe([entry]).personal[entry.position] ?? []
    }
  }

  func revealPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireReader(viewer)
    guard try isFresh(viewer) else { return signInAgain(visit.address) }
    return try await revealAnswer(visit, viewer, problems: [])
  }

  private func revealAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let entry = try await entry(visit, viewer)
    let values = try await sealed(entry)
    let position = entry.position
    let trail = Part.trail([
      ("Audit trail", "/portal/audit"), ("Event \(Part.number(position))", "/portal/events/\(position)"),
      ("Reveal", nil),
    ])
    let names = values.filter { $0.state == .sealed }.map(\.name).joined(separator: ", ")
    let form: HTML = #"""
      <form class="card stack" method="post" action="/portal/events/\#(position)/reveal" novalidate>\#(viewer.token)\#(Part.problems(problems))
      <p>Shown on the next page, and nowhere else: <strong><bdi>\#(names)</bdi></strong>.</p>
      \#(Part.textField("reason", "Reason", hint: "Your name and reason go into the audit trail before anything is shown. Write nothing personal.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))
      <div class="button-row"><button class="button button-main">Reveal</button><a href="/portal/events/\#(position)">Cancel</a></div></form>
      """#
    let nothing: HTML =
      values.contains { $0.state == .erased }
      ? #"<div class="card"><p>This person was erased. What was personal no longer exists.</p></div>"#
      : #"<div class="card"><p>Nothing in this event is personal.</p></div>"#
    let content: HTML = #"""
      \#(Part.header("Reveal what is personal?", trail: trail))
      \#(names.isEmpty ? nothing : form)
      \#(Part.commandLine(["credledger audit --after \(position + 1) --limit 1 --reveal"]))
      """#
    return .html(
      layout().page(
        Page("Reveal", at: .audit, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func reveal(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireReader(viewer)
    guard try isFresh(viewer) else { return signInAgain("/portal/events/\(visit.part(1))/reveal") }
    let entry = try await entry(visit, viewer)
    guard visit.form.has("reason") else {
      return try await revealAnswer(
        visit, viewer, problems: [Problem("reason", "Say why, in a few words: it is what an auditor will read.")])
    }
    var context = visit.recorded()
    context.reason = visit.form["reason"]
    let values: [Audit.PersonalValue]
    do throws(LedgerError) {
      let leave = try await ledger.disclose(
        .entries([entry]), for: "portal reveal", by: viewer.id, context: context)
      values = try await ledger.audit.describe([entry], under: leave).personal[entry.position] ?? []
    } catch {
      guard error.field == "reason" else { throw PortalFailure(error) }
      return try await revealAnswer(visit, viewer, problems: [Problem("reason", RefusalWords.sentence(error))])
    }
    let rows = values.map { value -> HTML in
      let shown: HTML =
        switch value.state {
        case .revealed(let text): "<strong>\(Part.name(text))</strong>"
        case .erased: #"<span class="soft">erased: it no longer exists</span>"#
        case .sealed: #"<span class="soft">you may not read this</span>"#
        }
      return "<dt><code>\(value.name)</code></dt><dd>\(shown)</dd>"
    }
    let event = try await asking { () throws(LedgerError) in
      try await ledger.audit.latest(1, of: .request(visit.context.requestID)).first
    }
    let receipt: HTML = event.map { "Recorded as \(Part.proof($0.position, signed: signed))." } ?? .empty
    let content: HTML = #"""
      \#(Part.header("Revealed", trail: Part.trail([("Audit trail", "/portal/audit"), ("Event \(Part.number(entry.position))", "/portal/events/\(entry.position)"), ("Revealed", nil)])))
      <div class="card stack"><dl class="facts">\#(rows)</dl><p>\#(receipt) Shown on this page alone; to see it again, reveal it again.</p>
      <div class="button-row"><a class="button button-main" href="/portal/events/\#(entry.position)">Back to the event</a></div></div>
      """#
    return .html(layout().page(Page("Revealed", at: .audit, narrow: true, content), for: viewer))
  }
}
