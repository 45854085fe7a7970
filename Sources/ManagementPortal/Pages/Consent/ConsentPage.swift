import CredentialLedger
import HTTPSupport
import Hummingbird

/// The page on which a person lets a program act for them, or does not (RFC 6749 section 4.1).
extension ManagementPortal {
  /// The request that a browser came with.
  private func asked(_ name: String) throws(PortalFailure) -> AuthorizationRequest {
    guard let request = authorizations.request(name) else { throw Self.notAsked }
    return request
  }

  private static var notAsked: PortalFailure {
    PortalFailure(
      status: .gone, title: "This was answered before, or too long ago",
      remedy: "Nothing was allowed now. Begin again at the program that sent you here.", code: "authorization_over",
      next: (words: "What I have granted", path: "/portal/me/granted"))
  }

  func consentPage(_ visit: Visit) async throws(PortalFailure) -> Response {
    let name = visit.query["request"]
    let request = try asked(name)
    let viewer = try await viewer(of: visit.session)
    let isSilent = request.prompt.contains(.none)
    guard let viewer, try isRecent(viewer, for: request) else {
      if isSilent { return try answer(name, [("error", "login_required")]) }
      let mark = viewer == nil ? "" : "&said=again"
      return .see("/portal/sign-in?to=\(PercentEncoding.encode(visit.address))\(mark)")
    }
    if try await isRemembered(request, by: viewer) {
      return .see(try await allow(request, named: name, visit, viewer))
    }
    if isSilent { return try answer(name, [("error", "consent_required")]) }
    return try await consentAnswer(request, named: name, viewer)
  }

  /// Whether somebody's sign-in is as young as the client wants it.
  private func isRecent(_ viewer: Viewer, for request: AuthorizationRequest) throws(PortalFailure) -> Bool {
    let age = (try now - viewer.session.authenticatedAt).components.seconds
    if let maximum = request.maximumAge, age > max(maximum, Self.signInSeconds) { return false }
    return !request.prompt.contains(.login) || age <= Self.signInSeconds
  }

  /// How long ago a sign-in may be that was made for a request which wants a new one: it takes some time to come back from a
  /// provider, and would be asked for again and again.
  private static let signInSeconds: Int64 = 60

  /// Whether a person has let the connector act for them already, with all that it asks for. A program on the person's own machine is
  /// asked about each time: another one there may pretend to be it (RFC 8252 section 8.6).
  private func isRemembered(
    _ request: AuthorizationRequest, by viewer: Viewer
  ) async throws(PortalFailure) -> Bool {
    guard !request.prompt.contains(.consent), request.conditions.audiences == nil,
      request.redirectURI.hasPrefix("https://"), !IdentityProvider.isLoopback(request.redirectURI)
    else { return false }
    return try await asking { () throws(LedgerError) in
      try ledger.grants.states(by: viewer.id).contains { state in
        state.isInForce && state.grant.connector == request.connector.id && state.grant.group == nil
          && state.grant.scopes.isSuperset(of: request.scopes)
      }
    }
  }

