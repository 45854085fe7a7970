import CredentialLedger
import Hummingbird

/// Which connector a page is about, and who may see and change it.
extension ManagementPortal {
  /// The connector that a path names.
  ///
  /// - Parameter changing: whether only its owner may go on.
  /// - Throws: the same for one that there is not and one that the viewer may not see.
  func connector(_ visit: Visit, _ viewer: Viewer, changing: Bool = false) async throws(PortalFailure) -> ConnectorState
  {
    let state = try await asking { () throws(LedgerError) in
      try UInt64(visit.part(1)).flatMap { (number) throws(LedgerError) in
        try ledger.connectors.state(of: ConnectorID(rawValue: number))
      }
    }
    guard let state, state.connector.owner == viewer.id || viewer.readsAll else { throw .notFound("connector") }
    if state.connector.isDeleted {
      throw try await deleted(
        "This connector was deleted", named: Part.name(state.connector.details.name), Subject(state.connector.id),
        by: .connectorDeleted, to: viewer, else: (words: "Connectors", path: "/portal/connectors"))
    }
    if changing, state.connector.owner != viewer.id {
      throw .forbidden("You may see this connector, but only its owner may change it.")
    }
    return state
  }

  /// The heading and the tabs of a connector's pages.
  func connectorHead(_ state: ConnectorState, _ viewer: Viewer, tab: String) throws(PortalFailure) -> HTML {
    let connector = state.connector
    let base = "/portal/connectors/\(connector.id.rawValue)"
    let isOwner = connector.owner == viewer.id
    func link(_ name: String, _ path: String, _ words: HTML) -> HTML {
      #"<a href="\#(base)\#(path)"\#(when(tab == name, #" aria-current="page""#))>\#(words)</a>"#
    }
    let (description, publisher) = (connector.details.description_p, connector.details.publisher)
    let about = [description, publisher.isEmpty ? "" : "By \(publisher)"].filter { !$0.isEmpty }.joined(
      separator: " · ")
    let buttons: HTML =
      isOwner
      ? #"<a class="button" href="\#(base)/edit">Edit</a><a class="button" href="\#(base)/user-token">Generate user token</a>"#
      : .empty
    return #"""
      \#(Part.header(Part.name(connector.details.name), trail: Part.trail([("Connectors", "/portal/connectors"), (Part.name(connector.details.name), nil)]), below: #"<p class="button-row">\#(Self.badges(state))</p><p>\#(Part.name(about))</p>"#, buttons: buttons))
      <nav class="tab-list" aria-label="Connector">\#(link("overview", "", "Overview"))\#(link("grants", "/grants", "Grants"))\#(link("tokens", "/tokens", "Tokens"))\#(link("webhooks", "/webhooks", "Webhooks"))<a href="/portal/audit?who=\#(connector.id.description)">Audit trail</a></nav>
      """#
  }

  /// The state of a connector in words.
  static func badges(_ state: ConnectorState) -> HTML {
    if state.connector.isInactive { return Part.status("bad", "Inactive") }
    if !state.isInForce { return Part.status("bad", "Stopped") }
    if let until = state.previousSecretUntil {
      return Part.status("good", "Active")
        + Part.status("warn", "Two Secrets until \(until.description.prefix(16)) UTC")
    }
    return Part.status("good", "Active")
  }
}
