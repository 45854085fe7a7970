import CredentialLedger
import Hummingbird

/// A page, and the form that is sent to it.
struct PortalRoute: Sendable {
  /// Who a page is for, and what makes it.
  enum Handler: Sendable {
    case anybody(@Sendable (ManagementPortal) -> (Visit) async throws(PortalFailure) -> Response)
    /// Needs somebody who is signed in; a form needs the token of the session as well.
    case viewer(@Sendable (ManagementPortal) -> (Visit, Viewer) async throws(PortalFailure) -> Response)
  }

  /// The parts of the path; `*` stands for any one.
  let pattern: [String]
  let get: Handler?
  let post: Handler?
  /// Whether programs send the form, which no browser's header fields tell apart from pages of other sites.
  let isForPrograms: Bool

  init(_ path: String, get: Handler? = nil, post: Handler? = nil, isForPrograms: Bool = false) {
    self.isForPrograms = isForPrograms
    pattern = path.split(separator: "/").map(String.init)
    self.get = get
    self.post = post
  }

  func matches(_ path: [String]) -> Bool {
    path.count == pattern.count && zip(path, pattern).allSatisfy { $1 == "*" || $0 == $1 }
  }

  static let all: [PortalRoute] = [
    PortalRoute("/sign-in", get: .anybody(ManagementPortal.signInPage)),
    PortalRoute("/sign-in/development", post: .anybody(ManagementPortal.developmentSignIn)),
    PortalRoute("/sign-in/*", post: .anybody(ManagementPortal.beginSignIn)),
    PortalRoute("/sign-in/*/callback", get: .anybody(ManagementPortal.finishSignIn)),
    PortalRoute("/sign-in/*/logout", post: .anybody(ManagementPortal.backchannelLogout), isForPrograms: true),
    PortalRoute("/first/*", get: .anybody(ManagementPortal.firstPage)),
    PortalRoute("/sign-out", get: .viewer(ManagementPortal.signOutPage), post: .viewer(ManagementPortal.signOut)),
    PortalRoute("/", get: .viewer(ManagementPortal.homePage)),
    PortalRoute("/me", get: .viewer(ManagementPortal.mePage)),
    PortalRoute("/me/sessions/end", post: .viewer(ManagementPortal.endSessions)),
    PortalRoute(
      "/me/phones/new", get: .viewer(ManagementPortal.newPhonePage), post: .viewer(ManagementPortal.requestPIN)),
    PortalRoute("/me/phones/pin", get: .viewer(ManagementPortal.pinPage), post: .viewer(ManagementPortal.verifyPIN)),
    PortalRoute(
      "/me/phones/*/remove", get: .viewer(ManagementPortal.removePhonePage), post: .viewer(ManagementPortal.removePhone)
    ),
    PortalRoute("/me/granted", get: .viewer(ManagementPortal.grantedPage)),
    PortalRoute(
      "/grants/*/revoke", get: .viewer(ManagementPortal.revokeGrantPage), post: .viewer(ManagementPortal.revokeGrant)),
    PortalRoute(
      "/authorize", get: .anybody(ManagementPortal.consentPage), post: .viewer(ManagementPortal.decideConsent)),
    PortalRoute("/connectors", get: .viewer(ManagementPortal.connectorsPage)),
    PortalRoute(
      "/connectors/new", get: .viewer(ManagementPortal.newConnectorPage),
      post: .viewer(ManagementPortal.describeConnector)),
    PortalRoute("/connectors/new/permissions", post: .viewer(ManagementPortal.createConnector)),
    PortalRoute("/connectors/*", get: .viewer(ManagementPortal.connectorPage)),
    PortalRoute(
      "/connectors/*/edit", get: .viewer(ManagementPortal.editConnectorPage),
      post: .viewer(ManagementPortal.editConnector)),
    PortalRoute("/connectors/*/grants", get: .viewer(ManagementPortal.connectorGrantsPage)),
    PortalRoute("/connectors/*/webhooks", get: .viewer(ManagementPortal.webhooksPage)),
    PortalRoute("/connectors/*/webhooks/*", get: .viewer(ManagementPortal.webhookPage)),
    PortalRoute("/connectors/*/webhooks/*/enable", post: .viewer(ManagementPortal.enableWebhook)),
    PortalRoute("/connectors/*/webhooks/*/retry", post: .viewer(ManagementPortal.retryWebhook)),
    PortalRoute(
      "/connectors/*/webhooks/*/delete", get: .viewer(ManagementPortal.deleteWebhookPage),
      post: .viewer(ManagementPortal.deleteWebhook)),
    PortalRoute("/connectors/*/tokens", get: .viewer(ManagementPortal.connectorTokensPage)),
    PortalRoute(
      "/connectors/*/rotate", get: .viewer(ManagementPortal.rotatePage), post: .viewer(ManagementPortal.rotate)),
    PortalRoute(
      "/connectors/*/user-token", get: .viewer(ManagementPortal.userTokenPage),
      post: .viewer(ManagementPortal.makeUserToken)),
    PortalRoute(
      "/connectors/*/end-old-secret", get: .viewer(ManagementPortal.endOldSecretPage),
      post: .viewer(ManagementPortal.endOldSecret)),
    PortalRoute(
      "/connectors/*/deactivate", get: .viewer(ManagementPortal.deactivatePage),
      post: .viewer(ManagementPortal.deactivate)),
    PortalRoute(
      "/connectors/*/activate", get: .viewer(ManagementPortal.activatePage), post: .viewer(ManagementPortal.activate)),
    PortalRoute(
      "/connectors/*/delete", get: .viewer(ManagementPortal.deleteConnectorPage),
      post: .viewer(ManagementPortal.deleteConnector)),
    PortalRoute("/groups", get: .viewer(ManagementPortal.groupsPage)),
    PortalRoute(
      "/groups/new", get: .viewer(ManagementPortal.newGroupPage), post: .viewer(ManagementPortal.createGroup)),
    PortalRoute("/groups/invitations", post: .viewer(ManagementPortal.acceptInvitation)),
    PortalRoute("/groups/*", get: .viewer(ManagementPortal.groupPage), post: .viewer(ManagementPortal.changeMembers)),
    PortalRoute(
      "/groups/*/edit", get: .viewer(ManagementPortal.editGroupPage), post: .viewer(ManagementPortal.editGroup)),
    PortalRoute(
      "/groups/*/delete", get: .viewer(ManagementPortal.deleteGroupPage), post: .viewer(ManagementPortal.deleteGroup)),
    PortalRoute(
      "/groups/*/subgroups", get: .viewer(ManagementPortal.subgroupsPage),
      post: .viewer(ManagementPortal.createSubgroup)
    ),
    PortalRoute(
      "/groups/*/subgroups/attach", get: .viewer(ManagementPortal.attachSubgroupPage),
      post: .viewer(ManagementPortal.attachSubgroup)),
    PortalRoute(
      "/groups/*/subgroups/*/detach", get: .viewer(ManagementPortal.detachSubgroupPage),
      post: .viewer(ManagementPortal.detachSubgroup)),
    PortalRoute(
      "/groups/*/connectors", get: .viewer(ManagementPortal.groupConnectorsPage),
      post: .viewer(ManagementPortal.letConnectorIn)),
    PortalRoute(
      "/groups/*/messages", get: .viewer(ManagementPortal.messagesPage), post: .viewer(ManagementPortal.postMessage)),
    PortalRoute("/groups/*/messages/live", get: .viewer(ManagementPortal.liveMessages)),
    PortalRoute("/groups/*/connectors/*", get: .viewer(ManagementPortal.groupGrantPage)),
    PortalRoute(
      "/review", get: .viewer(ManagementPortal.reviewPage), post: .viewer(ManagementPortal.saveDecisions)),
    PortalRoute("/review.csv", get: .viewer(ManagementPortal.reviewFile)),
    PortalRoute("/audit.csv", get: .viewer(ManagementPortal.auditFile)),
    PortalRoute("/audit.cloudevents", get: .viewer(ManagementPortal.auditFile)),
    PortalRoute("/audit.ndjson", get: .viewer(ManagementPortal.auditFile)),
    PortalRoute("/health", get: .viewer(ManagementPortal.healthPage)),
    PortalRoute("/keys", get: .viewer(ManagementPortal.keysPage), post: .viewer(ManagementPortal.rotateSigningKey)),
    PortalRoute("/erasure", get: .viewer(ManagementPortal.erasureSearchPage)),
    PortalRoute("/configuration", get: .viewer(ManagementPortal.configurationPage)),
    PortalRoute(
      "/people/*/erase", get: .viewer(ManagementPortal.erasurePage), post: .viewer(ManagementPortal.erase)),
    PortalRoute("/proposals", get: .viewer(ManagementPortal.proposalsPage)),
    PortalRoute(
      "/proposals/*", get: .viewer(ManagementPortal.proposalPage), post: .viewer(ManagementPortal.decideProposal)),
    PortalRoute("/people", get: .viewer(ManagementPortal.peoplePage)),
    PortalRoute(
      "/people/*", get: .viewer(ManagementPortal.personPage), post: .viewer(ManagementPortal.changePerson)),
    PortalRoute("/audit", get: .viewer(ManagementPortal.auditPage)),
    PortalRoute("/find", get: .viewer(ManagementPortal.findPage)),
    PortalRoute("/audit/live", get: .viewer(ManagementPortal.liveAudit)),
    PortalRoute(
      "/events/*/reveal", get: .viewer(ManagementPortal.revealPage), post: .viewer(ManagementPortal.reveal)),
    PortalRoute("/events/*", get: .viewer(ManagementPortal.eventPage)),
    PortalRoute("/evidence/*", get: .viewer(ManagementPortal.evidence)),
    PortalRoute("/evidence/*/report", get: .viewer(ManagementPortal.reportPage)),
    PortalRoute("/tokens/*", get: .viewer(ManagementPortal.whyValidPage)),
    PortalRoute(
      "/tokens/*/revoke", get: .viewer(ManagementPortal.revokeTokenPage), post: .viewer(ManagementPortal.revokeToken)),
  ]
}
