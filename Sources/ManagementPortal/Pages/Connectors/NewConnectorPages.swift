import CredentialLedger
import Hummingbird

/// What a person says of a connector. The first of two pages asks for it, and the second carries it in hidden fields, so that two
/// tabs do not mix.
struct ConnectorForm: Sendable {
  var name: String
  var description: String
  var publisher: String
  /// One a line.
  var redirects: String

  init(_ form: FormValues) {
    name = form["name"]
    description = form["description"]
    publisher = form["publisher"]
    redirects = form["redirects"]
  }

  init(_ details: ConnectorDetails) {
    name = details.name
    description = details.description_p
    publisher = details.publisher
    redirects = details.redirectUris.joined(separator: "\n")
  }

  var redirectURIs: [String] { redirects.split(whereSeparator: \.isWhitespace).map(String.init) }

  /// What is wrong before the ledger is asked.
  var problems: [Problem] {
    var problems: [Problem] = []
    if name.isEmpty { problems.append(Problem("name", "Enter a name.")) }
    if name.count > 100 {
      problems.append(Problem("name", "A name has at most 100 characters; this one has \(name.count)."))
    }
    if description.count > 300 {
      problems.append(
        Problem("description", "A description has at most 300 characters; this one has \(description.count)."))
    }
    for uri in redirectURIs {
      let host = uri.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
      let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains { host == $0 || host.hasPrefix("\($0):") }
      if !uri.hasPrefix("https://"), !(uri.hasPrefix("http://") && isLocal) {
        problems.append(Problem("redirects", "Use https, or http only for localhost."))
      } else if uri.contains("#") {
        problems.append(Problem("redirects", "Leave out the part after #."))
      }
    }
    return problems
  }

  /// A refusal of the ledger, at its field.
  static func problem(_ error: LedgerError) -> Problem {
    let field: String? =
      switch error.field {
      case "name": "name"
      case "description": "description"
      case "publisher": "publisher"
      case "redirectURIs", "redirectURI": "redirects"
      default: nil
      }
    return Problem(field, RefusalWords.sentence(error))
  }

