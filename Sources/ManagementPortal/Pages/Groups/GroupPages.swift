import CredentialLedger
import Hummingbird

/// Groups and their members.
extension ManagementPortal {
  /// A group, and what the viewer is in it.
  struct GroupView: Sendable {
    let group: Group
    /// Nil for operators and auditors who are no members.
    let role: Role?
    /// The way down to it, the uppermost first.
    var above: [UpperGroup] = []
    /// The groups directly below it.
    var below: [Group] = []

    var isAdmin: Bool { role == .admin }
  }

  /// The group that a path names.
  ///
  /// - Throws: the same for one that there is not and one that the viewer may not see.
  func group(_ visit: Visit, _ viewer: Viewer, changing: Bool = false) async throws(PortalFailure) -> GroupView {
    let view = try await asking { () throws(LedgerError) -> GroupView? in
      guard let number = UInt64(visit.part(1)), let group = try ledger.groups.group(GroupID(rawValue: number)) else {
        return nil
      }
      let own = try ledger.groups.membership(of: viewer.id, in: group.id).flatMap { $0.isRemoved ? nil : $0 }
      return GroupView(group: group, role: own?.role)
    }
    guard let view, view.role != nil || viewer.readsAll else { throw .notFound("group") }
    if view.group.isDeleted {
      throw try await deleted(
        "This group was deleted", named: Part.name(view.group.name), Subject(view.group.id), by: .groupDeleted,
        to: viewer, else: (words: "Groups", path: "/portal/groups"))
    }
    if changing, !view.isAdmin { throw .forbidden("You may see this group, but only its admins may change it.") }
    return try await asking { () throws(LedgerError) -> GroupView in
      var placed = view
      placed.above = try groups(above: view.group.id, viewer)
      placed.below = try ledger.groups.subgroups(of: view.group.id)
      return placed
    }
  }

