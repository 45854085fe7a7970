import CredentialLedger
import Hummingbird
import LedgerOperations

/// The list of events, with its filters.
extension ManagementPortal {
  /// What somebody may see of the audit trail: nil for all of it; else what their account did, what concerns their connectors and
  /// the groups that they administer, deleted ones as well, and the deletion of a connector that had access to such a group.
  func scope(of viewer: Viewer) async throws(PortalFailure) -> Audit.Filter? {
    guard !viewer.readsAll else { return nil }
    return try await asking { () throws(LedgerError) in
      var filter = Audit.Filter.account(viewer.id)
      for connector in try ledger.connectors.everOwned(by: viewer.id) {
        filter = filter.or(.connector(connector.id)) ?? filter
      }
      var deleted: Audit.Filter?
      for group in try ledger.groups.everJoined(by: viewer.id) {
        guard try isAdmin(viewer, of: group.id) else { continue }
        filter = filter.or(.group(group.id)) ?? filter
        guard !group.isDeleted else { continue }
        for connector in try ledger.connectors.deleted(in: group.id) {
          let one = Audit.Filter.subject(Subject(connector))
          deleted = deleted.map { $0.or(one) ?? $0 } ?? one
        }
      }
      // Its event names the connector alone. What is theirs, or both a deletion and of such a connector.
      guard let gone = deleted, let ofThose = filter.or(gone), let deletions = filter.or(.type(.connectorDeleted))
      else { return filter }
      return ofThose.and(deletions)
    }
  }

  /// Whether somebody administers a group. One look-up, however many members it has.
  func isAdmin(_ viewer: Viewer, of group: GroupID) throws(LedgerError) -> Bool {
    try ledger.groups.membership(of: viewer.id, in: group).map { !$0.isRemoved && $0.role == .admin } ?? false
  }

  /// Events of somebody's own, and the names of connectors and groups that they are about.
  func entries(_ filter: Audit.Filter, limit: Int, own viewer: Viewer) async throws(PortalFailure) -> (
    [AuditEntry], EventWords
  ) {
    try await asking { () throws(LedgerError) in
      let entries = try await ledger.audit.search(filter, limit: limit).entries
      return (entries, try await words(for: entries, to: viewer, under: own(viewer)))
    }
  }

  func words(for entries: [AuditEntry], to viewer: Viewer) async throws(LedgerError) -> EventWords {
    // Names alone are shown: the people whom events name, and nothing that events carry of others.
    let people = Self.subjects(of: entries).filter { [.account, .operator].contains($0.kind) }
    let leave = try await leave(to: viewer, .subjects(people.sorted { $0.number < $1.number }))
    return try await words(for: entries, to: viewer, under: leave)
  }

  private func words(
    for entries: [AuditEntry], to viewer: Viewer, under leave: Disclosure
  ) async throws(LedgerError) -> EventWords {
    let subjects = Self.subjects(of: entries)
    let labels = try await ledger.audit.labels(of: subjects, under: leave)
    return EventWords(labels: labels, pages: try pages(of: subjects, for: viewer))
  }

  private static func subjects(of entries: [AuditEntry]) -> Set<Subject> {
    Set(entries.flatMap { [$0.actor, $0.object].compactMap { $0 } + $0.subjects })
  }