  private func consentAnswer(
    _ request: AuthorizationRequest, named name: String, _ viewer: Viewer
  ) async throws(PortalFailure) -> Response {
    let connector = request.connector
    let owner = Subject(connector.owner)
    let (label, groups, hasPhone) = try await asking { () async throws(LedgerError) in
      (
        try await ledger.audit.labels(of: [owner], under: leave(to: viewer, .subjects([owner])))[owner],
        try ledger.groups.joined(by: viewer.id), try !ledger.phones.verified(by: viewer.id).isEmpty
      )
    }
    let publisher = connector.details.publisher
    let by: HTML = publisher.isEmpty ? .empty : "By \(Part.name(publisher)), registered"
    let title: HTML = "\(Part.name(connector.details.name)) wants to act for you"
    let place = IdentityProvider.host(of: request.redirectURI)
    let names = groups.prefix(5).map { Part.name($0.name) }.joined(by: ", ")
    let more = groups.count > 5 ? " and \(Part.count(groups.count - 5, "more group"))" : ""
    let reach: HTML =
      groups.isEmpty
      ? "Every group that you join later, with your role there. You are in none now."
      : "\(names)\(more), and every group that you join later, with your role there."
    let audiences = try await audienceNames(request.conditions)
    let only: HTML =
      audiences.isEmpty
      ? .empty : "<h2>At these services only</h2><ul>\(audiences.map { "<li>\(Part.name($0))</li>" as HTML })</ul>"
    let form: HTML = #"""
      <form class="consent-buttons" method="post" action="/portal/authorize">\#(viewer.token)<input type="hidden" name="request" value="\#(name)"><button class="button button-main" name="answer" value="allow">Allow</button><button class="button" name="answer" value="refuse">Refuse</button></form>
      """#
    let phoneless: HTML = #"""
      \#(Part.notice("warn", "Add a phone number first. Everybody who lets a program act has one. Then you come back to this page."))
      <form class="consent-buttons" method="post" action="/portal/authorize">\#(viewer.token)<input type="hidden" name="request" value="\#(name)">\#(Self.mainLink(Self.newPhonePath(from: "/portal/authorize?request=\(name)"), "Add a Phone Number"))<button class="button" name="answer" value="refuse">Refuse</button></form>
      """#
    let content: HTML = #"""
      <h1>\#(title)</h1>
      <p class="soft">\#(by)\#(publisher.isEmpty ? "Registered" : "") by \#(Part.name(label?.name ?? connector.owner.description)), run at <strong><bdi dir="ltr">\#(place)</bdi></strong>. You are signed in as \#(Part.name(viewer.name)). <a href="/portal/sign-out">Not you?</a></p>
      \#(when(!connector.details.description_p.isEmpty, "<p>\(Part.name(connector.details.description_p))</p>"))
      <h2>It may</h2>\#(request.scopes.sentences)
      <h2>In these groups</h2><p>\#(reach)</p>
      \#(only)
      \#(hasPhone ? form : phoneless)
      <p class="hint">You are asked again only if it wants more. You can take this back at any time under <a href="/portal/me/granted">What I have granted</a>. What you allow is recorded.</p>
      """#
    return .html(layout().gate("\(Part.name(connector.details.name)) wants to act for you", content))
  }

  /// The names of the services that tokens are restricted to.
  private func audienceNames(_ conditions: TokenConditions) async throws(PortalFailure) -> [String] {
    guard let audiences = conditions.audiences else { return [] }
    return try await asking { () throws(LedgerError) in
      var names = audiences.includesOwn ? [ledger.origin] : []
      for id in audiences.servers {
        if let server = try ledger.resourceServers.server(id) { names.append(server.name) }
      }
      return names
    }
  }

  func decideConsent(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let name = visit.form["request"]
    switch visit.form["answer"] {
    case "allow":
      let request = try asked(name)
      return back(to: request.connector, at: try await allow(request, named: name, visit, viewer))
    case "refuse": return try await refuse(named: name, visit, viewer)
    default: throw .invalid("answer: expected one of the buttons of the page.")
    }
  }

  /// Sends the browser from the form to the program, which may send it on to any site.
  private func back(to program: Connector, at location: String) -> Response {
    onward(to: location, "Back to \(Part.name(program.details.name))")
  }

  /// Makes a code.
  ///
  /// - Returns: where the browser is sent with it.
  private func allow(
    _ request: AuthorizationRequest, named name: String, _ visit: Visit, _ viewer: Viewer
  ) async throws(PortalFailure) -> String {
    // Taken first, so that two answers at a time make one code.
    guard authorizations.take(name) != nil else { throw Self.notAsked }
    let issued: AuthorizationCodes.Issued
    do throws(LedgerError) {
      issued = try await ledger.authorizationCodes.issue(
        request.connector.id, consent: .scopes(request.scopes), redirectURI: request.redirectURI,
        codeChallenge: request.codeChallenge, conditions: request.conditions, by: viewer.id, context: visit.recorded())
    } catch {
      // A missing challenge is the program's mistake, of which it must hear.
      if error.field == "codeChallenge" {
        return request.location([("error", "invalid_request")], issuer: origin)
      }
      throw PortalFailure(error)
    }
    return request.location([("code", issued.code.text)], issuer: origin)
  }

  /// Records that the person said no, and sends the browser to the program with that.
  private func refuse(named name: String, _ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    // Taken first, so that two answers at a time leave one event.
    guard let request = authorizations.take(name) else { throw Self.notAsked }
    try await asking { () throws(LedgerError) in
      try await ledger.authorizationCodes.refuse(
        request.connector.id, scopes: request.scopes, redirectURI: request.redirectURI, by: viewer.id,
        context: visit.recorded())
    }
    return back(to: request.connector, at: request.location([("error", "access_denied")], issuer: origin))
  }

  /// Sends the browser to the program with an answer that allows nothing.
  private func answer(_ name: String, _ fields: [(String, String)]) throws(PortalFailure) -> Response {
    guard let request = authorizations.take(name) else { throw Self.notAsked }
    return .see(request.location(fields, issuer: origin))
  }
}
