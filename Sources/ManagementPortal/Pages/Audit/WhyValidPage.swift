import CredentialLedger
import Hummingbird

/// Why a token is valid, or not, at any moment.
extension ManagementPortal {
  func whyValidPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard let number = UInt64(visit.part(1)), let place = try await place(of: TokenID(rawValue: number)),
      try await maySee(place, viewer)
    else { throw .notFound("token") }
    let token = TokenID(rawValue: number)
    let newest = try await asking { () throws(LedgerError) in try await ledger.explain(.token(token)) }
    let moments = newest.steps
    let chosen = visit.query.number("at").flatMap { Int(exactly: $0) }.flatMap {
      moments.indices.contains($0 &- 1) ? $0 : nil
    }
    let shown: Explanation
    if let chosen {
      let position = moments[chosen - 1].position
      shown = try await asking { () throws(LedgerError) in
        try await ledger.explain(.token(token), at: .position(position))
      }
    } else {
      shown = newest
    }
    let subjects = Set(
      newest.steps.map(\.object) + [Subject(place.connector)] + (place.group.map { [Subject($0)] } ?? []))
    let words = EventWords(
      labels: try await asking { () throws(LedgerError) in
        try await ledger.audit.labels(of: subjects, under: leave(to: viewer, .subjects(Array(subjects))))
      })
    let connector = words.name(Subject(place.connector))
    let setting: HTML = place.group.map { " for \(words.name(Subject($0)))" } ?? .empty
    let objects = newest.steps.flatMap { [$0.position, Position($0.object.number)] }
    let open = try await openEvents(objects + Self.deciding(shown), to: viewer)
    let verdict = verdict(shown, words, open)
    let mayOpen = !place.isConnectorDeleted && (viewer.readsAll || place.owner == viewer.id)
    let connectorPath = mayOpen ? "/portal/connectors/\(place.connector.rawValue)" : nil
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Why is <code>\(token.description)</code> \(newest.isValid ? "valid" : "not valid")?", trail: Part.trail([("Connectors", "/portal/connectors"), (connector, connectorPath), (Part.name(token.description), nil)]), below: "<p class=\"soft\">\(place.isAccess ? "Access token" : "Refresh token") of \(connector)\(setting)</p>"))
      <div class="notice \#(shown.isValid ? "good" : "bad")" role="status"><p class="verdict">\#(verdict)</p></div>
      \#(chain(shown, newest, words, open))
      \#(moment(token, moments, chosen, shown, words, open))
      \#(Part.commandLine(["credledger explain \(token.description)", "credledger explain \(token.description) --at \(shown.time.description)"]))
      """#
    return .html(
      layout().page(
        Page(
          "Why is \(Part.name(token.description)) \(newest.isValid ? "valid" : "not valid")?", at: .connectors, content),
        for: viewer))
  }

  /// Whether somebody may see the connector, or the group, of a token.
  func maySee(_ place: TokenPlace, _ viewer: Viewer) async throws(PortalFailure) -> Bool {
    if viewer.readsAll || place.owner == viewer.id || place.granter == viewer.id { return true }
    guard let group = place.group else { return false }
    return try await asking { () throws(LedgerError) in
      try isAdmin(viewer, of: group)
    }
  }

  /// The events that an answer names besides those that the token stands on.
  private static func deciding(_ explanation: Explanation) -> [Position] {
    let decisive = explanation.decidedBy.map(\.position)
    let named: Position? =
      switch explanation.denialReason {
      case .stopped(_, let position)?: position
      case .replaced(let successor)?: successor.position
      default: nil
      }
    return [decisive, named].compactMap { $0 }
  }

  /// The answer, and the event that decides it.
  ///
  /// - Parameter open: the events that the reader may open, as for the other parts of the page.
  private func verdict(_ explanation: Explanation, _ words: EventWords, _ open: Set<Position>) -> HTML {
    func proof(_ position: Position) -> HTML {
      Part.proof(position, signed: signed, isOpen: open.contains(position))
    }
    guard let denialReason = explanation.denialReason else {
      return
        "<strong>Valid</strong><span>at \(Part.exact(explanation.time)): nothing that it stands on was stopped.</span>"
    }
    let reason: HTML =
      switch denialReason {
      case .stopped(let subject, let position):
        "because <code>\(subject.description)</code> was stopped \(proof(position))"
      case .expired(let time): "because it expired at \(Part.exact(time))"
      case .replaced(let successor):
        "because <code>\(successor.description)</code> replaced it \(proof(successor.position))"
      case .malformed, .unknown: "because there was no such token yet"
      case .wrongKind, .anotherConnector, .otherAudience: "because it is used for something else"
      case .wrongKey: "because the key that it is bound to was not proved"
      }
    return "<strong>Not valid</strong><span>at \(Part.exact(explanation.time)), \(reason)</span>"
  }

  /// What the token depends on, the broken link marked.
  private func chain(
    _ shown: Explanation, _ newest: Explanation, _ words: EventWords, _ open: Set<Position>
  ) -> HTML {
    let signed = signed
    var broken: Subject?
    if case .stopped(let subject, _)? = shown.denialReason { broken = subject }
    if shown.denialReason != nil, broken == nil { broken = shown.subject }
    let objects = newest.steps.map(\.object)
    func links(_ kinds: [SubjectKind]) -> [HTML] {
      var links: [HTML] = []
      var isAfter = false
      for kind in kinds {
        for object in Set(objects.filter { $0.kind == kind }).sorted(by: { $0.number < $1.number }) {
          let isBroken = object == broken
          let event = isBroken ? shown.decidedBy?.position ?? Position(object.number) : Position(object.number)
          let isThere = Position(object.number) <= shown.position
          let state: HTML =
            isBroken
            ? "<strong>stopped</strong>" : !isThere ? "not yet there" : isAfter ? "in order itself" : "in order"
          let style = isBroken ? "link link-broken" : isAfter || !isThere ? "link link-after" : "link"
          links.append(
            #"<li class="\#(style)"><span class="soft">\#(object.kind.name)</span><b>\#(words.name(object))</b><span class="soft">\#(state)</span><div>\#(Part.proof(event, signed: signed, isOpen: open.contains(event)))</div></li>"#
          )
          if isBroken { isAfter = true }
        }
      }
      return links
    }
    func strand(_ title: HTML, _ kinds: [SubjectKind], _ style: String) -> HTML {
      let links = links(kinds)
      return when(!links.isEmpty, #"<div class="\#(style)"><h3>\#(title)</h3><ol>\#(links)</ol></div>"#)
    }
    return #"""
      <section class="card" aria-labelledby="chain-title"><div class="section-header"><h2 id="chain-title">What it stands on</h2><span class="soft small">As of \#(Part.exact(shown.time))</span></div>
      <div class="chain"><div class="strands">\#(strand("Whose connector, and who let it in", [.account, .connector], "strand"))\#(strand("By which right", [.phone, .membership, .group], "strand"))</div><div class="joint"></div>\#(strand("What was given", [.grant, .family, .token], "strand trunk"))</div></section>
      """#
  }

  /// The moments of the token's history, and how to go to another.
  private func moment(
    _ token: TokenID, _ moments: [Explanation.Step], _ chosen: Int?, _ shown: Explanation, _ words: EventWords,
    _ open: Set<Position>
  ) -> HTML {
    let current = chosen ?? moments.count
    let signed = signed
    let rows = moments.map { step -> HTML in
      let decides = step.position == shown.decidedBy?.position
      return #"""
        <tr\#(when(decides, shown.isValid ? #" class="decides good""# : #" class="decides bad""#))><td data-label="When">\#(Part.exact(step.time))</td><th scope="row" class="small"><code>\#(step.type.name ?? "event")</code></th><td data-label="About" class="sentence">\#(words.name(step.object))</td><td data-label="Proof">\#(Part.proof(step.position, signed: signed, isOpen: open.contains(step.position)))</td><td data-label="The token" class="sentence">\#(decides ? (shown.isValid ? "made it valid" : "stopped it") : "")</td></tr>
        """#
    }
    let stops = moments.indices.map { #"<option value="\#($0 + 1)"></option>"# as HTML }
    let earlier: HTML = when(current > 1, #"<a class="button" href="?at=\#(current - 1)">Earlier</a>"#)
    let later: HTML = when(current < moments.count, #"<a class="button" href="?at=\#(current + 1)">Later</a>"#)
    let now: HTML = when(chosen != nil, #"<a href="/portal/tokens/\#(token.rawValue)">Now</a>"#)
    return #"""
      <section class="stack" aria-labelledby="moment-title"><div class="card stack"><div><h2 id="moment-title">Go to another moment</h2><p class="soft">Each stop is an event that this token stands on.</p></div>
      <form class="stack" method="get" action="/portal/tokens/\#(token.rawValue)"><label for="at" class="visually-hidden">Moment</label><input type="range" id="at" name="at" min="1" max="\#(max(1, moments.count))" value="\#(current)" list="stops" data-submits><datalist id="stops">\#(stops)</datalist><div class="button-row">\#(earlier)\#(later)<button class="button">Show this moment</button>\#(now)</div></form></div>
      <div class="table-box"><table class="lists events dense"><caption class="visually-hidden">Events that the token stands on</caption><thead><tr><th scope="col">When</th><th scope="col">Type</th><th scope="col">About</th><th scope="col">Proof</th><th scope="col">The token</th></tr></thead><tbody>\#(rows)</tbody></table></div></section>
      """#
  }
}
