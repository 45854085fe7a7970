import CredentialLedger
import Hummingbird

/// The people of a ledger, for operators.
extension ManagementPortal {
  static let roles: [AccountRole] = [.user, .tenantAdmin, .auditor]

  /// Somebody who was found, with the name that is shown.
  struct FoundPerson: Sendable {
    let account: Account
    let name: String
  }

  /// People whose name has the text of the search in it, or whose handle it is, as many as a page has.
  ///
  /// - Returns: what the query names to go on with as well; nil where that is all.
  func people(
    _ visit: Visit, _ viewer: Viewer
  ) async throws(PortalFailure) -> (found: [FoundPerson], next: String?) {
    let wanted = visit.query["q"].lowercased()
    let after = visit.query.number("after").map { AccountID(rawValue: $0) }
    return try await asking { () async throws(LedgerError) -> ([FoundPerson], String?) in
      let leave = try await recordedLeave(to: viewer, .everybody, for: "portal people")
      var found: [FoundPerson] = []
      var last = after
      while true {
        let accounts = try ledger.accounts.list(after: last, limit: 1_000)
        let labels = try await ledger.audit.labels(of: accounts.map { Subject($0.id) }, under: leave)
        for account in accounts {
          let name = account.isErased ? "An erased person" : labels[Subject(account.id)]?.name ?? account.id.description
          guard wanted.isEmpty || name.lowercased().contains(wanted) || account.id.description == wanted else {
            continue
          }
          guard found.count < Self.rowLimit else { return (found, last.map { String($0.rawValue) }) }
          last = account.id
          found.append(FoundPerson(account: account, name: name))
        }
        guard accounts.count == 1_000 else { return (found, nil) }
        last = accounts.last?.id
      }
    }
  }

  func peoplePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let signed = signed
    let (found, next) = try await people(visit, viewer)
    let rows = found.map { person -> HTML in
      let (account, name) = (person.account, person.name)
      let state =
        account.isErased
        ? Part.status("", "Erased")
        : account.isDisabled ? Part.status("bad", "Disabled") : Part.status("good", "Enabled")
      return #"""
        <tr><th scope="row"><a href="/portal/people/\#(account.id.rawValue)">\#(Part.name(name))</a><small><code>\#(account.id.description)</code></small></th><td data-label="Role">\#(account.role.word)</td><td data-label="State">\#(state)</td><td data-label="Since">\#(Part.exact(account.registeredAt))</td><td data-label="Proof">\#(Part.proof(account.id.position, signed: signed))</td></tr>
        """#
    }
    let more = next.map {
      #"<p class="pager"><a href="?\#(visit.query.query(replacing: "after", with: $0))">Next</a></p>"# as HTML
    }
    let table: HTML =
      rows.isEmpty
      ? #"<div class="card"><p>Nobody matches.</p></div>"#
      : #"<div class="table-box"><table class="lists named"><caption class="visually-hidden">People</caption><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">Proof</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("People", below: "<p>Everybody who has signed in, with what they may do.</p>"))
      <form class="filter-bar" method="get" action="/portal/people" role="search" aria-label="People"><div class="field field-wide"><label for="q">Search</label><input id="q" name="q" type="search" autocomplete="off" value="\#(visit.query["q"])" placeholder="Name or account:NUMBER"></div><button class="button">Apply</button></form>
      \#(table)\#(more ?? .empty)
      \#(Part.commandLine(["credledger account list"]))
      """#
    return .html(layout().page(Page("People", at: .people, content), for: viewer))
  }

  /// The person that a path names.
  func person(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> (Account, String) {
    let found = try await asking { () async throws(LedgerError) -> (Account, String)? in
      guard let number = UInt64(visit.part(1)), let account = try ledger.accounts.account(AccountID(rawValue: number))
      else { return nil }
      let leave = try await leave(to: viewer, .subjects([Subject(account.id)]))
      let name = try await ledger.audit.labels(of: [Subject(account.id)], under: leave)[Subject(account.id)]?.name
      return (account, account.isErased ? "An erased person" : name ?? account.id.description)
    }
    guard let found else { throw .notFound("person") }
    return found
  }

  func personPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    return try await personAnswer(visit, viewer, problems: [])
  }

