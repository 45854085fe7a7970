import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// What each role may do, on every route that the portal has: a route that is not named here fails the test.
@Suite struct PortalRoleTests {
  /// Somebody who has nothing of what the scene has, but their role.
  private enum Role: String, CaseIterable {
    /// A member of the group who does not administer it.
    case member
    case auditor
    case `operator`
  }

  /// What a route is about, which says who may.
  private enum Matter {
    /// The visitor's own.
    case own
    /// A connector of somebody else, to read or to change.
    case connector, connectorChange
    /// A connector of somebody else, to stop it for a while or to start it again.
    case connectorStop
    /// A group, to read or to change; its messages.
    case group, groupChange, messages
    case operatorOnly
    /// An event, or what is personal in it.
    case event, personal
    case token
    /// A token or a grant, to stop it.
    case stop
    /// A webhook that there is not.
    case nothing
    /// Anybody, with a session or without.
    case anybody

    /// The statuses that are right; nil where the visitor may, and the route's own tests say what happens.
    func statuses(for role: Role) -> Set<Int>? {
      switch self {
      case .own, .anybody: nil
      case .connector, .event, .token: role == .member ? [404] : [200]
      case .connectorChange: role == .member ? [404] : [403]
      case .connectorStop: role == .member ? [404] : role == .auditor ? [403] : nil
      case .group: [200]
      case .groupChange: [403]
      case .messages: role == .member ? nil : [403, 404]
      case .operatorOnly: role == .operator ? nil : [404]
      case .personal: role == .member ? [404] : nil
      case .stop, .nothing: role == .member ? [404] : [403, 404]
      }
    }
  }

  private static let matters: [String: (get: Matter?, post: Matter?)] = [
    "sign-in": (.anybody, nil), "sign-in/development": (nil, .anybody), "sign-in/*": (nil, .anybody),
    "sign-in/*/callback": (.anybody, nil), "sign-in/*/logout": (nil, .anybody), "first/*": (.anybody, nil),
    "sign-out": (.own, .own), "": (.own, nil), "me": (.own, nil), "me/sessions/end": (nil, .own),
    "me/phones/new": (.own, .own), "me/phones/pin": (.own, .own), "me/phones/*/remove": (.stop, .stop),
    "me/granted": (.own, nil), "grants/*/revoke": (.stop, .stop), "authorize": (.anybody, .own),
    "connectors": (.own, nil), "connectors/new": (.own, .own), "connectors/new/permissions": (nil, .own),
    "connectors/*": (.connector, nil), "connectors/*/edit": (.connectorChange, .connectorChange),
    "connectors/*/grants": (.connector, nil), "connectors/*/webhooks": (.connector, nil),
    "connectors/*/webhooks/*": (.nothing, nil), "connectors/*/webhooks/*/enable": (nil, .connectorChange),
    "connectors/*/webhooks/*/retry": (nil, .connectorChange),
    "connectors/*/webhooks/*/delete": (.connectorChange, .connectorChange), "connectors/*/tokens": (.connector, nil),
    "connectors/*/rotate": (.connectorChange, .connectorChange),
    "connectors/*/user-token": (.connectorChange, .connectorChange),
    "connectors/*/end-old-secret": (.connectorStop, .connectorStop),
    "connectors/*/deactivate": (.connectorStop, .connectorStop),
    "connectors/*/activate": (.connectorStop, .connectorStop),
    "connectors/*/delete": (.connectorChange, .connectorChange), "groups": (.own, nil), "groups/new": (.own, .own),
    "groups/*": (.group, .groupChange), "groups/*/connectors": (.group, .groupChange),
    "groups/*/subgroups": (.group, .groupChange),
    "groups/*/edit": (.groupChange, .groupChange), "groups/*/delete": (.groupChange, .groupChange),
    "groups/*/subgroups/attach": (.groupChange, .groupChange),
    "groups/*/subgroups/*/detach": (.groupChange, .groupChange),
    "groups/*/messages": (.messages, .messages), "groups/*/messages/live": (.messages, nil),
    "groups/*/connectors/*": (.group, nil), "groups/invitations": (nil, .own), "find": (.event, nil),
    "review": (.own, .own), "review.csv": (.own, nil),
    "audit.csv": (.own, nil), "audit.cloudevents": (.own, nil), "audit.ndjson": (.own, nil), "audit": (.own, nil),
    "audit/live": (.own, nil), "health": (.operatorOnly, nil), "keys": (.operatorOnly, .operatorOnly),
    "configuration": (.operatorOnly, nil), "erasure": (.operatorOnly, nil),
    "people/*/erase": (.operatorOnly, .operatorOnly),
    "people": (.operatorOnly, nil), "people/*": (.operatorOnly, .operatorOnly),
    "events/*/reveal": (.personal, .personal),
    "events/*": (.event, nil), "evidence/*": (.event, nil), "evidence/*/report": (.event, nil),
    "tokens/*": (.token, nil),
    "tokens/*/revoke": (.stop, .stop),
  ]

