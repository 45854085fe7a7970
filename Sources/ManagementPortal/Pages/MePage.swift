import CredentialLedger
import Hummingbird

/// One's own account: phone numbers, sessions, and what one has granted.
extension ManagementPortal {
  func mePage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let phones = try await phones(of: viewer)
    let now = try now
    let newest = try await asking { () throws(LedgerError) in
      try await ledger.accounts.signIns(of: viewer.id, under: own(viewer)) ?? []
    }
    let signIns = Dictionary(newest.map { ($0.position, $0) }) { first, _ in first }
    let live = sessions.sessions(of: viewer.id, at: now)
    let signed = signed
    let phoneRows = phones.map { phone -> HTML in
      #"""
      <tr><th scope="row"><bdi dir="ltr">\#(phone.masked)</bdi></th><td data-label="Proof">\#(Part.proof(phone.id.position, signed: signed))</td><td data-label="Actions"><a class="small" href="/portal/me/phones/\#(phone.id.rawValue)/remove">Remove…</a></td></tr>
      """#
    }
    let sessionRows = live.map { session -> HTML in
      let signIn = signIns[session.signIn]
      let isThis = session.key == viewer.session.key
      return #"""
        <tr><th scope="row">\#(isThis ? "This browser" : "Another browser")<small>\#((signIn?.userAgent).map { Part.name($0) } ?? "Unknown program")</small></th><td data-label="From">\#(signIn?.address ?? "–")</td><td data-label="Signed in">\#(Part.ago(session.createdAt, now: now))</td><td data-label="Last used">\#(Part.ago(session.lastUsedAt, now: now))</td><td data-label="Proof">\#(when(session.signIn > 0, Part.proof(session.signIn, signed: signed)))</td><td data-label="Actions"><form method="post" action="/portal/me/sessions/end">\#(viewer.token)<button class="link-button" name="session" value="\#(session.handle)">End<span class="visually-hidden"> this session</span></button></form></td></tr>
        """#
    }
    let phoneTable: HTML =
      phones.isEmpty
      ? #"<div class="card stack"><p>No phone number yet. Everybody who creates connectors or grants access has one.</p></div>"#
      : #"""
      <div class="table-box"><table class="lists"><caption class="visually-hidden">Phone numbers</caption><thead><tr><th scope="col">Number</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(phoneRows)</tbody></table></div>
      """#
    let endOthers: HTML =
      live.count > 1
      ? #"<form method="post" action="/portal/me/sessions/end">\#(viewer.token)<button class="button" name="session" value="others">End all others</button></form>"#
      : #"<p class="soft">You are signed in only here.</p>"#
    let newPhone = Self.newPhonePath(from: "/portal/me")
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header(Part.name(viewer.name), below: #"<p><code>\#(viewer.id.description)</code> · role \#(viewer.account.role.word)</p>"#))
      <section class="stack" aria-labelledby="phones"><div class="section-header"><h2 id="phones">Phone numbers</h2></div>\#(phoneTable)
      <p>\#(phones.isEmpty ? Self.mainLink(newPhone, "Add a Phone Number") : #"<a class="button" href="\#(newPhone)">Add a Phone Number</a>"# as HTML)</p></section>
      <section class="stack" aria-labelledby="sessions"><h2 id="sessions">Sessions</h2>
      <div class="table-box"><table class="lists"><caption class="visually-hidden">Sessions</caption><thead><tr><th scope="col">Browser</th><th scope="col">From</th><th scope="col">Signed in</th><th scope="col">Last used</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(sessionRows)</tbody></table></div>
      \#(endOthers)</section>
      \#(Part.commandLine(["credledger account show \(viewer.id.description)", "credledger audit --account \(viewer.id.description) --type 'account.*'"]))
      """#
    return .html(layout().page(Page("My account", at: .me, content), for: viewer))
  }

  func endSessions(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let wanted = visit.form["session"]
    let live = sessions.sessions(of: viewer.id, at: try now)
    let ended = live.filter { wanted == "others" ? $0.key != viewer.session.key : $0.handle == wanted }
    let isOwn = ended.contains { $0.key == viewer.session.key }
    try await end(ended, isOwn ? .signedOut : .ended, by: viewer.id, visit)
    return .see("/portal/me?said=sessions\(try await receipt(of: visit))")
  }

  /// A verified number, of which the last digits are shown.
  struct ShownPhone: Sendable {
    let id: PhoneID
    let masked: String
  }

  /// The numbers of the viewer, most digits hidden.
  func phones(of viewer: Viewer) async throws(PortalFailure) -> [ShownPhone] {
    try await asking { () async throws(LedgerError) -> [ShownPhone] in
      var shown: [ShownPhone] = []
      for id in try ledger.phones.verified(by: viewer.id) {
        let entries = try await ledger.audit.latest(1, of: .phone(id).and(.type(.phoneVerified)))
        let personal = try await ledger.audit.describe(entries, under: own(viewer)).personal[id.position] ?? []
        var masked = "a number"
        for value in personal where value.name == "number" {
          if case .revealed(let number) = value.state { masked = Self.masked(number) }
        }
        shown.append(ShownPhone(id: id, masked: masked))
      }
      return shown
    }
  }

  /// The first and the last digits of a number.
  static func masked(_ number: String) -> String {
    let digits = number.filter(\.isNumber)
    return "+\(digits.prefix(2)) •••• •••\(digits.suffix(3))"
  }

  func grantedPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let states = try await asking { () throws(LedgerError) in try ledger.grants.states(by: viewer.id) }
    let rows = try await grantRows(states, for: viewer, showing: [.connector, .group], visit)
    let content: HTML = #"""
      \#(said(visit))
      \#(Part.header("What I have granted", below: "<p>Programs that act for you, or in a group because you let them in. You can take back each of them.</p>"))
      \#(states.isEmpty ? #"<div class="card"><p>You have let no program act for you.</p></div>"# as HTML : rows)
      \#(Part.commandLine(["credledger grant list \(viewer.id.description)"]))
      """#
    return .html(layout().page(Page("What I have granted", at: .granted, content), for: viewer))
  }
}

extension AccountRole {
  /// The name that the portal shows.
  var word: String {
    switch self {
    case .user, .unspecified: "user"
    case .tenantAdmin: "tenant administrator"
    case .auditor: "auditor"
    case .operator: "operator"
    case .UNRECOGNIZED: "unknown"
    }
  }
}
