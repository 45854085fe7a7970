import CredentialLedger
import Hummingbird
import LedgerOperations

/// Changes that need two operators. They are proposed on the pages where they are made otherwise; here another operator decides,
/// and any operator who comes back makes them.
extension ManagementPortal {
  /// Whether the rules need a second operator for a kind of change.
  func needsTwo(_ kind: Oversight.Guarded) async throws(PortalFailure) -> Bool {
    try await asking { () throws(LedgerError) in try ledger.operators.rules.guarded.contains(kind) }
  }

  /// Proposes a change with the form's reason, and leads to the proposal.
  ///
  /// - Parameter field: the field of the form that holds the reason.
  func propose(
    _ change: ProposedChange, _ visit: Visit, _ viewer: Viewer, reason field: String = "reason"
  ) async throws(LedgerError) -> Response {
    var context = visit.recorded()
    context.reason = visit.form[field]
    let id = try await ledger.proposals.make(change, by: viewer.id, context: context)
    return .see("/portal/proposals/\(id.rawValue)?said=proposed&event=\(id.rawValue)")
  }

  func proposalsPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let (now, signed) = (try now, signed)
    let rows = try await asking { () async throws(LedgerError) -> [HTML] in
      let entries = try await ledger.audit.latest(Self.rowLimit, of: .type(.proposalMade))
      let words = try await self.words(for: entries, to: viewer)
      var rows: [HTML] = []
      for entry in entries {
        guard let proposal = try ledger.proposals.proposal(ProposalID(madeAt: entry.position)) else { continue }
        rows.append(
          #"""
          <tr><th scope="row"><a href="/portal/proposals/\#(entry.position)">\#(Part.name(proposal.words))</a><small><code>\#(proposal.id.description)</code></small></th><td data-label="By">\#(words.name(Subject(proposal.proposer)))</td><td data-label="State">\#(proposal.status(at: now))</td><td data-label="Until">\#(Part.until(proposal.expiresAt, now: now))</td><td data-label="Proof">\#(Part.proof(entry.position, signed: signed))</td></tr>
          """#)
      }
      return rows
    }
    let table: HTML =
      rows.isEmpty
      ? #"<div class="card"><p>Nothing was proposed.</p></div>"#
      : #"<div class="table-box"><table class="lists named"><caption class="visually-hidden">Proposals, the newest first</caption><thead><tr><th scope="col">Change</th><th scope="col">By</th><th scope="col">State</th><th scope="col">Until</th><th scope="col">Proof</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    let older: HTML = when(
      rows.count == Self.rowLimit,
      #"<p><a href="/portal/audit?exact=proposal.made">All proposals, in the audit trail</a></p>"#)
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("Proposals", below: "<p>Changes that need two operators: one proposes, another approves, and then the change is made within 72 hours.</p>"))
      \#(table)\#(older)
      \#(Part.commandLine(["credledger proposal list"]))
      """#
    return .html(layout().page(Page("Proposals", at: .proposals, content), for: viewer))
  }

  /// The proposal that a path names.
  private func proposal(_ visit: Visit) async throws(PortalFailure) -> ChangeProposal {
    let found = try await asking { () throws(LedgerError) in
      try UInt64(visit.part(1)).flatMap { (number) throws(LedgerError) in
        try ledger.proposals.proposal(ProposalID(rawValue: number))
      }
    }
    guard let found else { throw .notFound("proposal") }
    return found
  }

  /// The change that a proposal is of, where it is one that the portal makes.
  private func change(of proposal: ChangeProposal) async throws(PortalFailure) -> ProposedChange? {
    let roles = Self.roles
    return try await asking { () throws(LedgerError) in
      var changes: [ProposedChange] = ledger.keys.isSigningKeyElsewhere ? [] : [.rotateSigningKey()]
      if let id = proposal.account, let account = try ledger.accounts.account(id) {
        changes.append(.eraseAccount(id))
        // Operators are made and changed at the command line alone.
        if account.role != .operator { changes += roles.map { .changeRole(of: id, to: $0) } }
      }
      return try ledger.proposals.change(of: proposal, among: changes)
    }
  }

  func proposalPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    return try await proposalAnswer(try await proposal(visit), visit, viewer, problems: [])
  }

  private func proposalAnswer(
    _ proposal: ChangeProposal, _ visit: Visit, _ viewer: Viewer, problems: [Problem]
  ) async throws(PortalFailure) -> Response {
    let now = try now
    let (events, words) = try await asking { () async throws(LedgerError) in
      let events = try await ledger.audit.latest(10, of: .subject(Subject(proposal.id)))
      return (events, try await self.words(for: events, to: viewer))
    }
    let change = try await change(of: proposal)
    let reason = events.last { $0.position == proposal.id.position }?.reason
    let account: HTML =
      proposal.account.map {
        #"<dt>Person</dt><dd><a href="/portal/people/\#($0.rawValue)">\#(words.unlinked.name(Subject($0)))</a></dd>"#
      } ?? .empty
    let approver: HTML =
      proposal.approver.map { "<dt>Decided by</dt><dd>\(words.name(Subject($0)))</dd>" } ?? .empty
    let forms = proposal.isOfUse(at: now) ? forms(proposal, change, visit, viewer, problems) : .empty
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header(Part.name(proposal.words), trail: Part.trail([("Proposals", "/portal/proposals"), ("<code>\(proposal.id.description)</code>", nil)])))
      \#(Part.problems(problems))
      <div class="card"><dl class="facts">\#(account)<dt>Proposed by</dt><dd>\#(words.name(Subject(proposal.proposer)))</dd><dt>Reason</dt><dd>\#(reason.map { Part.name($0) } ?? "none was given")</dd>\#(approver)<dt>State</dt><dd>\#(proposal.status(at: now))</dd><dt>Until</dt><dd>\#(Part.exact(proposal.expiresAt))</dd></dl></div>
      \#(forms)
      <section class="stack" aria-labelledby="happened"><h2 id="happened">What happened</h2>\#(try eventTable(events, words))</section>
      \#(Part.commandLine(Self.proposalLines(proposal, change, isOwn: viewer.id == proposal.proposer, at: now)))
      """#
    return .html(
      layout().page(
        Page("Proposal", at: .proposals, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// What somebody may do about a proposal that is of use.
  private func forms(
    _ proposal: ChangeProposal, _ change: ProposedChange?, _ visit: Visit, _ viewer: Viewer, _ problems: [Problem]
  ) -> HTML {
    let path = "/portal/proposals/\(proposal.id.rawValue)"
    let isOwn = viewer.id == proposal.proposer
    let make: HTML
    if case .eraseAccount(let id)? = change {
      make =
        #"<a class="button button-danger" href="/portal/people/\#(id.rawValue)/erase?proposal=\#(proposal.id.rawValue)">Erase…</a>"#
    } else if change != nil {
      make = #"<button class="button button-main" name="do" value="make">Make the change</button>"#
    } else {
      make =
        #"<p>It is made at the command line, by the command of the change with <code>--proposal \#(proposal.id.rawValue)</code>.</p>"#
    }
    let made: HTML = #"""
      <form class="card stack" method="post" action="\#(path)" aria-labelledby="make"><h2 id="make">It is approved</h2>\#(viewer.token)<div class="button-row">\#(make)</div></form>
      """#
    let withdraw: HTML = #"""
      <form class="card stack" method="post" action="\#(path)" aria-labelledby="withdraw"><h2 id="withdraw">Withdraw</h2>\#(viewer.token)<p>You proposed it, so another operator approves it. You can take it back.</p><div class="button-row"><button class="button button-stop" name="do" value="withdraw">Withdraw</button></div></form>
      """#
    let approve: HTML = when(
      proposal.status == .open, #"<button class="button button-main" name="do" value="approve">Approve</button>"#)
    let decide: HTML = #"""
      <form class="card stack" method="post" action="\#(path)" aria-labelledby="decide" novalidate><h2 id="decide">Your decision</h2>\#(viewer.token)\#(Part.textField("reason", "Reason", value: visit.form["reason"], optional: true, hint: "It stays in the audit trail: nothing personal. To reject, say why.", error: problems.of("reason"), more: #"maxlength="200" autocomplete="off""#))<div class="button-row">\#(approve)<button class="button button-stop" name="do" value="reject">Reject</button></div></form>
      """#
    return when(proposal.status == .approved, made) + (isOwn ? withdraw : decide)
  }

  func decideProposal(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let proposal = try await proposal(visit)
    let path = "/portal/proposals/\(proposal.id.rawValue)"
    guard try isFresh(viewer) else { return signInAgain(path) }
    var context = visit.recorded()
    if visit.form.has("reason") { context.reason = visit.form["reason"] }
    let change = try await change(of: proposal)
    guard proposal.isOfUse(at: try now) else {
      return try await proposalAnswer(
        proposal, visit, viewer, problems: [Problem(nil, RefusalWords.proposalGone)])
    }
    let answer = visit.form["do"]
    if answer == "reject", context.reason == nil {
      return try await proposalAnswer(
        proposal, visit, viewer, problems: [Problem("reason", "Say why, in a few words.")])
    }
    do throws(LedgerError) {
      switch answer {
      case "approve": try await ledger.proposals.approve(proposal.id, by: viewer.id, context: context)
      case "reject": try await ledger.proposals.reject(proposal.id, by: viewer.id, context: context)
      case "withdraw": try await ledger.proposals.withdraw(proposal.id, by: viewer.id, context: context)
      case "make":
        context.proposal = proposal.id
        try await make(change, viewer, context)
      default: return .see(path)
      }
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      let current = try await self.proposal(visit)
      return try await proposalAnswer(
        current, visit, viewer,
        problems: [Problem(error.field == "reason" ? "reason" : nil, RefusalWords.sentence(error))])
    }
    return .see("\(path)?said=decided-proposal\(try await receipt(of: visit))")
  }

  /// Makes a change by its proposal.
  private func make(
    _ change: ProposedChange?, _ viewer: Viewer, _ context: CredentialLedger.RequestContext
  ) async throws(LedgerError) {
    var context = context
    switch change {
    case .changeRole(let account, let role)?:
      try await ledger.accounts.changeRole(of: account, to: role, by: viewer.id, context: context)
    case .rotateSigningKey?:
      context.namedOperator = viewer.id
      try await ledger.keys.rotateSigningKey(context: context)
    default: break
    }
  }
}

extension ChangeProposal {
  func isOfUse(at now: Timestamp) -> Bool { (status == .open || status == .approved) && now < expiresAt }

  /// How far it has come, in words.
  fileprivate func status(at now: Timestamp) -> HTML {
    switch status {
    case .open, .approved:
      guard isOfUse(at: now) else { return Part.status("", "Expired") }
      return status == .open ? Part.status("warn", "Waits for another operator") : Part.status("good", "Approved")
    case .withdrawn: return Part.status("", "Withdrawn")
    case .rejected: return Part.status("bad", "Rejected")
    case .executed: return Part.status("good", "Made")
    case .void: return Part.status("", "Void since a restore")
    }
  }
}
