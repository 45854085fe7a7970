import CredentialLedger
import Hummingbird

/// Putting a group that there is below another, and taking it from there.
extension ManagementPortal {
  /// The groups that somebody administers and that can be put below another: none that is there already or lies above it.
  ///
  /// Costs a look-up for each group of the person, and for each that lies above the other one.
  func attachable(to view: GroupView, _ viewer: Viewer) throws(LedgerError) -> [Group] {
    var barred: Set<GroupID> = [view.group.id]
    var level = [view.group.id]
    while !level.isEmpty {
      var next: [GroupID] = []
      for group in level {
        for upper in try ledger.groups.parents(of: group) where barred.insert(upper.id).inserted {
          next.append(upper.id)
        }
      }
      level = next
    }
    for lower in view.below { barred.insert(lower.id) }
    var groups: [Group] = []
    for group in try ledger.groups.joined(by: viewer.id) where !barred.contains(group.id) {
      if try isAdmin(viewer, of: group.id) { groups.append(group) }
    }
    return groups
  }

  /// The choice of a group to put below another; nothing where there is none to choose.
  func attachmentChoice(_ groups: [Group], to view: GroupView) -> HTML {
    guard !groups.isEmpty else { return .empty }
    let options = groups.map { group -> HTML in
      #"<option value="\#(group.id.rawValue)" translate="no">\#(group.name)</option>"#
    }
    return #"""
      <section class="card stack" aria-labelledby="attach-title"><h2 id="attach-title">Attach a group of yours</h2><p class="soft">It keeps its members and connectors. The next page says who reaches it then.</p>
      <form class="filter-bar" method="get" action="/portal/groups/\#(view.group.id.rawValue)/subgroups/attach"><div class="field field-wide"><label for="group">Group</label><select id="group" name="group">\#(options)</select></div><button class="button">Continue</button></form></section>
      """#
  }

  /// The group that is to be put below another.
  ///
  /// - Throws: the same for one that there is not and one that the viewer may not see.
  private func attached(_ values: FormValues, _ viewer: Viewer) async throws(PortalFailure) -> Group {
    let found = try await asking { () throws(LedgerError) -> (Group, Role?)? in
      guard let number = values.number("group"), let group = try ledger.groups.group(GroupID(rawValue: number)),
        !group.isDeleted
      else { return nil }
      return (group, try ledger.groups.membership(of: viewer.id, in: group.id).flatMap { $0.isRemoved ? nil : $0.role })
    }
    guard let (group, role) = found, role != nil || viewer.readsAll else { throw .notFound("group") }
    guard role == .admin else { throw .forbidden(RefusalWords.notAdminOfBoth) }
    return group
  }

  /// How many connectors may work in a group, and so reach what lies below it.
  private func connectors(in group: GroupID) async throws(PortalFailure) -> Int {
    try await asking { () throws(LedgerError) in try ledger.grants.states(of: group).count(where: \.isInForce) }
  }

  func attachSubgroupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    return try await attachment(viewer, of: try await attached(visit.query, viewer), to: view, problems: [])
  }

  private func attachment(
    _ viewer: Viewer, of lower: Group, to view: GroupView, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let count = try await connectors(in: view.group.id)
    let base = "/portal/groups/\(view.group.id.rawValue)/subgroups"
    let (above, below) = (Part.name(view.group.name), Part.name(lower.name))
    let reach: HTML = #"""
      <ul><li>Members of \#(above), and of the groups above it, see through the API who is in \#(below), and read and write its messages.</li><li>The tokens of \#(Part.counted(count, "connector")) let into \#(above) reach \#(below) as well, as far as their permissions go; so do those of connectors let into groups above it.</li><li>All this holds for the groups below \#(below) too.</li><li>Who is a member stays as it is, and who administers \#(below) as well.</li></ul>
      """#
    let title: HTML = "Attach \(below) to \(above)?"
    let content: HTML = #"""
      \#(Part.header(title, trail: Self.subgroupTrail(to: view, "Attach")))
      <form class="card stack" method="post" action="\#(base)/attach">\#(viewer.token)<input type="hidden" name="group" value="\#(lower.id.rawValue)"><input type="hidden" name="seen" value="\#(count)">\#(Part.problems(problems))
      <p><strong>The moment you attach it:</strong></p>\#(reach)
      <div class="button-row"><button class="button button-main">Attach \#(below)</button><a href="\#(base)">Cancel</a></div></form>
      \#(Part.commandLine(["credledger group attach \(lower.id.rawValue) --to \(view.group.id.rawValue)"]))
      """#
    return .html(
      layout().page(Page(title, at: .groups, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func attachSubgroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let lower = try await attached(visit.form, viewer)
    let count = try await connectors(in: view.group.id)
    guard visit.form["seen"] == "\(count)" else {
      return try await attachment(viewer, of: lower, to: view, problems: [Self.changed(to: count)])
    }
    do throws(LedgerError) {
      try await ledger.groups.attach(lower.id, to: view.group.id, by: viewer.id, context: visit.recorded())
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      return try await attachment(
        viewer, of: lower, to: view, problems: [Problem(nil, RefusalWords.ofAttaching(error))])
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/groups/\(view.group.id.rawValue)/subgroups?said=subgroup-attached\(receipt)")
  }

  /// The group directly below another that a path names.
  private func detachable(_ visit: Visit, from view: GroupView) throws(PortalFailure) -> Group {
    let number = UInt64(visit.part(3))
    guard let lower = view.below.first(where: { $0.id.rawValue == number }) else { throw .notFound("group") }
    return lower
  }

  func detachSubgroupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    return try await detachment(viewer, of: try detachable(visit, from: view), from: view, problems: [])
  }

  private func detachment(
    _ viewer: Viewer, of lower: Group, from view: GroupView, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let count = try await connectors(in: view.group.id)
    let base = "/portal/groups/\(view.group.id.rawValue)/subgroups"
    let (above, below) = (Part.name(view.group.name), Part.name(lower.name))
    let reach: HTML = #"""
      <ul><li>Members of \#(above), and of the groups above it, no longer reach \#(below) through it.</li><li>The tokens of \#(Part.counted(count, "connector")) let into \#(above) no longer reach \#(below) through it.</li><li>All this holds for the groups below \#(below) too.</li><li>Who is a member of \#(below) stays one, and so do the connectors that were let into \#(below) itself.</li></ul>
      """#
    let title: HTML = "Detach \(below) from \(above)?"
    let content: HTML = #"""
      \#(Part.header(title, trail: Self.subgroupTrail(to: view, "Detach")))
      <form class="card stack" method="post" action="\#(base)/\#(lower.id.rawValue)/detach">\#(viewer.token)<input type="hidden" name="seen" value="\#(count)">\#(Part.problems(problems))
      <p><strong>The moment you detach it:</strong></p>\#(reach)
      <div class="button-row"><button class="button button-stop">Detach \#(below)</button><a href="\#(base)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger group detach \(lower.id.rawValue) --from \(view.group.id.rawValue)"]))
      """#
    return .html(
      layout().page(Page(title, at: .groups, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func detachSubgroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let lower = try detachable(visit, from: view)
    let count = try await connectors(in: view.group.id)
    guard visit.form["seen"] == "\(count)" else {
      return try await detachment(viewer, of: lower, from: view, problems: [Self.changed(to: count)])
    }
    try await asking { () throws(LedgerError) in
      try await ledger.groups.detach(lower.id, from: view.group.id, by: viewer.id, context: visit.recorded())
    }
    let receipt = try await receipt(of: visit)
    return .see("/portal/groups/\(view.group.id.rawValue)/subgroups?said=subgroup-detached\(receipt)")
  }

  /// What is said where a page of confirmation showed another number of connectors.
  static func changed(to count: Int) -> Problem {
    Problem(
      nil, "\(Part.count(count, "connector")) may work in the group now. Nothing was done; look again, then confirm.")
  }

  private static func subgroupTrail(to view: GroupView, _ step: HTML) -> HTML {
    var way = trail(to: view)
    way.append((name: Part.name(view.group.name), path: "/portal/groups/\(view.group.id.rawValue)"))
    way.append((name: "Sub-groups", path: "/portal/groups/\(view.group.id.rawValue)/subgroups"))
    way.append((name: step, path: nil))
    return Part.trail(way)
  }
}