  /// A table of events, one sentence each.
  ///
  /// - Parameter inDays: whether those of one day are a group of rows below its date.
  func eventTable(
    _ entries: [AuditEntry], _ words: EventWords, inDays: Bool = false
  ) throws(PortalFailure) -> HTML {
    guard !entries.isEmpty else { return #"<div class="card"><p>Nothing yet.</p></div>"# }
    let (now, signed) = (try now, signed)
    var (rows, day) = ([HTML](), "")
    for entry in entries {
      let date = String(entry.time.description.prefix(10))
      if inDays, date != day {
        rows.append(
          #"""
          \#(when(!day.isEmpty, "</tbody><tbody>"))<tr class="day-header"><th scope="rowgroup" colspan="3"><bdi dir="ltr">\#(date)</bdi> (UTC)</th></tr>
          """#)
        day = date
      }
      rows.append(
        #"""
        <tr><td data-label="When" class="when">\#(Part.ago(entry.time, now: now))</td><th scope="row">\#(words.sentence(entry))<small><code>\#(entry.type.name ?? "unknown")</code></small></th><td data-label="Proof">\#(Part.proof(entry.position, signed: signed))</td></tr>
        """#)
    }
    return #"""
      <div class="table-box"><table class="lists events dense"><caption class="visually-hidden">Events</caption><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Proof</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
  }

  /// How many events are counted for the chart, by their headers.
  private static let drawnLimit = 2_000

  func auditPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (filter, problem) = try await filter(visit, viewer)
    let after = visit.query.position("after")
    var page: Audit.Page?
    var words = EventWords(labels: [:])
    if let filter {
      (page, words) = try await asking { () throws(LedgerError) in
        let page = try await ledger.audit.search(filter, after: after, limit: Self.rowLimit)
        return (page, try await self.words(for: page.entries, to: viewer))
      }
    }
    let entries = page?.entries ?? []
    let following = page?.next
    let isLive = visit.query.has("live") && after == nil
    var chart = HTML.empty
    if let filter, after == nil, !isLive {
      let (drawn, isWhole) = try await asking { () throws(LedgerError) in
        try await ledger.audit.moments(of: filter, limit: Self.drawnLimit)
      }
      if let timeline = Timeline(drawn, until: try now) {
        chart = timeline.drawing(
          link: { "?\(visit.query.query(replacing: "type", with: $0.rawValue))" }, isPartial: !isWhole)
      }
    }
    let newest: Timestamp? =
      entries.isEmpty ? try await asking { () throws(LedgerError) in try ledger.status.newestAt } : nil
    let since: HTML = newest.map { "; the newest is from \(Part.exact($0))" } ?? .empty
    let empty: HTML =
      following != nil
      ? #"<div class="card"><p>Nothing among those looked at so far.</p></div>"#
      : #"""
      <div class="card stack"><p>No event matches. The ledger has \#(Part.number(layout().head)) events\#(since).</p><p><a href="/portal/audit">Clear</a></p></div>
      """#
    let older: HTML =
      following.map {
        #"<p class="pager"><a href="?\#(visit.query.query(replacing: "after", with: String($0)))">Older</a></p>"#
      }
      ?? .empty
    let archived: HTML =
      (page?.archived.isEmpty ?? true)
      ? .empty
      : Part.notice(
        "none",
        "\(page?.archived.count ?? 0) more events match. Their records are in the archive, which is not connected.")
    let reach: HTML =
      viewer.readsAll
      ? "Everything that was ever done here, in order. Nothing can be changed or taken out without the proofs showing it."
      : "What you did, and what concerns your connectors and the groups that you administer."
    let query = visit.query.query(replacing: "after", with: nil)
    let follow: HTML =
      isLive
      ? #"<a class="button" href="?\#(visit.query.query(replacing: "live", with: nil))">Pause</a>"#
      : #"<a class="button" href="?\#(visit.query.query(replacing: "live", with: "1"))">Follow live</a>"#
    let tail: HTML = when(
      isLive,
      #" data-live="/portal/audit/live?\#(query)&amp;since=\#(entries.first?.position ?? 0)" data-newest="\#(entries.first?.position ?? 0)""#
    )
    let news: HTML = when(isLive, Self.news(entries, since: visit.lastSeen.map { Position($0) }))
    let downloads: HTML = when(
      !entries.isEmpty,
      #"<p class="small">Download all that match: <a href="/portal/audit.csv?\#(query)">CSV</a>, <a href="/portal/audit.ndjson?\#(query)">NDJSON</a>, <a href="/portal/audit.cloudevents?\#(query)">CloudEvents</a></p>"#
    )
    let commands = [Self.auditCommand(visit.query)].compactMap { $0 }
    let hasWords = Self.parties(visit.query) == nil && visit.query["who"].contains { $0.isLetter || $0.isNumber }
    let content: HTML = #"""
      \#(Part.header("Audit trail", below: "<p>\(reach)</p>", buttons: follow))
      \#(auditFilter(visit, viewer, problem))
      \#(when(problem?.field == "who" && viewer.readsAll && hasWords, Self.findInstead(of: visit.query["who"])))
      \#(Self.filesCut(visit.query, head: layout().head))\#(archived)\#(Self.undecided(page?.undecided ?? 0))\#(chart)
      <section class="stack" aria-labelledby="list"\#(tail)><div class="section-header"><h2 id="list">Events, newest first</h2>\#(downloads)</div>\#(news)\#(entries.isEmpty ? empty : try eventTable(entries, words, inDays: true))\#(older)</section>
      \#(Part.commandLine(commands))
      """#
    let response = Response.html(
      layout().page(Page("Audit trail", at: .audit, hasProblem: problem != nil, content), for: viewer),
      status: problem == nil ? .ok : .unprocessableContent)
    return isLive ? response.askedByScripts : response
  }

  /// What a search by address says of events of which the address is known no more.
  static func undecided(_ count: Int) -> HTML {
    guard count > 0 else { return .empty }
    return Part.notice(
      "none",
      "Of \(count) events nobody can tell the address any more: their people were erased, or their records are in the archive."
    )
  }

  private func auditFilter(_ visit: Visit, _ viewer: Viewer, _ problem: Problem?) -> HTML {
    let kinds = EventKinds.allCases.map {
      #"<option value="\#($0.rawValue)"\#(when(visit.query["type"] == $0.rawValue, " selected"))>\#($0.title)</option>"#
        as HTML
    }
    let windows = [
      ("", "From the beginning"), ("1", "Last 24 hours"), ("2", "Last 48 hours"), ("7", "Last 7 days"),
      ("30", "Last 30 days"),
    ]
    .map { #"<option value="\#($0.0)"\#(when(visit.query["days"] == $0.0, " selected"))>\#($0.1)</option>"# as HTML }
    func fault(_ field: String) -> (attributes: HTML, text: HTML) {
      Part.fault(field, problem?.field == field ? problem?.words : nil)
    }
    /// A field that takes several values.
    func list(_ field: String, _ label: HTML, _ more: HTML = .empty) -> HTML {
      let wrong = fault(field)
      let value = visit.query.words(field).joined(separator: " ")
      return #"""
        <div class="field"><label for="\#(field)">\#(label)</label><input id="\#(field)" name="\#(field)" dir="ltr" autocomplete="off"\#(more) value="\#(value)"\#(wrong.attributes)>\#(wrong.text)</div>
        """#
    }
    let (who, from, until) = (fault("who"), fault("from"), fault("until"))
    let named = Self.parties(visit.query) == nil ? visit.query["who"] : visit.query.words("who").joined(separator: " ")
    let isOpen = ["exact", "not", "actor", "request", "address", "from", "until"].contains {
      !visit.query.words($0).isEmpty
    }
    return #"""
      <form class="filter-bar" method="get" action="/portal/audit" role="search" aria-label="Audit trail">\#(problem.map { Part.problems([$0]) } ?? .empty)
      <div class="field field-wide"><label for="who">Person, connector or group</label><input id="who" name="who" type="search" autocomplete="off" value="\#(named)"\#(who.attributes)>\#(who.text)</div>
      <div class="field"><label for="type">What</label><select id="type" name="type"><option value="">Everything</option>\#(kinds)</select></div>
      <div class="field"><label for="days">When</label><select id="days" name="days">\#(windows)</select></div>
      <button class="button button-main">Show</button><a class="button" href="/portal/audit">Clear</a>
      <details class="whole-row"\#(when(isOpen, " open"))><summary>More filters</summary><div class="filter-bar">
      <div class="field"><label for="from">From (UTC)</label><input id="from" name="from" type="datetime-local" value="\#(visit.query["from"])"\#(from.attributes)>\#(from.text)</div>
      <div class="field"><label for="until">Until (UTC)</label><input id="until" name="until" type="datetime-local" value="\#(visit.query["until"])"\#(until.attributes)>\#(until.text)</div>
      \#(list("exact", "Type", #" placeholder="token.*""#))\#(list("not", "Not of type"))\#(list("actor", "Who acted"))\#(list("request", "Request ID"))\#(when(viewer.readsAll, list("address", "Client address")))
      <p class="hint whole-row">A field takes several values with blanks between them, of which one has to match. All fields have to match. Who acted is a kind and its number, such as <code>account:2</code>.</p>\#(when(viewer.readsAll && viewer.account.role != .operator, #"<p class="hint whole-row">Addresses from which operators acted are not searched.</p>"#))</div></details></form>
      """#
  }

  /// What the page's filters ask for within what the viewer may see.
  ///
  /// - Returns: nil where nothing can match, or a filter is malformed.
  func filter(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> (Audit.Filter?, Problem?) {
    if let problem = Self.problem(in: visit.query, viewer) { return (nil, problem) }
    var filter = try await scope(of: viewer) ?? .all
    if let types = Self.types(visit.query).types { filter = filter.and(.anyType(of: types)) }
    filter = filter.and(try await alternatives(visit.query, viewer))
    if let days = visit.query.number("days"), days <= 3_660 {
      filter = filter.and(.recorded(since: try now - .seconds(Int64(days) * 86_400)))
    }
    for (name, isEnd) in [("from", false), ("until", true)] where visit.query.has(name) {
      // Browsers leave the seconds out where they are zero.
      let text = visit.query[name].utf8.count == 16 ? visit.query[name] + ":00" : visit.query[name]
      guard let time = Timestamp(rfc3339: text + "Z") else {
        return (nil, Problem(name, "Write a date and a time, such as 2026-11-29T12:00."))
      }
      filter = filter.and(isEnd ? .recorded(until: time) : .recorded(since: time))
    }
    if visit.query.has("who"), Self.parties(visit.query) == nil {
      guard let party = try await party(visit.query["who"], viewer) else {
        return (nil, Problem("who", "Nobody and nothing that you may see has this name."))
      }
      filter = filter.and(party)
    }
    return (filter, nil)
  }

  /// What a name stands for.
  private func party(_ text: String, _ viewer: Viewer) async throws(PortalFailure) -> Audit.Filter? {
    try await asking { () async throws(LedgerError) -> Audit.Filter? in
      let found = try await viewer.readsAll ? named(text) : named(text, seenBy: viewer)
      return Self.either(of: found)
    }
  }

  /// The connectors, groups and accounts of the whole ledger that have a name. Names are compared, and none is shown.
  private func named(_ text: String) async throws(LedgerError) -> [Audit.Filter] {
    let wanted = text.lowercased()
    // A text with a plus sign in front is looked for as a telephone number, and a name may begin with one.
    let words = String(text.drop { $0 == "+" })
    var found: [Audit.Filter] = []
    var next: UInt64? = 0
    do throws(LedgerError) {
      while let after = next {
        let page = try await ledger.find(words, after: after, limit: 1_000)
        let people = page.objects.map(\.subject).filter { $0.kind == .account }
        let labels = try await ledger.audit.labels(of: people, under: .withoutRecord(for: ledger))
        for object in page.objects {
          let subject = object.subject
          let name = object.name ?? labels[subject]?.name
          guard name?.lowercased() == wanted else { continue }
          switch subject.kind {
          case .connector: found.append(.connector(ConnectorID(rawValue: subject.number)))
          case .group: found.append(.group(GroupID(rawValue: subject.number)))
          case .account: found.append(.account(AccountID(rawValue: subject.number)))
          default: break
          }
        }
        next = page.next
      }
    } catch {
      // The index has no name without a letter or a digit.
      guard error.code == .invalidValue else { throw error }
    }
    return found
  }

  /// Those among a viewer's own connectors and groups that have a name, or had it when they were deleted; where none has, those
  /// with the text in their name.
  private func named(_ text: String, seenBy viewer: Viewer) throws(LedgerError) -> [Audit.Filter] {
    let wanted = text.lowercased()
    var own: [(name: String, filter: Audit.Filter)] = []
    for connector in try ledger.connectors.everOwned(by: viewer.id) {
      own.append((connector.details.name.lowercased(), .connector(connector.id)))
    }
    for group in try ledger.groups.everJoined(by: viewer.id) {
      own.append((group.name.lowercased(), .group(group.id)))
    }
    let exact = own.filter { $0.name == wanted }
    return (exact.isEmpty ? own.filter { $0.name.contains(wanted) } : exact).map(\.filter)
  }

  /// The way on for somebody whose text is no whole name: operators and auditors find by a part of it.
  private static func findInstead(of text: String) -> HTML {
    let query = FormValues.none.query(replacing: "q", with: text)
    return #"<p><a href="/portal/find?\#(query)">Find by a part of the name</a></p>"#
  }
}
