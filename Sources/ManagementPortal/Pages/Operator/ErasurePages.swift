import CredentialLedger
import Hummingbird

/// The erasure of a person.
extension ManagementPortal {
  /// What an erasure stops.
  private struct Reach: Sendable, Equatable {
    let grants: Int
    let connectors: [Connector]
    let granted: Int
    let groups: Int
    /// The tokens under these grants and of these connectors that are valid now, and whether that is all of them.
    let tokens: Int
    let hasMoreTokens: Bool

    /// To notice that it changed since the page was made. Tokens come and go by the minute, and do not count.
    var mark: String { "\(grants),\(connectors.count),\(granted),\(groups)" }
  }

  /// How many tokens are looked at to count those that stop.
  private static let tokenLimit = 1_000

  /// The valid tokens of some grants and connectors, each counted once.
  ///
  /// - Returns: whether there may be more of them as well: at most ``tokenLimit`` are looked at, and some more of the last one.
  func liveTokens(
    of listings: [Tokens.Listing]
  ) async throws(LedgerError) -> (tokens: Set<TokenID>, hasMore: Bool) {
    var live: Set<TokenID> = []
    var seen = 0
    for listing in listings {
      guard seen < Self.tokenLimit else { return (live, true) }
      let tokens = try await ledger.tokens.list(listing, limit: Self.tokenLimit)
      // A grant without tokens costs a look as well.
      seen += tokens.count + 1
      for token in tokens where token.verdict.isValid { live.insert(token.handle) }
    }
    return (live, seen >= Self.tokenLimit)
  }

  private func reach(of account: AccountID) async throws(PortalFailure) -> Reach {
    try await asking { () async throws(LedgerError) -> Reach in
      let connectors = try ledger.connectors.owned(by: account)
      var granted = 0
      for connector in connectors { granted += try ledger.grants.states(to: connector.id).count(where: \.isInForce) }
      let given = try ledger.grants.states(by: account).filter(\.isInForce)
      let (tokens, hasMore) = try await liveTokens(
        of: connectors.map { Tokens.Listing.connector($0.id) } + given.map { Tokens.Listing.grant($0.grant.id) })
      return Reach(
        grants: given.count, connectors: connectors, granted: granted,
        groups: try ledger.groups.joined(by: account).count, tokens: tokens.count, hasMoreTokens: hasMore)
    }
  }

