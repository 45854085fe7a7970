import CredentialLedger
import Hummingbird

/// Renaming a group, and its end.
extension ManagementPortal {
  /// The way to these pages, for admins.
  static func groupChanges(_ view: GroupView) -> HTML {
    let base = "/portal/groups/\(view.group.id.rawValue)"
    return #"""
      <section class="card stack" aria-labelledby="change-title"><h2 id="change-title">Change the group</h2><div class="button-row"><a class="button" href="\#(base)/edit">Rename group…</a><a class="button button-danger" href="\#(base)/delete">Delete group…</a></div></section>
      """#
  }

  /// What does at the command line what a group's page does. A word in capitals is a place to fill in.
  static func memberLines(_ view: GroupView) -> [String] {
    let group = view.group.id.rawValue
    let shown = ["credledger group show \(group)", "credledger group members \(group)"]
    guard view.isAdmin else { return shown }
    return shown + [
      "credledger group add-member \(group) --number-file FILE --role member",
      "credledger group role \(group) MEMBERSHIP admin", "credledger group remove-member \(group) MEMBERSHIP",
    ]
  }

  func editGroupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    return renaming(viewer, view, name: view.group.name, problems: [])
  }

  private func renaming(_ viewer: Viewer, _ view: GroupView, name: String, problems: [Problem]) -> Response {
    let base = "/portal/groups/\(view.group.id.rawValue)"
    let title: HTML = "Rename \(Part.name(view.group.name))"
    let content: HTML = #"""
      \#(Part.header(title, trail: Self.groupTrail(to: view, "Rename")))
      <form class="card stack" method="post" action="\#(base)/edit" novalidate>\#(viewer.token)\#(Part.problems(problems))
      \#(Part.textField("name", "Name", value: name, hint: "The audit trail keeps the name that it had before.", error: problems.of("name"), more: #"autocomplete="off""#))
      <div class="button-row"><button class="button button-main">Save changes</button><a href="\#(base)">Cancel</a></div></form>
      \#(Part.commandLine(["credledger group rename \(view.group.id.rawValue) NAME"]))
      """#
    return .html(
      layout().page(Page(title, at: .groups, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func editGroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let name = visit.form["name"]
    guard !name.isEmpty else {
      return renaming(viewer, view, name: name, problems: [Problem("name", "Enter a name.")])
    }
    do throws(LedgerError) {
      try await ledger.groups.rename(view.group.id, to: name, by: viewer.id, context: visit.recorded())
    } catch {
      guard error.code == .invalidValue else { throw PortalFailure(error) }
      return renaming(viewer, view, name: name, problems: [Problem("name", RefusalWords.sentence(error))])
    }
    return .see("/portal/groups/\(view.group.id.rawValue)?said=group-renamed\(try await receipt(of: visit))")
  }

  func deleteGroupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    return try await deletion(viewer, view, problems: [])
  }

  /// How many grants for a group are in force.
  private func grantsInForce(_ view: GroupView) async throws(PortalFailure) -> Int {
    try await asking { () throws(LedgerError) in try ledger.grants.states(of: view.group.id).count(where: \.isInForce) }
  }

  private func deletion(
    _ viewer: Viewer, _ view: GroupView, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let grants = try await grantsInForce(view)
    let base = "/portal/groups/\(view.group.id.rawValue)"
    let name = view.group.name
    let title: HTML = "Delete \(Part.name(name))?"
    let content: HTML = #"""
      \#(Part.header(title, trail: Self.groupTrail(to: view, "Delete")))
      <form class="card stack" method="post" action="\#(base)/delete">\#(viewer.token)<input type="hidden" name="seen" value="\#(grants),\#(view.group.memberCount)">\#(Part.problems(problems))
      <p><strong>The moment you delete it:</strong></p>
      <dl class="facts"><dt>Grants that end, with all their tokens</dt><dd><strong>\#(grants)</strong></dd><dt>Members who lose it</dt><dd><strong>\#(view.group.memberCount)</strong></dd><dt>Sub-groups that stay, below it no longer</dt><dd><strong>\#(view.below.count)</strong></dd><dt>What stays</dt><dd>Every event about it, with its proof. Deleting hides nothing.</dd></dl>
      <p class="soft">This cannot be undone.</p>
      \#(Part.typedName(name, problems))
      \#(Part.reasonField)
      <div class="button-row"><button class="button button-stop" id="delete">Delete \#(Part.name(name))</button><a href="\#(base)">Keep it</a></div></form>
      \#(Part.commandLine(["credledger group delete \(view.group.id.rawValue)"]))
      """#
    return .html(
      layout().page(Page(title, at: .groups, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func deleteGroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    guard visit.form["confirm"] == view.group.name else {
      return try await deletion(
        viewer, view, problems: [Problem("confirm", "Type the name exactly as it stands there.")])
    }
    let grants = try await grantsInForce(view)
    guard visit.form["seen"] == "\(grants),\(view.group.memberCount)" else {
      return try await deletion(viewer, view, problems: [Problem(nil, Self.groupChanged)])
    }
    try await asking { () throws(LedgerError) in
      try await ledger.groups.delete(
        view.group.id, by: viewer.id, context: visit.recorded(reason: visit.form["reason"]))
    }
    return .see("/portal/groups?said=group-deleted\(try await receipt(of: visit))")
  }

  /// What is said where the page of confirmation showed other numbers.
  static let groupChanged =
    "Its grants or members changed since you opened this page. Nothing was done; look again, then confirm."

  private static func groupTrail(to view: GroupView, _ step: HTML) -> HTML {
    var way = trail(to: view)
    way.append((name: Part.name(view.group.name), path: "/portal/groups/\(view.group.id.rawValue)"))
    way.append((name: step, path: nil))
    return Part.trail(way)
  }
}
