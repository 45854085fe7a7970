import CredentialLedger
import Hummingbird
import LedgerOperations

/// One event, and the proof beside it.
extension ManagementPortal {
  /// The event that a path names, where the viewer may see it.
  func entry(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> AuditEntry {
    guard let position = Position(visit.part(1)), position > 0, position < .max else { throw .notFound("event") }
    let filter = try await scope(of: viewer) ?? .all
    let page = try await asking { () throws(LedgerError) in
      try await ledger.audit.search(filter, after: position.next, limit: 1)
    }
    if page.archived.first?.position == position {
      throw PortalFailure(
        status: .gone, title: "This record is in the archive",
        remedy: "The archive is not connected. An operator finds it there: credledger audit --archive FOLDER",
        code: "archived", next: (words: "Audit trail", path: "/portal/audit"))
    }
    guard let entry = page.entries.first, entry.position == position else { throw .notFound("event") }
    return entry
  }

  /// Which of some events somebody may open: a page links to no others.
  ///
  /// Costs a search for each event of somebody who does not read everything.
  func openEvents(_ positions: [Position], to viewer: Viewer) async throws(PortalFailure) -> Set<Position> {
    let wanted = Set(positions)
    guard let filter = try await scope(of: viewer) else { return wanted }
    return try await asking { () async throws(LedgerError) -> Set<Position> in
      var open: Set<Position> = []
      for position in wanted where position < .max {
        let page = try await ledger.audit.search(filter, after: position.next, limit: 1)
        let found = page.entries.first?.position ?? page.archived.first?.position
        if found == position { open.insert(position) }
      }
      return open
    }
  }

  /// The events before and after one, of those that somebody may open.
  private func neighbours(of position: Position, _ viewer: Viewer) async throws(PortalFailure) -> [Position] {
    let filter = try await scope(of: viewer) ?? .all
    return try await asking { () async throws(LedgerError) -> [Position] in
      let before = try await ledger.audit.search(filter, after: position, limit: 1).entries
      let after = try await ledger.audit.search(filter, order: .oldestFirst, after: position, limit: 1).entries
      return (before + after).map(\.position)
    }
  }

  func eventPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let entry = try await entry(visit, viewer)
    let (known, proof, personal) = try await asking { () throws(LedgerError) in
      (
        try await self.words(for: [entry], to: viewer), try await ledger.integrity.proveInclusion(of: entry.position),
        try await ledger.audit.describe([entry]).personal[entry.position] ?? []
      )
    }
    var words = known
    if let token = entry.object, token.kind == .token, let place = try await place(of: TokenID(rawValue: token.number)),
      try await maySee(place, viewer)
    {
      words.pages[token] = "/portal/tokens/\(token.number)"
    }
    let title = words.unlinked.sentence(entry)
    let size = proof.inclusion.treeSize
    let plain = entry.type.name ?? "event"
    let position = entry.position
    let around = try await neighbours(of: position, viewer).map { near -> HTML in
      #"<a href="/portal/events/\#(near)">\#(Part.number(near))</a>"#
    }
    let content: HTML = #"""
      \#(Part.header(title, trail: Part.trail([("Audit trail", "/portal/audit"), ("Event \(Part.number(position))", nil)]), below: #"<p class="soft"><code>\#(plain)</code> · \#(Part.exact(entry.time))</p>"#, buttons: #"<a class="button" href="/portal/evidence/\#(position)/report">Printable report</a><a class="button button-main" href="/portal/evidence/\#(position)">Download evidence</a>"#))
      \#(Part.notice("good", "<strong>Proven.</strong> This event stands at position \(Part.number(position)) of a log of \(Part.number(size)), under a checkpoint signed by <bdi dir=\"ltr\">\(ledger.origin)</bdi>."))
      <div class="columns"><div class="wide-stack">
      \#(Self.changes(entry, words, personal, mayReveal: viewer.readsAll))
      \#(Self.proofCard(entry, proof))
      <section class="card stack" aria-labelledby="verify-title"><h2 id="verify-title">Check it without trusting this page</h2><p class="soft">Download the evidence, and use the public key that you got from the operator earlier, by another way. A key that came with the evidence proves nothing.</p><pre><code>credledger verify-bundle evidence-\#(position).json --key "$(cat published/key)"</code></pre></section>
      </div>
      <aside class="card stack" aria-labelledby="ctx"><h2 id="ctx" class="visually-hidden">Facts</h2><dl class="facts facts-side">
      <dt>Who</dt><dd>\#(words.name(entry.actor))<br><code>\#(entry.actor.description)</code></dd>
      \#(entry.object.map { "<dt>Made</dt><dd>\(words.link("<code>\($0.description)</code>", to: $0))</dd>" as HTML } ?? .empty)
      <dt>Request</dt><dd>\#(entry.requestID.map { #"<a href="/portal/audit?request=\#($0)"><code>\#($0)</code></a>"# as HTML } ?? "–")</dd>
      <dt>Before and after it</dt><dd>\#(around.isEmpty ? "–" : around.joined(by: " · "))</dd></dl></aside></div>
      \#(Part.commandLine(["credledger prove inclusion \(position)", "credledger bundle \(position) --out evidence.json"]))
      """#
    return .html(layout().page(Page("Event \(Part.number(position))", at: .audit, content), for: viewer))
  }

  /// What the event says, before and after.
  static func changes(
    _ entry: AuditEntry, _ words: EventWords, _ personal: [Audit.PersonalValue], mayReveal: Bool,
    hasHeading: Bool = true
  ) -> HTML {
    var rows = entry.subjects.filter { $0 != entry.actor }.map { subject -> HTML in
      let number: HTML = "<code>\(subject.description)</code>"
      let named: HTML =
        words.hasName(subject) ? "\(words.name(subject)) \(number)" : words.link(number, to: subject)
      return
        #"<tr><th scope="row">\#(subject.kind.name)</th><td data-label="Before"><span class="soft">–</span></td><td data-label="After">\#(named)</td></tr>"#
    }
    for (name, value) in entry.details {
      var before: HTML = #"<span class="soft">–</span>"#
      var after: HTML = "<bdi>\(text(value))</bdi>"
      if case .change(let old, let new) = value {
        before = "<bdi>\(text(old))</bdi>"
        after = "<ins><bdi>\(text(new))</bdi></ins>"
      }
      rows.append(
        #"<tr><th scope="row"><code>\#(name)</code></th><td data-label="Before">\#(before)</td><td data-label="After">\#(after)</td></tr>"#
      )
    }
    for value in personal {
      let isErased = value.state == .erased
      let reveal: HTML = when(
        mayReveal && !isErased, #" <a class="small" href="/portal/events/\#(entry.position)/reveal">Reveal…</a>"#)
      rows.append(
        #"<tr><th scope="row"><code>\#(value.name)</code></th><td data-label="Before"><span class="soft">–</span></td><td data-label="After"><span class="soft">\#(isErased ? "erased: it no longer exists" : "kept encrypted")</span>\#(reveal)</td></tr>"#
      )
    }
    if let reason = entry.reason {
      rows.append(
        #"<tr><th scope="row">reason</th><td data-label="Before"><span class="soft">–</span></td><td data-label="After">\#(Part.name(reason))</td></tr>"#
      )
    }
    guard !rows.isEmpty else { return .empty }
    let table: HTML =
      #"<div class="table-box"><table class="lists dense"><caption class="visually-hidden">What changed</caption><thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    guard hasHeading else { return table }
    return
      #"<section class="stack" aria-labelledby="what-title"><h2 id="what-title">What changed</h2>\#(table)</section>"#
  }

  private static func text(_ value: EventDetail) -> String {
    switch value {
    case .text(let text): text
    case .number(let number): String(number)
    case .flag(let flag): flag ? "yes" : "no"
    case .time(let time): time.description
    case .list(let items): items.joined(separator: ", ")
    case .change(let before, let after): "\(text(before)) → \(text(after))"
    }
  }

  /// The proof, drawn and as text.
  private static func proofCard(_ entry: AuditEntry, _ proof: EventProof) -> HTML {
    let hashes = proof.inclusion.hashes.map(\.hex)
    let lines =
      ["position   \(proof.position)", "leaf hash  \(proof.leafHash.hex)"] + hashes.map { "  \($0)" }
      + ["tree size  \(proof.inclusion.treeSize)", "", proof.checkpoint]
    return #"""
      <section class="card stack" aria-labelledby="proof-title"><h2 id="proof-title">The proof</h2>
      <p class="soft">Solid boxes are computed from the event; dashed ones are given by the ledger, \#(hashes.count) in all. If one bit of the event were different, the root would not match the signed one.</p>
      \#(ProofTree(position: proof.position, hashes: hashes).drawing)
      <details><summary>All \#(hashes.count) hashes and the signed checkpoint</summary><pre><code>\#(lines.joined(separator: "\n"))</code></pre></details></section>
      """#
  }

  func evidence(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let entry = try await entry(visit, viewer)
    let bundle = try await asking { () throws(LedgerError) in try await ledger.evidence.bundle(of: [entry.position]) }
    return .download(bundle.encoded, type: "application/json", name: "evidence-\(entry.position).json")
  }
}