  /// Whether a route is of those that have tests of their own beside this one.
  private static func isElsewhere(_ name: String) -> Bool { name.hasPrefix("proposals") }

  @Test func `Each role does on every route what it may, and nothing that only another may`() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900190")
    let member = try scene.person("Mel")
    try member.open("/portal/me")
    let mel = try PortalScene.first("account:", "<", in: member)
    let auditor = try scene.person("Carla", role: .auditor)
    let other = try scene.person("Olga")
    try other.open("/portal/me")
    let number = try PortalScene.first("account:", "<", in: other)
    // Operators are made at the command line alone.
    let port = scene.served.port
    scene.served.end()
    let made = try runProgram(
      ["account", "role", "account:\(number)", "operator", "--ledger", scene.served.path],
      of: try Program.file("credledger"))
    #expect(made.status == 0, "\(made.error)")
    let added = try runProgram(
      ["group", "add-member", scene.group, "--account", mel, "--ledger", scene.served.path],
      of: try Program.file("credledger"))
    #expect(added.status == 0, "\(added.error)")
    try scene.served.start(port: port)
    #expect(try member.open("/portal/groups/\(scene.group)").body.contains("You are a member."), "\(member.page.text)")
    // The way to revoke a grant is where its route lets them, and nowhere else.
    let revoking = "href=\"/portal/grants/\(scene.grant)/revoke\""
    for page in ["/portal/connectors/\(scene.connector)/grants", "/portal/groups/\(scene.group)/connectors"] {
      #expect(try scene.owner.open(page).body.contains(revoking), "\(page)")
      for browser in [auditor, other] { #expect(try !browser.open(page).body.contains(revoking), "\(page)") }
    }
    for (role, browser) in [(Role.member, member), (.auditor, auditor), (.operator, other)] {
      let token = try scene.formToken(of: browser)
      let head = try scene.head()
      for route in PortalRoute.all {
        let name = route.pattern.joined(separator: "/")
        guard !Self.isElsewhere(name) else { continue }
        let matter = try #require(Self.matters[name], "\(name): say what it is about")
        #expect((route.get == nil) == (matter.get == nil) && (route.post == nil) == (matter.post == nil), "\(name)")
        let path = scene.path(route.pattern)
        if let wanted = matter.get?.statuses(for: role) {
          let status = try browser.open(path, follow: false).status
          #expect(wanted.contains(status), "\(role.rawValue), \(name): \(status)")
        }
        if let wanted = matter.post?.statuses(for: role) {
          let fields = [
            ("csrf", token), ("once", String(repeating: "0", count: 32)), ("do", "remove"), ("reason", "x"),
            ("name", "x"), ("message", "x"), ("connector", scene.connector), ("overlap", "0"), ("confirm", "account:2"),
            ("membership", "1"),
          ]
          let status = try browser.post(path, fields, follow: false).status
          #expect(wanted.contains(status), "\(role.rawValue), \(name), sent: \(status)")
        }
      }
      // They looked at people by their office, which is recorded; nothing else came of it.
      let made = try scene.owner.open("/portal/audit.csv").body.split(separator: "\r\n").dropFirst().filter {
        UInt64($0.prefix { $0 != "," }).map { $0 > UInt64(head) ?? 0 } ?? false
      }
      #expect(made.allSatisfy { $0.contains("personal_data.revealed") }, "\(role.rawValue): \(made)")
    }
  }
}
