import CredentialLedger
import Hummingbird

/// The list of connectors.
extension ManagementPortal {
  /// How many rows a page has at most.
  static let rowLimit = 50
  /// How many grants of a connector the list counts: each is looked up with what it depends on.
  private static let countedGrants = 20

  func connectorsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let wanted = visit.query["q"]
    let choice = ConnectorChoice(rawValue: visit.query["show"]) ?? .all
    let (rows, next) = try await connectorRows(visit, viewer, choice, wanted: wanted)
    let hasPhone = try await asking { () throws(LedgerError) in try !ledger.phones.verified(by: viewer.id).isEmpty }
    let add = hasPhone ? Self.mainLink("/portal/connectors/new", "Add Connector") : .empty
    let isNarrowed = !wanted.isEmpty || choice != .all
    let owner = viewer.readsAll && choice != .mine ? nil : viewer.id
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Connectors", below: "<p>Programs that may call the API. A connector can do nothing until a group’s admin lets it in.</p>", buttons: rows.isEmpty && !isNarrowed ? .empty : add))
      \#(rows.isEmpty && !isNarrowed ? .empty : Self.connectorFilter(wanted, viewer, choice))
      \#(rows.isEmpty ? Self.noConnectors(wanted, isNarrowed: isNarrowed, hasPhone: hasPhone) : Self.connectorTable(rows))
      \#(when(!rows.isEmpty, #"<p class="pager"><span>\#(Part.count(rows.count, "connector"))</span>\#(next.map { #"<a href="?\#(visit.query.query(replacing: "after", with: $0))">Next</a>"# as HTML } ?? .empty)</p>"#))
      \#(Part.commandLine([choice.commandLine(owner: owner, name: wanted)]))
      """#
    return .html(layout().page(Page("Connectors", at: .connectors, content), for: viewer))
  }

  private static func connectorTable(_ rows: [HTML]) -> HTML {
    #"""
    <div class="table-box"><table class="lists named"><caption class="visually-hidden">Connectors</caption><thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">ID</th><th scope="col" class="number">Grants</th><th scope="col">Last used</th><th scope="col">Last change</th></tr></thead><tbody>\#(rows)</tbody></table></div>
    """#
  }

  private static func connectorFilter(_ wanted: String, _ viewer: Viewer, _ choice: ConnectorChoice) -> HTML {
    let options = ConnectorChoice.allCases.filter { viewer.readsAll || $0 != .mine }.map {
      #"<option value="\#($0.rawValue)"\#(when($0 == choice, " selected"))>\#($0.title)</option>"# as HTML
    }
    let hint = viewer.readsAll ? "Name, ID or owner" : "Name or ID"
    return #"""
      <form class="filter-bar" method="get" action="/portal/connectors" role="search" aria-label="Connectors"><div class="field field-wide"><label for="q">Search</label><input id="q" name="q" type="search" autocomplete="off" value="\#(wanted)" placeholder="\#(hint)"></div><div class="field"><label for="show">Show</label><select id="show" name="show">\#(options)</select></div><button class="button">Apply</button></form>
      """#
  }

  private static func noConnectors(_ wanted: String, isNarrowed: Bool, hasPhone: Bool) -> HTML {
    guard !isNarrowed else {
      let sentence: HTML =
        wanted.isEmpty ? "No connector matches." : "No connector matches “\(Part.name(wanted))”."
      return
        #"<div class="card stack"><p>\#(sentence)</p><p><a href="/portal/connectors">Show all</a></p></div>"#
    }
    return hasPhone
      ? #"<div class="card stack"><h2>No connectors yet</h2><p>Create the first one. It takes a name and a list of what it may do.</p><p>\#(mainLink("/portal/connectors/new", "Add Connector"))</p></div>"#
      : #"<div class="card stack"><h2>No connectors yet</h2><p>Add a phone number first. Everybody who creates connectors or grants access has one.</p><p>\#(mainLink(newPhonePath(from: "/portal/connectors"), "Add a Phone Number"))</p></div>"#
  }

  /// A connector that the list shows.
  private struct Listed: Sendable {
    let state: ConnectorState
    let usage: Usage
    /// Whether its owner alone goes by what was looked for.
    let isByOwner: Bool
  }

  /// The rows of a page of the list, and after which connector to go on. That names of owners are read is recorded.
  private func connectorRows(
    _ visit: Visit, _ viewer: Viewer, _ choice: ConnectorChoice, wanted: String
  ) async throws(PortalFailure) -> ([HTML], String?) {
    let after = visit.query.number("after").map { ConnectorID(rawValue: $0) }
    let (now, signed) = (try now, signed)
    return try await asking { () async throws(LedgerError) -> ([HTML], String?) in
      let (page, next) = try await matching(viewer, choice, wanted: wanted, after: after, at: now)
      let people = Set(page.filter(\.isByOwner).map { Subject($0.state.connector.owner) })
      var labels: [Subject: Audit.Label] = [:]
      if !people.isEmpty {
        labels = try await ledger.audit.labels(of: people, under: leave(to: viewer, .subjects(Array(people))))
      }
      var rows: [HTML] = []
      for listed in page {
        let owner = listed.state.connector.owner
        let name = listed.isByOwner ? labels[Subject(owner)]?.name ?? owner.description : nil
        rows.append(try row(listed, owner: name, now: now, signed: signed))
      }
      return (rows, next.map { String($0.rawValue) })
    }
  }

  /// A page of the connectors that are to be shown, and after which to go on.
  private func matching(
    _ viewer: Viewer, _ choice: ConnectorChoice, wanted: String, after: ConnectorID?, at now: Timestamp
  ) async throws(LedgerError) -> ([Listed], next: ConnectorID?) {
    let readsAll = viewer.readsAll && choice != .mine
    var owners: Set<AccountID> = []
    if readsAll, !wanted.isEmpty { owners = try await accounts(goingBy: wanted) }
    let wanted = wanted.lowercased()
    var page: [Listed] = []
    var last = after
    // Reads on until a page is full: parts of names are not indexed.
    while true {
      let states =
        readsAll
        ? try ledger.connectors.states(after: last, limit: 1_000)
        : try ledger.connectors.states(ownedBy: viewer.id).filter { (last?.rawValue ?? 0) < $0.connector.id.rawValue }
      func isNamed(_ connector: Connector) -> Bool {
        wanted.isEmpty || connector.details.name.lowercased().contains(wanted)
          || connector.publicID.description.hasPrefix(wanted)
      }
      func isShown(_ state: ConnectorState, _ usage: Usage) -> Bool {
        choice.shows(isInForce: state.isInForce, isInactive: state.connector.isInactive, usage: usage, at: now)
      }
      var rest = states.filter { state in
        let connector = state.connector
        guard !connector.isDeleted, isNamed(connector) || owners.contains(connector.owner) else { return false }
        // What is not shown though it was never used needs no look at its last use.
        return isShown(state, Usage(last: nil, since: connector.createdAt))
      }[...]
      while !rest.isEmpty {
        let some = rest.prefix(Self.rowLimit)
        rest = rest.dropFirst(some.count)
        let uses = try await ledger.connectors.usage(of: some.map(\.connector))
        for (state, usage) in zip(some, uses) where isShown(state, usage) {
          guard page.count < Self.rowLimit else { return (page, page.last?.state.connector.id) }
          page.append(Listed(state: state, usage: usage, isByOwner: !isNamed(state.connector)))
        }
      }
      guard readsAll, states.count == 1_000 else { return (page, nil) }
      last = states.last?.connector.id
    }
  }

  /// The accounts that go by a text, as `find` has it; none where it is no text to find people by.
  private func accounts(goingBy text: String) async throws(LedgerError) -> Set<AccountID> {
    var found: Set<AccountID> = []
    if let subject = Subject(text), subject.kind == .account { found.insert(AccountID(rawValue: subject.number)) }
    var next: UInt64? = 0
    do throws(LedgerError) {
      while let after = next {
        let some = try await ledger.find(text, after: after, limit: 1_000)
        for object in some.objects where object.subject.kind == .account {
          found.insert(AccountID(rawValue: object.subject.number))
        }
        next = some.next
      }
    } catch {
      guard error.code == .invalidValue else { throw error }
    }
    return found
  }

  /// - Parameter owner: who owns it, where the row is there for the owner's sake.
  private func row(_ listed: Listed, owner: String?, now: Timestamp, signed: UInt64) throws(LedgerError) -> HTML {
    let (state, connector) = (listed.state, listed.state.connector)
    let limit = Self.countedGrants
    // Of a connector that is stopped no grant is in force.
    let grants = state.isInForce ? try ledger.grants.some(to: connector.id, limit: limit).count(where: \.isInForce) : 0
    let id = connector.publicID.description
    let ownedBy: HTML = owner.map { "<small>owned by \(Part.name($0))</small>" } ?? .empty
    return #"""
      <tr><th scope="row"><a href="/portal/connectors/\#(connector.id.rawValue)">\#(Part.name(connector.details.name))</a><small>\#(Part.name(connector.details.description_p))</small>\#(ownedBy)</th><td data-label="State">\#(Self.badges(state))</td><td data-label="ID" class="wide-only"><code>\#(id.prefix(8) + "…" + id.suffix(4))</code></td><td data-label="Grants" class="number">\#(grants == limit ? "\(limit)+" : "\(grants)")</td><td data-label="Last used">\#(listed.usage.cell(at: now))</td><td data-label="Last change" class="wide-only">\#(Part.proof(connector.setBy, signed: signed))</td></tr>
      """#
  }
}
