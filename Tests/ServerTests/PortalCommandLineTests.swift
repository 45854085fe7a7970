import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// What pages with forms show of the command line.
@Suite struct PortalCommandLineTests {
  /// Pages whose forms do what the program has no command for: only people do it, in a browser.
  private static let exempt: Set<String> = [
    "sign-in", "sign-out", "me", "me/phones/new", "me/phones/pin", "authorize", "groups/*/messages",
  ]
  /// Pages that need more than the scene has. The tests of proposals, webhooks and sub-groups open them.
  private static let elsewhere: Set<String> = [
    "proposals/*", "connectors/*/webhooks/*/delete", "groups/*/subgroups/attach", "groups/*/subgroups/*/detach",
  ]
  /// The commands that each other page with a form shows, and those of pages that lead to such forms.
  private static let commands: [String: [String]] = [
    "me/phones/*/remove": ["account remove-phone"], "grants/*/revoke": ["grant revoke"],
    "tokens/*/revoke": ["token revoke"], "connectors/new": ["connector create"],
    "connectors/*/edit": ["connector update"], "connectors/*/rotate": ["connector rotate-secret"],
    "connectors/*/user-token": ["grant create"], "connectors/*/end-old-secret": ["connector end-old-secret"],
    "connectors/*/deactivate": ["connector deactivate"], "connectors/*/activate": ["connector activate"],
    "connectors/*/delete": ["connector delete"], "groups/new": ["group create"],
    "groups/*": ["group add-member", "group role", "group remove-member"], "groups/*/edit": ["group rename"],
    "groups/*/delete": ["group delete"], "groups/*/subgroups": ["group create", "group attach"],
    "groups/*/connectors": ["grant create"], "groups/*/connectors/*": ["grant create", "grant revoke"],
    "review": ["grant revoke"], "keys": ["key rotate-signing"], "people/*/erase": ["erase"],
    "people/*": ["account role", "account disable"], "events/*/reveal": ["audit"],
  ]

  private static func lines(of page: String) -> [String] {
    var lines: [String] = []
    for part in page.split(separator: "command line</summary><pre><code>").dropFirst() {
      let text = String(part.prefix { $0 != "<" })
      lines += text.split(separator: "\n").map { String($0) }
    }
    return lines
  }

  /// The words of a line that name its command, without the program.
  private static func command(of line: String) -> [String] {
    line.split(separator: " ").dropFirst().prefix { word in
      !word.hasPrefix("-") && word.allSatisfy { $0 == "-" || $0.isLowercase }
    }.map { String($0) }
  }

  @Test("Each page with a form shows a command line that the program knows, or is named as one that has none")
  func eachPage()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900233")
    let browser = scene.owner
    let other = try scene.person("Bo")
    try other.open("/portal/me")
    let person = try PortalScene.first("account:", "<", in: other)
    var shown: Set<String> = []
    var helps: [[String]: String] = [:]
    for route in PortalRoute.all where route.get != nil {
      let pattern = route.pattern.joined(separator: "/")
      let path = pattern == "people/*" ? "/portal/people/\(person)" : scene.path(route.pattern)
      guard !path.hasSuffix("/live"), !path.contains("/audit.") else { continue }
      try browser.open(path)
      // The first of its two pages changes nothing.
      if pattern == "connectors/new" {
        try browser.submit(path, [("name", "Roster"), ("description", "Shifts"), ("publisher", "Ada")])
      }
      let body = browser.page.body
      guard let commands = Self.commands[pattern] else {
        let hasForm = route.post != nil || body.contains("method=\"post\"")
        #expect(!hasForm || Self.exempt.contains(pattern) || Self.elsewhere.contains(pattern), "\(pattern)")
        continue
      }
      shown.insert(pattern)
      let lines = Self.lines(of: body)
      let known = lines.map { Self.command(of: $0) }
      for command in commands {
        #expect(known.contains(command.split(separator: " ").map { String($0) }), "\(path): \(command): \(lines)")
      }
      for (line, command) in zip(lines, known) {
        let help = try helps[command] ?? runProgram(command + ["--help"]).output
        helps[command] = help
        let name = command.joined(separator: " ")
        #expect(help.contains("USAGE: credledger \(name)"), "\(path): \(line): \(help.prefix(400))")
        for option in line.split(separator: " ") where option.hasPrefix("--") {
          #expect(help.contains(option), "\(path): \(line): \(option)")
        }
      }
    }
    #expect(shown == Set(Self.commands.keys))
  }

  @Test("A person's page shows the roles that the person has not, and how to enable one who is disabled")
  func personsPage()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900234")
    let other = try scene.person("Bo", role: .auditor)
    try other.open("/portal/me")
    let person = try PortalScene.first("account:", "<", in: other)
    let path = "/portal/people/\(person)"
    let role = "credledger account role account:\(person)"
    let shown = Self.lines(of: try scene.owner.open(path).body)
    #expect(
      shown == [
        "credledger account show account:\(person)", "\(role) user", "\(role) tenant-admin",
        "credledger account disable account:\(person) --reason REASON",
      ])
    try scene.owner.submit(path, [("do", "disable"), ("reason", "left the team")])
    let disabled = Self.lines(of: try scene.owner.open(path).body)
    #expect(disabled.last == "credledger account enable account:\(person)", "\(scene.owner.page.text)")
    // Operators are made and changed at the command line alone, by other commands.
    let own = Self.lines(of: try scene.owner.open("/portal/people/2").body)
    #expect(
      own == ["credledger account show account:2", "credledger account disable account:2 --reason REASON"])
  }

  @Test("Who does not administer a group is shown no command that changes it") func administerGroup() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900235")
    let auditor = try scene.person("Bo", role: .auditor)
    let path = "/portal/groups/\(scene.group)"
    let members = Self.lines(of: try auditor.open(path).body)
    #expect(members == ["credledger group show \(scene.group)", "credledger group members \(scene.group)"])
    let grant = Self.lines(of: try auditor.open("\(path)/connectors/\(scene.grant)").body)
    #expect(grant == ["credledger grant show \(scene.grant)"])
  }
}