  /// Where somebody is found who is to be erased.
  func erasureSearchPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    var results: HTML = .empty
    if visit.query.has("q") {
      let (found, next) = try await people(visit, viewer)
      let rows = found.map { person -> HTML in
        let path = "/portal/people/\(person.account.id.rawValue)"
        let erase: HTML =
          person.account.isErased
          ? Part.status("", "Erased")
          : #"<a class="small" href="\#(path)/erase">Erase…<span class="visually-hidden"> \#(Part.name(person.name))</span></a>"#
        return #"""
          <tr><th scope="row"><a href="\#(path)">\#(Part.name(person.name))</a><small><code>\#(person.account.id.description)</code></small></th><td data-label="Role">\#(person.account.role.word)</td><td data-label="Since">\#(Part.exact(person.account.registeredAt))</td><td data-label="Actions">\#(erase)</td></tr>
          """#
      }
      results =
        rows.isEmpty
        ? #"<div class="card"><p>Nobody matches.</p></div>"#
        : #"<div class="table-box"><table class="lists named"><caption class="visually-hidden">People</caption><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Since</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
      if let next {
        results += #"<p class="pager"><a href="?\#(visit.query.query(replacing: "after", with: next))">Next</a></p>"#
      }
    }
    let content: HTML = #"""
      \#(Part.header("Erasure", below: "<p>Find the person. You see what the erasure destroys and stops before you confirm it.</p>"))
      <form class="filter-bar" method="get" action="/portal/erasure" role="search" aria-label="People"><div class="field field-wide"><label for="q">Search</label><input id="q" name="q" type="search" autocomplete="off" value="\#(visit.query["q"])" placeholder="Name or account:NUMBER"></div><button class="button button-main">Find</button></form>
      \#(results)
      \#(Part.commandLine(["credledger find NAME", "credledger erase account:NUMBER"]))
      """#
    return .html(layout().page(Page("Erasure", at: .erasure, content), for: viewer))
  }

  func erasurePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    guard try isFresh(viewer) else { return signInAgain(visit.address) }
    return try await erasureAnswer(visit, viewer, problems: [])
  }

  private func erasureAnswer(
    _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let (account, name) = try await person(visit, viewer)
    let path = "/portal/people/\(account.id.rawValue)"
    let trail = Part.trail([("People", "/portal/people"), (Part.name(name), path), ("Erase", nil)])
    guard !account.isErased else { return try await erased(account, viewer, trail) }
    let reach = try await reach(of: account.id)
    let names = reach.connectors.prefix(5).map { Part.name($0.details.name) }.joined(by: ", ")
    let owned: HTML =
      reach.connectors.isEmpty
      ? "No connector is theirs."
      : "\(Part.counted(reach.connectors.count, "connector")) of theirs (\(names)\(reach.connectors.count > 5 ? " and more" : "")) and \(Part.counted(reach.granted, "grant")) to them stop."
    let stopping: HTML =
      reach.hasMoreTokens
      ? "At least \(Part.counted(reach.tokens, "live token")) stop at once."
      : "\(Part.counted(reach.tokens, "live token")) in all stop at once."
    let id = account.id.description
    let proposal = visit.proposal
    let needsTwo = try await needsTwo(.erasure)
    let isProposed = needsTwo && proposal == nil && viewer.id != account.id
    let button: HTML =
      isProposed
      ? #"<button class="button button-stop" id="erase" name="do" value="propose">Propose to erase</button>"#
      : #"<button class="button button-stop" id="erase">Erase for ever</button>"#
    let approved: HTML =
      proposal.map { #"<input type="hidden" name="proposal" value="\#($0.rawValue)">"# }
      ?? when(
        isProposed, "<p>This needs a second operator, who approves what you propose. Nothing is erased before.</p>")
    let content: HTML = #"""
      \#(Part.header("Erase \(Part.name(name))?", trail: trail, below: "<p><code>\(id)</code></p>"))
      <section class="card stack" aria-labelledby="does"><h2 id="does">What it will do</h2><ul class="stack">
      <li>The key of this person is destroyed. Name, address, sign-ins and numbers can be read by nobody any more, in every copy of the log.</li>
      <li>\#(Part.count(reach.grants, "grant")) that they gave stop\#(reach.grants == 1 ? "s" : ""), with all tokens.</li>
      <li>\#(owned)</li>
      <li>\#(stopping)</li>
      <li>They leave \#(Part.count(reach.groups, "group")). Their messages are removed.</li>
      <li>Every event stays, and every proof still verifies.</li></ul></section>
      <section class="card stack" aria-labelledby="not"><h2 id="not">What it will not do</h2><p>Backups and archives that were made before still hold the key, until they are deleted. Reasons and names of groups and connectors that somebody typed are no personal data to the ledger, and stay.</p></section>
      <form class="card stack" method="post" action="\#(path)/erase" novalidate>\#(viewer.token)<input type="hidden" name="seen" value="\#(reach.mark)">\#(Part.problems(problems))
      <h2>This cannot be undone</h2>\#(approved)
      \#(Part.textField("reason", "Reason", value: visit.form["reason"], hint: "It stays in the audit trail: nothing personal.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))
      \#(Part.field("confirm", "Type \(id) to confirm", error: problems.of("confirm")) { #"<input \#($0) dir="ltr" autocomplete="off" spellcheck="false" data-unlocks="erase" data-wanted="\#(id)">"# })
      <div class="button-row">\#(button)<a href="\#(path)">Keep</a></div></form>
      \#(Part.commandLine([Self.guardedLine("credledger erase \(id)", isProposed: isProposed, by: proposal)]))
      """#
    return .html(
      layout().page(
        Page("Erase a person", at: .people, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// That somebody was erased before.
  private func erased(_ account: Account, _ viewer: Viewer, _ trail: HTML) async throws(PortalFailure) -> Response {
    let event = try await asking { () throws(LedgerError) in
      try await ledger.audit.latest(1, of: .account(account.id).and(.type(.subjectErased))).first
    }
    let when: HTML = event.map { " on \(Part.exact($0.time)) \(Part.proof($0.position, signed: signed))" } ?? .empty
    let content: HTML = #"""
      \#(Part.header("This person was erased", trail: trail))
      <div class="card"><p>Erased\#(when). Nothing personal is left to erase.</p></div>
      """#
    return .html(layout().page(Page("Erased", at: .people, narrow: true, content), for: viewer))
  }

  func erase(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let (account, _) = try await person(visit, viewer)
    let path = "/portal/people/\(account.id.rawValue)"
    let proposal = visit.proposal
    guard try isFresh(viewer) else {
      return signInAgain(path + "/erase" + (proposal.map { "?proposal=\($0.rawValue)" } ?? ""))
    }
    var problems: [Problem] = []
    if !visit.form.has("reason") { problems.append(Problem("reason", "Say why, in a few words.")) }
    if visit.form["confirm"] != account.id.description {
      problems.append(Problem("confirm", "Type the handle exactly as it stands there."))
    }
    if try await reach(of: account.id).mark != visit.form["seen"] {
      problems.append(
        Problem(nil, "What it would stop changed since you opened this page. Nothing was done; look again."))
    }
    guard problems.isEmpty else { return try await erasureAnswer(visit, viewer, problems: problems) }
    var context = visit.recorded()
    context.reason = visit.form["reason"]
    // Of others it is the office that erases, and the person in it answers for it.
    let isOwn = viewer.id == account.id
    if !isOwn {
      context.namedOperator = viewer.id
      context.proposal = proposal
    }
    let ending = sessions.sessions(of: account.id, at: try now)
    do throws(LedgerError) {
      if visit.form["do"] == "propose" { return try await propose(.eraseAccount(account.id), visit, viewer) }
      try await ledger.people.erase(account.id, by: isOwn ? viewer.id.requester : .operator, context: context)
    } catch {
      guard error.isRefusal else { throw PortalFailure(error) }
      let words =
        error.code.rawValue == "last_admin"
        ? "The last tenant administrator and the last operator cannot be erased." : RefusalWords.sentence(error)
      return try await erasureAnswer(visit, viewer, problems: [Problem(nil, words)])
    }
    try await end(ending, .byOperator, by: isOwn ? nil : viewer.id, visit)
    if isOwn { return .see("/portal/sign-in?said=out") }
    return .see("\(path)?said=erased\(try await receipt(of: visit))")
  }
}

extension Visit {
  /// The proposal by which the change of a page is made; nil where none is named.
  fileprivate var proposal: ProposalID? {
    (form.number("proposal") ?? query.number("proposal")).map { ProposalID(rawValue: $0) }
  }
}