  func groupsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await groupsAnswer(visit, viewer, problems: [])
  }

  /// - Parameter problems: why an invitation could not be accepted.
  func groupsAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let signed = signed
    let invitations = try await invitations(to: viewer, problems: problems)
    let (joined, asMember) = try await asking { () throws(LedgerError) -> ([Group], [Position]) in
      let joined = try ledger.groups.joined(by: viewer.id)
      var asMember: [Position] = []
      for group in joined {
        if try !isAdmin(viewer, of: group.id) { asMember.append(group.id.position) }
      }
      return (joined, asMember)
    }
    let open = try await openEvents(asMember, to: viewer)
    let rows = try await asking { () throws(LedgerError) -> [HTML] in
      var rows: [HTML] = []
      for group in joined {
        let role = try ledger.groups.membership(of: viewer.id, in: group.id)?.role
        let grants = try ledger.grants.states(of: group.id).count(where: \.isInForce)
        let below = try ledger.groups.subgroups(of: group.id).count
        rows.append(
          #"""
          <tr><th scope="row"><a href="/portal/groups/\#(group.id.rawValue)">\#(Part.name(group.name))</a></th><td data-label="My role">\#(role == .admin ? "Admin" : "Member")</td><td data-label="Members" class="number">\#(group.memberCount)</td><td data-label="Sub-groups" class="number">\#(below)</td><td data-label="Connectors" class="number">\#(grants)</td><td data-label="Proof">\#(Part.proof(group.id.position, signed: signed, isOpen: role == .admin || open.contains(group.id.position)))</td></tr>
          """#)
      }
      return rows
    }
    let table: HTML = #"""
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Groups</caption><thead><tr><th scope="col">Name</th><th scope="col">My role</th><th scope="col" class="number">Members</th><th scope="col" class="number">Sub-groups</th><th scope="col" class="number">Connectors</th><th scope="col">Proof</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
    let create = Self.mainLink("/portal/groups/new", "Create group")
    let empty: HTML =
      #"<div class="card stack"><p>You are in no group yet. Create one, or ask a group’s admin to add you.</p><p>\#(create)</p></div>"#
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Groups", below: "<p>The groups that you are in. In those that you administer you decide which connectors may work.</p>", buttons: rows.isEmpty ? .empty : create))
      \#(invitations)
      \#(rows.isEmpty ? empty : table)
      """#
    return .html(
      layout().page(Page("Groups", at: .groups, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func newGroupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    newGroup(viewer, name: "", welcome: "", problems: [])
  }

  private func newGroup(_ viewer: Viewer, name: String, welcome: String, problems: [Problem]) -> Response {
    let content: HTML = #"""
      \#(Part.header("Create group", trail: Part.trail([("Groups", "/portal/groups"), ("Create group", nil)]), below: "<p>You become its admin. Add other people afterwards.</p>"))
      <form class="card stack" method="post" action="/portal/groups/new" novalidate>\#(viewer.token)\#(Part.problems(problems))
      \#(Part.textField("name", "Name", value: name, hint: "What its members call it, such as “Field team”.", error: problems.of("name"), more: #"autocomplete="off""#))
      \#(Part.textField("welcome", "Welcome message", value: welcome, optional: true, error: problems.of("welcome"), more: #"autocomplete="off""#))
      <div class="button-row"><button class="button button-main">Create group</button><a href="/portal/groups">Cancel</a></div></form>
      \#(Part.commandLine(["credledger group create --name NAME --creator \(viewer.id.rawValue)"]))
      """#
    return .html(
      layout().page(
        Page("Create group", at: .groups, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func createGroup(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (name, welcome) = (visit.form["name"], visit.form["welcome"])
    guard !name.isEmpty else {
      return newGroup(viewer, name: name, welcome: welcome, problems: [Problem("name", "Enter a name.")])
    }
    do throws(LedgerError) {
      let group = try await ledger.groups.create(
        name: name, welcomeMessage: welcome, by: viewer.id, context: visit.recorded())
      return .see("/portal/groups/\(group.id.rawValue)?said=group-created&event=\(group.id.rawValue)")
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      if error.code.rawValue == "phone_required" { try await requirePhone(viewer) }
      return newGroup(
        viewer, name: name, welcome: welcome,
        problems: [Problem(error.field == "welcomeMessage" ? "welcome" : "name", RefusalWords.sentence(error))])
    }
  }

  /// The heading and the tabs of a group's pages.
  func groupHead(_ view: GroupView, tab: String, connectors: Int) -> HTML {
    let base = "/portal/groups/\(view.group.id.rawValue)"
    let what =
      view.role == nil ? "You read it by your role." : view.isAdmin ? "You are an admin." : "You are a member."
    var way = Self.trail(to: view)
    way.append((name: Part.name(view.group.name), path: nil))
    func link(_ name: String, _ path: String, _ words: HTML) -> HTML {
      #"<a href="\#(base)\#(path)"\#(when(tab == name, #" aria-current="page""#))>\#(words)</a>"#
    }
    return #"""
      \#(Part.header(Part.name(view.group.name), trail: Part.trail(way), below: "<p>\(Part.count(Int(clamping: view.group.memberCount), "member")). \(what)</p>"))
      <nav class="tab-list" aria-label="Group">\#(link("members", "", "Members (\(view.group.memberCount))"))\#(link("subgroups", "/subgroups", "Sub-groups (\(view.below.count))"))\#(link("connectors", "/connectors", "Connectors (\(connectors))"))\#(when(messaging != nil && view.role != nil, link("messages", "/messages", "Messages")))<a href="/portal/audit?who=\#(view.group.id.description)">Audit trail</a></nav>
      """#
  }

  /// How many members are looked at for admins, the oldest first, and how many admins are named.
  private static let (lookedAt, namedAdmins) = (100, 3)

  /// Whom a member may ask for what only admins do: some of them, by name. Nobody for others, to whom names are shown with a record.
  ///
  /// Costs a look-up for each of the first members.
  func adminsToAsk(_ view: GroupView, _ viewer: Viewer) async throws(PortalFailure) -> [String] {
    guard view.role == .member, !viewer.readsAll else { return [] }
    return try await asking { () async throws(LedgerError) -> [String] in
      let first = try ledger.groups.members(of: view.group.id, after: nil, limit: Self.lookedAt)
      let admins = first.filter { $0.role == .admin }.compactMap { $0.account.map { Subject($0) } }
        .prefix(Self.namedAdmins)
      let labels = try await ledger.audit.labels(of: admins, under: leave(to: viewer, .subjects(Array(admins))))
      return admins.compactMap { labels[$0]?.name }
    }
  }

  /// That only admins may do something.
  static func adminsAlone(_ what: HTML, in group: String, ask names: [String]) -> HTML {
    let ask: HTML =
      names.isEmpty
      ? .empty : " Ask one of them: <span>\(names.map { Part.name($0) }.joined(by: ", "))</span>."
    return #"<p class="soft">Only admins of \#(Part.name(group)) can \#(what).\#(ask)</p>"#
  }

  /// What is done with one member, by the names of the buttons.
  private static let memberActs: Set = ["admin", "member", "remove"]

  func groupPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await members(visit, viewer, problems: [], typed: "")
  }

  private func members(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem], typed: String
  ) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer)
    let answer = added.answer(visit.query["added"], of: view.group.id, for: viewer.session, at: try now)
    let signed = signed
    let after = visit.query.number("after").flatMap { MembershipID(unlessZero: $0) }
    // One more than a page, which says whether there is another.
    let following = try await asking { () throws(LedgerError) in
      try ledger.groups.members(of: view.group.id, after: after, limit: Self.rowLimit + 1)
    }
    let shown = Array(following.prefix(Self.rowLimit))
    let more: HTML =
      following.count > shown.count
      ? #"<p class="pager"><a href="?after=\#(shown.last?.id.rawValue ?? 0)">Next</a></p>"# : .empty
    let made = shown.map(\.id.position)
    let open = try await view.isAdmin ? Set(made) : openEvents(made, to: viewer)
    let (labels, numbers, grants) = try await asking { () throws(LedgerError) in
      let leave = try await leave(to: viewer, .members(shown))
      return (
        try await ledger.audit.labels(of: shown.compactMap { $0.account.map { Subject($0) } }, under: leave),
        view.isAdmin ? try await ledger.groups.revealNumbers(of: shown, under: leave) : [],
        try ledger.grants.states(of: view.group.id).count(where: \.isInForce)
      )
    }
    let rows = shown.enumerated().map { index, member -> HTML in
      let name = member.account.flatMap { labels[Subject($0)]?.name } ?? "Not signed in yet"
      let number = numbers.indices.contains(index) ? numbers[index] : nil
      let other = member.role == .admin ? "Make member" : "Make admin"
      let actions: HTML = #"""
        <form class="actions" method="post" action="/portal/groups/\#(view.group.id.rawValue)">\#(viewer.token)<input type="hidden" name="membership" value="\#(member.id.rawValue)"><button class="button button-small" name="do" value="\#(member.role == .admin ? "member" : "admin")">\#(other)<span class="visually-hidden"> \#(Part.name(name))</span></button><button class="link-button" name="do" value="remove">Remove<span class="visually-hidden"> \#(Part.name(name))</span></button></form>
        """#
      return #"""
        <tr><th scope="row">\#(Part.name(name))\#(when(member.account == viewer.id, " (you)"))</th><td data-label="Number"><bdi dir="ltr">\#(number.map(Self.masked) ?? "–")</bdi></td><td data-label="Role">\#(member.role == .admin ? "Admin" : "Member")</td><td data-label="Proof">\#(Part.proof(member.id.position, signed: signed, isOpen: open.contains(member.id.position)))</td><td data-label="Actions">\#(when(view.isAdmin, actions))</td></tr>
        """#
    }
    // What is wrong with an act on a member stands above the members, and not in the form below them.
    let isOfRow = Self.memberActs.contains(visit.form["do"])
    let written = typed.isEmpty ? answer?.rest ?? "" : typed
    let roles = [("member", "Member"), ("admin", "Admin")].map {
      #"<option value="\#($0.0)"\#(when(visit.form["role"] == $0.0, " selected"))>\#($0.1)</option>"# as HTML
    }
    let add: HTML = #"""
      <section class="card stack" aria-labelledby="add-title"><h2 id="add-title">Add members</h2><form class="stack" method="post" action="/portal/groups/\#(view.group.id.rawValue)" novalidate>\#(viewer.token)<input type="hidden" name="do" value="add">\#(when(!isOfRow, Part.problems(problems)))
      \#(Part.field("numbers", "Phone numbers", hint: "One a line, each with its country, such as +44 7700 900123.", error: problems.of("numbers")) { "<textarea \($0) dir=\"ltr\" rows=\"3\">\(written)</textarea>" })
      <div class="field"><label for="role">Role</label><select id="role" name="role">\#(roles)</select></div>
      <div class="button-row"><button class="button">Add members</button></div></form></section>
      """#
    let content: HTML = #"""
      \#(said(visit))
      \#(groupHead(view, tab: "members", connectors: grants))
      \#(when(view.isAdmin && grants == 0, Self.noConnector(in: view.group.id)))
      \#(additions(answer))
      \#(when(isOfRow, Part.problems(problems)))
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Members</caption><thead><tr><th scope="col">Name</th><th scope="col">Number</th><th scope="col">Role</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>\#(more)
      \#(when(view.isAdmin, "\(add)\(Self.groupChanges(view))"))
      \#(Part.commandLine(Self.memberLines(view)))
      """#
    return .html(
      layout().page(Page(Part.name(view.group.name), at: .groups, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// The next step of a group's admin.
  private static func noConnector(in group: GroupID) -> HTML {
    Part.notice(
      "none",
      #"No connector may work here yet. <a href="/portal/groups/\#(group.rawValue)/connectors">Let a connector in</a>"#)
  }

  func changeMembers(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let view = try await group(visit, viewer, changing: true)
    let typed = visit.form["numbers"]
    let lines = typed.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    let isAddition = !Self.memberActs.contains(visit.form["do"])
    if isAddition, let words = Self.fault(in: lines) {
      return try await members(visit, viewer, problems: [Problem("numbers", words)], typed: typed)
    }
    var place = "/portal/groups/\(view.group.id.rawValue)?said=members"
    do throws(LedgerError) {
      let membership = MembershipID(rawValue: visit.form.number("membership") ?? 0)
      switch visit.form["do"] {
      case "admin", "member":
        try await ledger.groups.changeRole(
          of: membership, in: view.group.id, to: visit.form["do"] == "admin" ? .admin : .member, by: viewer.id,
          context: visit.recorded())
      case "remove":
        try await ledger.groups.remove(membership, from: view.group.id, by: viewer.id, context: visit.recorded())
        // To somebody who has left it the group's page is not there any more.
        let own = try ledger.groups.membership(of: viewer.id, in: view.group.id)
        if !viewer.readsAll, own?.isRemoved ?? true { place = "/portal/groups?said=members" }
      default:
        let role: Role = visit.form["role"] == "admin" ? .admin : .member
        let answer = try await addNumbers(lines, to: view.group.id, as: role, visit, viewer)
        place += "&added=\(answer)"
      }
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      return try await members(visit, viewer, problems: [Problem(nil, RefusalWords.sentence(error))], typed: typed)
    }
    return .see("\(place)\(try await receipt(of: visit))")
  }
}
