import CredentialLedger
import Hummingbird

/// Groups below a group.
extension ManagementPortal {
  /// A group above another, by its name.
  struct UpperGroup: Sendable {
    let id: GroupID
    let name: String
    /// Whether the viewer may open its page.
    let isOpen: Bool
  }

  /// Whether somebody may open a group's page.
  func mayOpen(_ group: GroupID, _ viewer: Viewer) throws(LedgerError) -> Bool {
    if viewer.readsAll { return true }
    guard let own = try ledger.groups.membership(of: viewer.id, in: group) else { return false }
    return !own.isRemoved
  }

  /// The way down to a group, the uppermost first and without the group itself. Where several groups are directly above one, it goes by
  /// the oldest that the viewer may open, or else by the oldest. Members see the names of the groups above theirs.
  ///
  /// Costs a look-up for each group directly above those on the way; groups lie in at most 5 levels.
  func groups(above group: GroupID, _ viewer: Viewer) throws(LedgerError) -> [UpperGroup] {
    var way: [UpperGroup] = []
    var seen: Set<GroupID> = [group]
    var lowest = group
    while true {
      var next: UpperGroup?
      for upper in try ledger.groups.parents(of: lowest) where !seen.contains(upper.id) {
        let isOpen = try mayOpen(upper.id, viewer)
        if next == nil || isOpen { next = UpperGroup(id: upper.id, name: upper.name, isOpen: isOpen) }
        if isOpen { break }
      }
      guard let found = next else { return way.reversed() }
      way.append(found)
      seen.insert(found.id)
      lowest = found.id
    }
  }

  /// The steps to a group's page: the list of groups, and the groups above it.
  static func trail(to view: GroupView) -> [(name: HTML, path: String?)] {
    var steps: [(name: HTML, path: String?)] = [("Groups", "/portal/groups")]
    for upper in view.above {
      let path = upper.isOpen ? "/portal/groups/\(upper.id.rawValue)" : nil
      steps.append((name: Part.name(upper.name), path: path))
    }
    return steps
  }

  func subgroupsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await subgroups(visit, viewer, name: "", problems: [])
  }

  private func subgroups(
    _ visit: Visit, _ viewer: Viewer, name: String, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer)
    let after = visit.query.number("after") ?? 0
    let base = "/portal/groups/\(view.group.id.rawValue)"
    let signed = signed
    let grants = try await asking { () throws(LedgerError) in
      try ledger.grants.states(of: view.group.id).count(where: \.isInForce)
    }
    let following = view.below.filter { $0.id.rawValue > after }.sorted { $0.id < $1.id }
    let shown = Array(following.prefix(Self.rowLimit))
    let open = try await openEvents(shown.map(\.id.position), to: viewer)
    let (rows, choice) = try await asking { () throws(LedgerError) -> ([HTML], HTML) in
      var rows: [HTML] = []
      for group in shown { rows.append(try subgroupRow(group, of: view, viewer, signed: signed, open)) }
      return (rows, view.isAdmin ? attachmentChoice(try attachable(to: view, viewer), to: view) : .empty)
    }
    let more: HTML =
      following.count > shown.count
      ? #"<p class="pager"><a href="?after=\#(shown.last?.id.rawValue ?? 0)">Next</a></p>"# : .empty
    let table: HTML =
      rows.isEmpty
      ? #"<div class="card"><p>No sub-group yet.</p></div>"#
      : #"""
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Sub-groups</caption><thead><tr><th scope="col">Name</th><th scope="col">My role</th><th scope="col" class="number">Members</th><th scope="col" class="number">Sub-groups</th><th scope="col">Proof</th>\#(when(view.isAdmin, #"<th scope="col">Actions</th>"#))</tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
    let form: HTML = #"""
      <section class="card stack" aria-labelledby="add-title"><h2 id="add-title">Add sub-group</h2><p class="soft">It has members and connectors of its own. You become its admin.</p>
      <form class="stack" method="post" action="\#(base)/subgroups" novalidate>\#(viewer.token)\#(Part.problems(problems))
      \#(Part.textField("name", "Name", value: name, hint: "What its members call it, such as “Field team”.", error: problems.of("name"), more: #"autocomplete="off""#))
      <div class="button-row"><button class="button button-main">Add sub-group</button></div></form></section>
      """#
    let names = try await adminsToAsk(view, viewer)
    let reader = Self.adminsAlone("add sub-groups", in: view.group.name, ask: names)
    let content: HTML = #"""
      \#(said(visit))
      \#(groupHead(view, tab: "subgroups", connectors: grants))
      \#(table)\#(more)
      \#(view.isAdmin ? form : reader)
      \#(choice)
      \#(Part.commandLine(["credledger group list --below \(view.group.id.rawValue)", "credledger group create --name NAME --creator \(viewer.id.rawValue)", "credledger group attach NUMBER --to \(view.group.id.rawValue)", "credledger group detach NUMBER --from \(view.group.id.rawValue)"]))
      """#
    return .html(
      layout().page(
        Page(
          "Sub-groups of \(Part.name(view.group.name))", at: .groups, hasProblem: !problems.isEmpty, content),
        for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// A group in the list of those below another. A viewer who may not open it sees its name and its counts.
  ///
  /// - Parameter open: the events that the viewer may open.
  private func subgroupRow(
    _ group: Group, of view: GroupView, _ viewer: Viewer, signed: UInt64, _ open: Set<Position>
  ) throws(LedgerError) -> HTML {
    let own = try ledger.groups.membership(of: viewer.id, in: group.id).flatMap { $0.isRemoved ? nil : $0 }
    let role = own.map { $0.role == .admin ? "Admin" : "Member" } ?? "–"
    let below = try ledger.groups.subgroups(of: group.id).count
    let name: HTML =
      own != nil || viewer.readsAll
      ? #"<a href="/portal/groups/\#(group.id.rawValue)">\#(Part.name(group.name))</a>"# : Part.name(group.name)
    let actions: HTML = #"""
      <td data-label="Actions"><a class="small" href="/portal/groups/\#(view.group.id.rawValue)/subgroups/\#(group.id.rawValue)/detach">Detach…<span class="visually-hidden"> \#(Part.name(group.name))</span></a></td>
      """#
    return #"""
      <tr><th scope="row">\#(name)</th><td data-label="My role">\#(role)</td><td data-label="Members" class="number">\#(group.memberCount)</td><td data-label="Sub-groups" class="number">\#(below)</td><td data-label="Proof">\#(Part.proof(group.id.position, signed: signed, isOpen: open.contains(group.id.position)))</td>\#(when(view.isAdmin, actions))</tr>
      """#
  }

  func createSubgroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let name = visit.form["name"]
    guard !name.isEmpty else {
      return try await subgroups(visit, viewer, name: name, problems: [Problem("name", "Enter a name.")])
    }
    do throws(LedgerError) {
      let made = try await ledger.groups.create(
        name: name, below: view.group.id, by: viewer.id, context: visit.recorded())
      return .see("/portal/groups/\(made.id.rawValue)?said=group-created&event=\(made.id.rawValue)")
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      if error.code.rawValue == "phone_required" { try await requirePhone(viewer) }
      return try await subgroups(
        visit, viewer, name: name,
        problems: [Problem(error.field == "parent" ? nil : "name", RefusalWords.sentence(error))])
    }
  }
}