  private func personAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let (account, name) = try await person(visit, viewer)
    let path = "/portal/people/\(account.id.rawValue)"
    let live = sessions.sessions(of: account.id, at: try now).count
    let (connectors, grants) = try await asking { () throws(LedgerError) in
      (
        try ledger.connectors.owned(by: account.id).count,
        try ledger.grants.states(by: account.id).count(where: \.isInForce)
      )
    }
    let options = Self.roles.map {
      #"<option value="\#($0.rawValue)"\#(when(account.role == $0, " selected"))>\#($0.word)</option>"# as HTML
    }
    let state: HTML = account.isErased ? "Erased" : account.isDisabled ? "Disabled" : "Enabled"
    let disable: HTML = #"""
      <form class="stack" method="post" action="\#(path)">\#(viewer.token)<p>\#(Part.counted(grants, "grant")) and \#(Part.counted(connectors, "connector")) stop until the account is enabled again.</p>\#(Part.textField("reason", "Reason", hint: "It stays in the audit trail: nothing personal.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))<div class="button-row"><button class="button button-stop" name="do" value="disable">Disable</button></div></form>
      """#
    let enable: HTML =
      #"<form class="button-row" method="post" action="\#(path)">\#(viewer.token)<button class="button" name="do" value="enable">Enable</button></form>"#
    let select: HTML =
      #"<div class="field"><label for="to">Role</label><select id="to" name="to">\#(options)</select></div>"#
    let needsTwo = try await needsTwo(.roles)
    let choice: HTML =
      needsTwo
      ? #"""
      <form class="stack" method="post" action="\#(path)" novalidate>\#(viewer.token)<p>This needs a second operator, who approves what you propose.</p>\#(select)\#(Part.textField("why", "Reason for the role", hint: "It stays in the audit trail: nothing personal.", error: problems.of("why"), more: #"maxlength="200" autocomplete="off""#))<div class="button-row"><button class="button" name="do" value="propose-role">Propose role</button></div></form>
      """#
      : #"""
      <form class="filter-bar" method="post" action="\#(path)">\#(viewer.token)\#(select)<button class="button" name="do" value="role">Change role</button></form>
      """#
    let fixed: HTML = #"<p class="soft">Operators are made and changed at the command line only.</p>"#
    let forms: HTML = #"""
      <section class="card stack" aria-labelledby="role"><h2 id="role">Role</h2>\#(account.role == .operator ? fixed : choice)</section>
      <section class="card stack" aria-labelledby="sessions"><h2 id="sessions">Sessions</h2><form class="button-row" method="post" action="\#(path)">\#(viewer.token)<span>\#(Part.count(live, "session"))</span><button class="button" name="do" value="sessions">End sessions</button></form></section>
      <section class="card stack" aria-labelledby="stop"><h2 id="stop">\#(account.isDisabled ? "Enable" : "Disable")</h2>\#(account.isDisabled ? enable : disable)</section>
      <section class="card stack" aria-labelledby="erasure"><h2 id="erasure">Erase</h2><p>Destroys what is personal, for good. You see first what it does.</p><p><a class="button button-danger" href="\#(path)/erase">Erase…</a></p></section>
      """#
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header(Part.name(name), trail: Part.trail([("People", "/portal/people"), (Part.name(name), nil)]), below: "<p><code>\(account.id.description)</code> · \(account.role.word) · \(state)</p>"))
      \#(Part.problems(problems))
      \#(when(!account.isErased, forms))
      <p><a href="/portal/audit?who=\#(account.id.description)">What they did</a></p>
      \#(Part.commandLine(Self.personLines(account, needsTwo: needsTwo)))
      """#
    return .html(
      layout().page(
        Page(Part.name(name), at: .people, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func changePerson(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let (account, _) = try await person(visit, viewer)
    let reason = visit.form["reason"]
    let ending = sessions.sessions(of: account.id, at: try now)
    var endsSessions = false
    do throws(LedgerError) {
      switch visit.form["do"] {
      case "role", "propose-role":
        let role =
          visit.form.number("to").flatMap { AccountRole(rawValue: Int(truncatingIfNeeded: $0)) } ?? .unspecified
        guard Self.roles.contains(role) else { return .see("/portal/people/\(account.id.rawValue)") }
        guard visit.form["do"] == "role" else {
          guard visit.form.has("why") else { break }
          return try await propose(.changeRole(of: account.id, to: role), visit, viewer, reason: "why")
        }
        try await ledger.accounts.changeRole(of: account.id, to: role, by: viewer.id, context: visit.recorded())
      case "disable":
        if !reason.isEmpty {
          try await ledger.accounts.disable(account.id, reason: reason, by: viewer.id, context: visit.recorded())
          endsSessions = true
        }
      case "enable": try await ledger.accounts.enable(account.id, by: viewer.id, context: visit.recorded())
      case "sessions": endsSessions = true
      default: break
      }
    } catch {
      guard error.isRefusal else { throw PortalFailure(error) }
      let words = error.code.rawValue == "last_admin" ? RefusalWords.last(account.role) : RefusalWords.sentence(error)
      return try await personAnswer(visit, viewer, problems: [Problem(nil, words)])
    }
    if visit.form["do"] == "propose-role" {
      return try await personAnswer(visit, viewer, problems: [Problem("why", "Say why, in a few words.")])
    }
    if visit.form["do"] == "disable", reason.isEmpty {
      return try await personAnswer(visit, viewer, problems: [Problem("reason", "Say why, in a few words.")])
    }
    // The event of what was asked for, and not of a session that ends with it.
    var receipt = try await receipt(of: visit)
    if endsSessions {
      try await end(ending, .byOperator, by: viewer.id, visit)
      if receipt.isEmpty { receipt = try await self.receipt(of: visit) }
    }
    return .see("/portal/people/\(account.id.rawValue)?said=members\(receipt)")
  }
}
