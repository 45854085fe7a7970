/// Who may do what on each route of the portal.
struct PortalRule {
  typealias Role = PortalRoles.Role

  /// Who is let through.
  let may: Set<Role>
  /// Who sees what it is about and is refused: 403. For everybody else who is signed in it does not exist: 404.
  let forbidden: Set<Role>
  /// Whether the form does what it is for without fields of its own. Then other tests send it.
  var isAtOnce = false
  /// Whether somebody without a session is let through as well.
  var isForAnybody = false

  init(_ may: Set<Role>, forbidden: Set<Role> = []) { (self.may, self.forbidden) = (may, forbidden) }

  /// What somebody is answered.
  enum Outcome { case done, forbidden, hidden, signIn }

  func outcome(for role: Role) -> Outcome {
    if isForAnybody { return .done }
    guard PortalRule.signedIn.contains(role) else { return .signIn }
    return may.contains(role) ? .done : forbidden.contains(role) ? .forbidden : .hidden
  }

  var atOnce: PortalRule {
    var rule = self
    rule.isAtOnce = true
    return rule
  }

  private static let signedIn = Set(Role.allCases).subtracting([.nobody, .disabled])
  private static let readers: Set<Role> = [.auditor, .operator]
  private static let withoutPhone: Set<Role> = [.newcomer, .auditor, .tenantAdmin]

  static let anybody: PortalRule = {
    var rule = PortalRule(signedIn)
    rule.isForAnybody = true
    return rule
  }()
  /// The visitor's own pages.
  static let own = PortalRule(signedIn)
  /// Of those who have a number.
  static let withPhone = PortalRule(signedIn.subtracting(withoutPhone), forbidden: withoutPhone)
  static let connector = PortalRule(readers.union([.developer]))
  static let connectorChange = PortalRule([.developer], forbidden: readers)
  /// Stopping a connector for a while, and starting it again.
  static let connectorStop = PortalRule([.developer, .operator], forbidden: [.auditor])
  static let group = PortalRule(readers.union([.member, .admin]))
  static let groupChange = PortalRule([.admin], forbidden: readers.union([.member]))
  static let messages = PortalRule([.member, .admin])
  static let office = PortalRule([.operator])
  static let reading = PortalRule(readers)
  /// The token of the scene, and its events.
  static let token = PortalRule(readers.union([.developer, .admin]))
  static let tokenStop = PortalRule([.developer])
  static let grantStop = PortalRule([.developer, .admin])
  static let phone = PortalRule([.developer])
  /// Of something that there is not.
  static let nothing = PortalRule([])

  /// By a route's pattern, what opens its page and what sends its form. A route has a rule for each that it has.
  static let all: [String: (get: PortalRule?, post: PortalRule?)] = [
    "sign-in": (anybody, nil), "sign-in/development": (nil, anybody), "sign-in/*": (nil, anybody),
    "sign-in/*/callback": (anybody, nil), "sign-in/*/logout": (nil, anybody), "first/*": (anybody, nil),
    "sign-out": (own, own.atOnce), "": (own, nil), "me": (own, nil), "me/sessions/end": (nil, own.atOnce),
    "me/phones/new": (own, own), "me/phones/pin": (own, own), "me/phones/*/remove": (phone, phone.atOnce),
    "me/granted": (own, nil), "grants/*/revoke": (grantStop, grantStop.atOnce), "authorize": (anybody, own),
    "connectors": (own, nil), "connectors/new": (withPhone, withPhone),
    "connectors/new/permissions": (nil, withPhone), "connectors/*": (connector, nil),
    "connectors/*/edit": (connectorChange, connectorChange), "connectors/*/grants": (connector, nil),
    "connectors/*/webhooks": (connector, nil), "connectors/*/webhooks/*": (connector, nil),
    "connectors/*/webhooks/*/enable": (nil, connectorChange.atOnce),
    "connectors/*/webhooks/*/retry": (nil, connectorChange.atOnce),
    "connectors/*/webhooks/*/delete": (connectorChange, connectorChange.atOnce),
    "connectors/*/tokens": (connector, nil), "connectors/*/rotate": (connectorChange, connectorChange),
    "connectors/*/user-token": (connectorChange, connectorChange),
    "connectors/*/end-old-secret": (connectorStop, connectorStop.atOnce),
    "connectors/*/deactivate": (connectorStop, connectorStop),
    "connectors/*/activate": (connectorStop, connectorStop.atOnce),
    "connectors/*/delete": (connectorChange, connectorChange), "groups": (own, nil), "groups/new": (own, own),
    "groups/invitations": (nil, own), "groups/*": (group, groupChange), "groups/*/edit": (groupChange, groupChange),
    "groups/*/delete": (groupChange, groupChange), "groups/*/subgroups": (group, groupChange),
    "groups/*/subgroups/attach": (groupChange, groupChange),
    "groups/*/subgroups/*/detach": (groupChange, groupChange), "groups/*/connectors": (group, groupChange),
    "groups/*/messages": (messages, messages), "groups/*/messages/live": (messages, nil),
    "groups/*/connectors/*": (group, nil), "review": (own, own), "review.csv": (own, nil), "audit.csv": (own, nil),
    "audit.cloudevents": (own, nil), "audit.ndjson": (own, nil), "health": (office, nil), "keys": (office, office),
    "erasure": (office, nil), "configuration": (office, nil), "people/*/erase": (office, office),
    "proposals": (office, nil), "proposals/*": (nothing, nothing), "people": (office, nil),
    "people/*": (office, office), "audit": (own, nil), "find": (reading, nil), "audit/live": (own, nil),
    "events/*/reveal": (reading, reading), "events/*": (token, nil), "evidence/*": (token, nil),
    "evidence/*/report": (token, nil), "tokens/*": (token, nil), "tokens/*/revoke": (tokenStop, tokenStop.atOnce),
  ]
}
