import CredentialLedger
import Hummingbird

/// The list of connectors.
extension ManagementPortal {
  /// How many rows a page has at most.
  static let rowLimit = 50
  /// How many grants of a connector the list counts: each is looked up with what it stands on.
  private static let countedGrants = 20

  func connectorsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let wanted = visit.query["q"]
    let readsAll = viewer.readsAll && visit.query["show"] != "mine"
    let (rows, next) = try await connectorRows(visit, viewer, readsAll: readsAll, wanted: wanted)
    let hasPhone = try await asking { () throws(LedgerError) in try !ledger.phones.verified(by: viewer.id).isEmpty }
    let add = hasPhone ? Self.mainLink("/portal/connectors/new", "Add Connector") : .empty
    let isSearch = !wanted.isEmpty
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Connectors", below: "<p>Programs that may call the API. A connector can do nothing until a group’s admin lets it in.</p>", buttons: rows.isEmpty && !isSearch ? .empty : add))
      \#(rows.isEmpty && !isSearch ? .empty : Self.connectorFilter(wanted, viewer, show: visit.query["show"]))
      \#(rows.isEmpty ? Self.noConnectors(wanted, hasPhone: hasPhone) : Self.connectorTable(rows))
      \#(when(!rows.isEmpty, #"<p class="pager"><span>\#(Part.count(rows.count, "connector"))</span>\#(next.map { #"<a href="?\#(visit.query.query(replacing: "after", with: $0))">Next</a>"# as HTML } ?? .empty)</p>"#))
      \#(Part.commandLine(["credledger connector list"]))
      """#
    return .html(layout().page(Page("Connectors", at: .connectors, content), for: viewer))
  }

  private static func connectorTable(_ rows: [HTML]) -> HTML {
    #"""
    <div class="table-box"><table class="lists named"><caption class="visually-hidden">Connectors</caption><thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">ID</th><th scope="col" class="number">Grants</th><th scope="col">Last used</th><th scope="col">Last change</th></tr></thead><tbody>\#(rows)</tbody></table></div>
    """#
  }

  private static func connectorFilter(_ wanted: String, _ viewer: Viewer, show: String) -> HTML {
    let choice: HTML = #"""
      <div class="field"><label for="show">Show</label><select id="show" name="show"><option value="">All Connectors</option><option value="mine"\#(when(show == "mine", " selected"))>Mine</option></select></div>
      """#
    return #"""
      <form class="filter-bar" method="get" action="/portal/connectors" role="search" aria-label="Connectors"><div class="field field-wide"><label for="q">Search</label><input id="q" name="q" type="search" value="\#(wanted)" placeholder="Name or ID"></div>\#(when(viewer.readsAll, choice))<button class="button">Apply</button></form>
      """#
  }

  private static func noConnectors(_ wanted: String, hasPhone: Bool) -> HTML {
    guard wanted.isEmpty else {
      return
        #"<div class="card stack"><p>No connector matches “\#(Part.name(wanted))”.</p><p><a href="/portal/connectors">Show all</a></p></div>"#
    }
    return hasPhone
      ? #"<div class="card stack"><h2>No connectors yet</h2><p>Create the first one. It takes a name and a list of what it may do.</p><p>\#(mainLink("/portal/connectors/new", "Add Connector"))</p></div>"#
      : #"<div class="card stack"><h2>No connectors yet</h2><p>Add a phone number first. Everybody who creates connectors or grants access has one.</p><p>\#(mainLink("/portal/me/phones/new", "Add a Phone Number"))</p></div>"#
  }

  /// The rows of a page of the list, and after which connector to go on.
  private func connectorRows(
    _ visit: Visit, _ viewer: Viewer, readsAll: Bool, wanted: String
  ) async throws(PortalFailure) -> ([HTML], String?) {
    let after = visit.query.number("after").map { ConnectorID(rawValue: $0) }
    let wanted = wanted.lowercased()
    let (now, signed) = (try now, signed)
    return try await asking { () async throws(LedgerError) -> ([HTML], String?) in
      var rows: [HTML] = []
      var last = after
      // Reads on until a page is full: names are not indexed.
      while true {
        let states =
          readsAll
          ? try ledger.connectors.states(after: last, limit: 1_000)
          : try ledger.connectors.states(ownedBy: viewer.id).filter { (last?.rawValue ?? 0) < $0.connector.id.rawValue }
        for state in states where !state.connector.isDeleted {
          let connector = state.connector
          guard
            wanted.isEmpty || connector.details.name.lowercased().contains(wanted)
              || connector.publicID.description.hasPrefix(wanted)
          else { continue }
          guard rows.count < Self.rowLimit else { return (rows, last.map { String($0.rawValue) }) }
          last = connector.id
          rows.append(try await row(state, now: now, signed: signed))
        }
        guard readsAll, states.count == 1_000 else { return (rows, nil) }
        last = states.last?.connector.id
      }
    }
  }

  private func row(_ state: ConnectorState, now: Timestamp, signed: UInt64) async throws(LedgerError) -> HTML {
    let connector = state.connector
    let limit = Self.countedGrants
    // Of a connector that is stopped no grant is in force.
    let grants = state.isInForce ? try ledger.grants.some(to: connector.id, limit: limit).count(where: \.isInForce) : 0
    // Until the first use is written down, the newest tokens tell of it.
    var used = try ledger.connectors.lastUse(of: connector.id)
    if used == nil {
      used = try await ledger.tokens.list(.connector(connector.id), limit: 3).compactMap(\.lastUsed).max()
    }
    let id = connector.publicID.description
    return #"""
      <tr><th scope="row"><a href="/portal/connectors/\#(connector.id.rawValue)">\#(Part.name(connector.details.name))</a><small>\#(Part.name(connector.details.description_p))</small></th><td data-label="State">\#(Self.badges(state))</td><td data-label="ID" class="wide-only"><code>\#(id.prefix(8) + "…" + id.suffix(4))</code></td><td data-label="Grants" class="number">\#(grants == limit ? "\(limit)+" : "\(grants)")</td><td data-label="Last used">\#(used.map { Part.ago($0, now: now) } ?? #"<span class="soft">Never</span>"#)</td><td data-label="Last change" class="wide-only">\#(Part.proof(connector.setBy, signed: signed))</td></tr>
      """#
  }
}
