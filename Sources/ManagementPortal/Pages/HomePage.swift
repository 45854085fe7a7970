import CredentialLedger
import Hummingbird

/// Home: the steps to a working token while one is missing, what waits for the person, and what happened lately.
extension ManagementPortal {
  func homePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let (hasPhone, connectors, grants, groups) = try await asking { () throws(LedgerError) in
      (
        try !ledger.phones.verified(by: viewer.id).isEmpty, try ledger.connectors.owned(by: viewer.id),
        try ledger.grants.states(by: viewer.id).filter { $0.isInForce && $0.grant.group != nil },
        try ledger.groups.joined(by: viewer.id)
      )
    }
    let administered = try await asking { () throws(LedgerError) -> [GroupID] in
      var administered: [GroupID] = []
      for group in groups where try isAdmin(viewer, of: group.id) { administered.append(group.id) }
      return administered
    }
    let steps = [
      Step("Sign in", "You are signed in. The ledger has recorded it.", isDone: true, button: .empty),
      Step(
        "Add a phone number",
        "Everybody who creates connectors or grants access has a verified number. You enter it, and type the PIN that arrives by SMS.",
        isDone: hasPhone, button: Self.mainLink("/portal/me/phones/new", "Add a Phone Number")),
      Step(
        "Create a connector",
        "A connector is a program that may call the API. You give it a name and choose what it may do; it gets an ID and a Secret.",
        isDone: !connectors.isEmpty, button: Self.mainLink("/portal/connectors/new", "Add Connector")),
      Step(
        "Let it into a group",
        "Open a group that you administer, choose the connector, and take its Refresh Token. The program trades that for access tokens.",
        isDone: !grants.isEmpty, button: Self.wayIn(administered)),
    ]
    let isNew = steps.contains { !$0.isDone }
    let (entries, labels) = try await entries(.actor(Subject(viewer.id)), limit: 8, own: viewer)
    let lately = try eventTable(entries, labels)
    let needs = try await asking { () async throws(LedgerError) in
      try await Needs.all(of: viewer.account, in: ledger)
    }
    let title: HTML = isNew ? "Welcome, \(Part.name(viewer.name))" : "Home"
    let first = viewer.account.role == .operator && isNew ? "You are an operator of this ledger. " : ""
    let main = isNew ? Self.steps(steps) : try await ownLists(connectors, groups, administered)
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header(title, below: Self.subtitle(first, isNew: isNew, needs)))
      \#(Self.needList(needs))
      \#(main)
      \#(when(isNew && viewer.account.role == .operator, Self.beforeOthers))
      <section class="stack" aria-labelledby="lately"><h2 id="lately">\#(isNew ? "What you did so far" : "What you did lately")</h2>
      \#(lately)
      <p class="small soft">The green numbers are events. Each one opens the event with the proof that it stands in the ledger.</p></section>
      """#
    return .html(layout().page(Page("Home", at: .home, content), for: viewer))
  }

  /// What stands below the heading: that nothing waits only where nothing does.
  static func subtitle(_ first: String, isNew: Bool, _ needs: [Need]) -> HTML {
    guard isNew || needs.isEmpty else { return .empty }
    return "<p>\(first)\(isNew ? "Four steps lead to a working access token." : "Nothing needs you.")</p>"
  }

  /// What waits for somebody; nothing where nothing does.
  static func needList(_ needs: [Need]) -> HTML {
    guard !needs.isEmpty else { return .empty }
    return #"""
      <section class="card stack" aria-labelledby="needs"><h2 id="needs">Needs you</h2><ul class="stack">\#(needs.map(\.html))</ul></section>
      """#
  }

  private struct Step {
    let title: String
    let text: String
    let isDone: Bool
    let button: HTML

    init(_ title: String, _ text: String, isDone: Bool, button: HTML) {
      self.title = title
      self.text = text
      self.isDone = isDone
      self.button = button
    }
  }

  /// What an operator sees to on a new ledger.
  private static let beforeOthers: HTML = #"""
    <section class="card stack" aria-labelledby="before"><h2 id="before">Before others sign in</h2><ul class="stack"><li>Keep a copy of the <a href="/portal/keys">master key</a> elsewhere. Without it nothing personal can be read.</li><li>Publish the <a href="/portal/keys">public key</a>, so that others can check what this ledger signs.</li><li>Set up <a href="/portal/health">backups</a>, and name their folder.</li></ul></section>
    """#

  /// Where somebody lets a connector in, who administers some groups.
  private static func wayIn(_ administered: [GroupID]) -> HTML {
    guard let first = administered.first else { return mainLink("/portal/groups/new", "Create group") }
    let path = administered.count == 1 ? "/portal/groups/\(first.rawValue)/connectors" : "/portal/groups"
    return mainLink(path, "Open a group")
  }

  static func mainLink(_ path: String, _ words: HTML) -> HTML {
    #"<a class="button button-main" href="\#(path)">\#(words)</a>"#
  }

  private static func steps(_ steps: [Step]) -> HTML {
    let next = steps.firstIndex { !$0.isDone }
    let tick: HTML =
      #"<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="m3 8.5 3.5 3.5L13 4.5" fill="none" stroke="currentColor" stroke-width="2.2"/></svg>"#
    let items = steps.enumerated().map { index, step -> HTML in
      let isNow = index == next
      let kind = step.isDone ? "step-done" : isNow ? "step-now" : "step-later"
      let word = step.isDone ? "Done: " : isNow ? "Next: " : "Later: "
      return #"""
        <li class="\#(kind)"\#(when(isNow, #" aria-current="step""#))><span class="step-mark">\#(step.isDone ? tick : "\(index + 1)" as HTML)</span><div><h3><span class="visually-hidden">\#(word)</span>\#(step.title)</h3><p class="soft">\#(step.text)</p></div><div class="button-row">\#(when(isNow, step.button))</div></li>
        """#
    }
    let done = steps.count(where: \.isDone)
    return #"""
      <section class="card" aria-labelledby="steps-title"><div class="section-header"><h2 id="steps-title">From nothing to a working token</h2><span class="soft small">\#(done) of \#(steps.count) done</span></div>
      <ol class="steps">\#(items)</ol></section>
      """#
  }

  /// How many connectors and groups of somebody's own the first page names, the newest first.
  private static let ownLimit = 10

  private func ownLists(
    _ connectors: [Connector], _ groups: [Group], _ administered: [GroupID]
  ) async throws(PortalFailure) -> HTML {
    let now = try now
    let newest = Array(connectors.reversed().prefix(Self.ownLimit))
    let uses = try await asking { () async throws(LedgerError) in try await ledger.connectors.usage(of: newest) }
    let mine = zip(newest, uses).map { connector, usage -> HTML in
      #"<li><a href="/portal/connectors/\#(connector.id.rawValue)">\#(Part.name(connector.details.name))</a><p class="small soft">Last used: <span>\#(usage.cell(at: now))</span></p></li>"#
    }
    let joined = groups.reversed().prefix(Self.ownLimit).map { group -> HTML in
      #"<li><a href="/portal/groups/\#(group.id.rawValue)">\#(Part.name(group.name))</a><p class="small soft">\#(administered.contains(group.id) ? "Admin" : "Member")</p></li>"#
    }
    let all: HTML = when(
      connectors.count > newest.count,
      #"<p><a href="/portal/connectors?show=mine">All \#(connectors.count) connectors</a></p>"#)
    let allGroups: HTML = when(
      groups.count > joined.count, #"<p><a href="/portal/groups">All \#(groups.count) groups</a></p>"#)
    return #"""
      <section class="card stack"><h2>My connectors</h2><ul class="stack">\#(mine)</ul>\#(all)</section>
      <section class="card stack"><h2>My groups</h2><ul class="stack">\#(joined)</ul>\#(allGroups)</section>
      """#
  }

  /// What the form before said, above the page: a text of the portal's own, and the number of its event.
  func said(_ visit: Visit) -> HTML {
    let words: HTML? =
      switch visit.query["said"] {
      case "phone": "Your number is verified."
      case "phone-removed": "The number is removed."
      case "connector-changed": "The connector is changed."
      case "connector-inactive": "The connector is inactive."
      case "connector-active": "The connector is active."
      case "old-secret-ended": "The old Secret is refused from now on."
      case "connector-deleted": "The connector is deleted."
      case "revoked": "Revoked. What stood on it stopped at once."
      case "group-created": "The group is created. You are its admin."
      case "group-renamed": "The group is renamed."
      case "group-deleted": "The group is deleted. What was let into it stopped at once."
      case "subgroup-attached": "The group is a sub-group now."
      case "subgroup-detached": "The group is no sub-group of this one any more."
      case "members": "Done."
      case "joined": "You are in the group."
      case "erased": "The person is erased."
      case "key-rotated": "A new key signs now. Publish its public key."
      case "decided": "The decisions are recorded."
      case "proposed": "Proposed. Another operator decides on it."
      case "decided-proposal": "Done."
      case "retried": "The next delivery is tried now."
      case "webhook-on": "The webhook delivers again."
      case "sessions": "The sessions are ended."
      default: nil
      }
    guard let words else { return .empty }
    let receipt: HTML = visit.query.position("event").map { " Recorded as \(Part.proof($0, signed: signed))." } ?? ""
    return Part.notice("good", "\(words)\(receipt)")
  }

  /// The position of the newest event that a request caused; nil where it caused none.
  func receipt(of visit: Visit) async throws(PortalFailure) -> String {
    let entries = try await asking { () throws(LedgerError) in
      try await ledger.audit.latest(1, of: .request(visit.context.requestID))
    }
    return entries.first.map { "&event=\($0.position)" } ?? ""
  }
}