  /// The fields, with what is wrong beside each.
  func fields(_ problems: [Problem]) -> HTML {
    let about = Part.field(
      "description", "Short description", optional: true, hint: "One sentence: what it does for a group.",
      error: problems.of("description")
    ) { "<textarea \($0) rows=\"2\">\(description)</textarea>" }
    let addresses = Part.field(
      "redirects", "Redirect URL", optional: true,
      hint: "Only for programs that people sign in to by OAuth. One a line. You can add it later.",
      error: problems.of("redirects")
    ) { "<textarea \($0) dir=\"ltr\" rows=\"2\" spellcheck=\"false\">\(redirects)</textarea>" }
    return #"""
      \#(Part.textField("name", "Name", value: name, hint: "What admins will look for in their list, such as “Roster”.", error: problems.of("name"), more: #"maxlength="200" autocomplete="off""#))
      \#(about)
      \#(Part.textField("publisher", "Publisher", value: publisher, optional: true, hint: "Team or company that answers for it.", error: problems.of("publisher"), more: #"autocomplete="organization""#))
      \#(addresses)
      """#
  }

  /// The same, unseen.
  var hidden: HTML {
    let values = [("name", name), ("description", description), ("publisher", publisher), ("redirects", redirects)]
    return values.map { #"<input type="hidden" name="\#($0.0)" value="\#($0.1)">"# as HTML }.joined()
  }

  /// The choice of permissions, with what developers know them by.
  static func permissions(_ ticked: Set<Permission>) -> HTML {
    let rows = Permission.offered.map { permission -> HTML in
      #"<label class="choice"><input type="checkbox" name="permission" value="\#(permission.rawValue)"\#(when(ticked.contains(permission), " checked"))><span><strong>\#(permission.title)</strong><span class="soft">\#(permission.sentence)</span></span></label>"#
    }
    let scopes = Permission.offered.map { permission -> HTML in
      #"<dt>\#(permission.title)</dt><dd><code>\#(permission.scopes.description.replacing(",", with: ", "))</code></dd>"#
    }
    return #"""
      <fieldset><legend>Permissions</legend><div class="table-box choice-list">\#(rows)</div></fieldset>
      <details><summary>The scopes of each, as programs name them</summary><dl class="facts">\#(scopes)</dl></details>
      """#
  }
}

extension ManagementPortal {
  func newConnectorPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await requirePhone(viewer, from: "/portal/connectors/new")
    return newConnector(viewer, ConnectorForm(visit.query), problems: [])
  }

  /// Nobody without a verified number may go on: the page says what to do.
  ///
  /// - Parameter page: where one goes on once there is a number.
  func requirePhone(_ viewer: Viewer, from page: String = "/portal/") async throws(PortalFailure) {
    let phones = try await asking { () throws(LedgerError) in try ledger.phones.verified(by: viewer.id) }
    guard phones.isEmpty else { return }
    throw PortalFailure(
      status: .forbidden, title: "Add a phone number first",
      remedy: "Everybody who creates connectors or grants access has a verified number.", code: "phone_required",
      next: (words: "Add a Phone Number", path: Self.newPhonePath(from: page)))
  }

  private func newConnector(_ viewer: Viewer, _ form: ConnectorForm, problems: [Problem]) -> Response {
    let content: HTML = #"""
      \#(Part.header("Add Connector", trail: Part.trail([("Connectors", "/portal/connectors"), ("Add Connector", nil)]), below: #"<p class="small soft">Step 1 of 2</p><p>Tell people what this program is. Group admins read it before they let it in.</p>"#))
      <form class="card stack" method="post" action="/portal/connectors/new" novalidate>\#(viewer.token)\#(Part.problems(problems))
      \#(form.fields(problems))
      <div class="button-row"><button class="button button-main">Continue</button><a href="/portal/connectors">Cancel</a></div></form>
      """#
    return .html(
      layout().page(
        Page("Add Connector", at: .connectors, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  /// The second page: it changes nothing, so it answers the form itself.
  func describeConnector(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await requirePhone(viewer)
    let form = ConnectorForm(visit.form)
    guard form.problems.isEmpty, !visit.form.has("back") else {
      return newConnector(viewer, form, problems: visit.form.has("back") ? [] : form.problems)
    }
    return choosePermissions(viewer, form, ticked: [], problems: [])
  }

  private func choosePermissions(
    _ viewer: Viewer, _ form: ConnectorForm, ticked: Set<Permission>, problems: [Problem], once: String? = nil
  ) -> Response {
    let content: HTML = #"""
      \#(Part.header("What may \(Part.name(form.name)) do?", trail: Part.trail([("Connectors", "/portal/connectors"), ("Add Connector", "/portal/connectors/new"), ("Permissions", nil)]), below: #"<p class="small soft">Step 2 of 2</p><p>Tick as little as the program needs. A group’s admin sees these words and accepts all of them or none.</p>"#))
      <form class="stack" method="post" action="/portal/connectors/new/permissions">\#(viewer.token)<input type="hidden" name="once" value="\#(once ?? RandomText.make(words: 2))">\#(form.hidden)\#(Part.problems(problems))
      \#(ConnectorForm.permissions(ticked))
      <p class="hint">You can add or take away permissions later. What you add reaches a group only when its admin grants again; what you take away stops at once, everywhere.</p>
      <div class="button-row"><button class="button button-main">Create Connector</button><button class="button" formaction="/portal/connectors/new" name="back" value="1">Back</button></div>
      \#(Part.commandLine(["credledger connector create --name NAME --permission group-information --permission text-message --owner \(viewer.id.rawValue)"]))
      </form>
      """#
    return .html(
      layout().page(
        Page("What may it do?", at: .connectors, narrow: true, hasProblem: !problems.isEmpty, content), for: viewer),
      status: problems.isEmpty ? .ok : .unprocessableContent)
  }

  func createConnector(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try await requirePhone(viewer)
    let form = ConnectorForm(visit.form)
    let ticked = Set(visit.form.all("permission").compactMap { Permission(rawValue: $0) })
    let once = try once(visit, viewer, "Secret", "/portal/connectors")
    guard form.problems.isEmpty else { return newConnector(viewer, form, problems: form.problems) }
    guard !ticked.isEmpty else {
      return choosePermissions(
        viewer, form, ticked: ticked, problems: [Problem(nil, "Tick at least one permission.")], once: once)
    }
    let (connector, secret): (Connector, ConnectorSecret)
    do throws(LedgerError) {
      (connector, secret) = try await ledger.connectors.create(
        name: form.name, permissions: ticked, description: form.description, publisher: form.publisher,
        redirectURIs: form.redirectURIs, by: viewer.id, context: visit.recorded(once: once))
    } catch {
      guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
      if error.code.rawValue == "phone_required" { try await requirePhone(viewer) }
      return newConnector(viewer, form, problems: [ConnectorForm.problem(error)])
    }
    await spend(once, visit, viewer)
    let name = Part.name(connector.details.name)
    let content: HTML = #"""
      \#(Part.header(name, trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), nil)])))
      \#(Part.secret(title: "Connector created. Copy the Secret now.", text: "It is shown this once. The ledger keeps only a digest, so nobody, not even the operator, can show it again.", body: "\(Part.secretLine("connector-id", "ID (applicationId)", connector.publicID.description, copy: "Copy ID"))\(Part.secretLine("connector-secret", "Secret (applicationSecret)", secret.text, copy: "Copy Secret"))<p class=\"hint\">Put the Secret where your program keeps its secrets, never in source code, a ticket or a chat. If it is lost or seen by others, rotate it on the connector’s page.</p>", stored: "I have stored the Secret", next: "/portal/connectors/\(connector.id.rawValue)", button: "Continue"))
      \#(Self.whatHappensNext(to: name))
      <p class="small soft">Recorded as \#(Part.proof(connector.id.position, signed: signed)). The record names you, the connector and its permissions. It does not contain the Secret.</p>
      """#
    return .html(layout().page(Page("Connector created", at: .connectors, narrow: true, content), for: viewer))
  }

  /// What is to be done with a connector that no group has let in.
  static func whatHappensNext(to name: HTML) -> HTML {
    #"""
    <section><h2>What happens next</h2><p class="soft">\#(name) can do nothing yet. Ask the admin of a group to open the group, then <strong>Connectors</strong>, choose <strong>\#(name)</strong> and press <strong>Add Connector</strong>. For your own groups, <a href="/portal/groups">do it yourself</a>.</p></section>
    """#
  }
}
