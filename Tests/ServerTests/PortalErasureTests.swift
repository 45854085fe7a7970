import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// Finding somebody who is to be erased, what the page says before, and other pages that say how many or which.
@Suite struct PortalErasureTests {
  @Test("A person is found on the page for erasures, and what stops is told before it is confirmed") func personFound()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900195")
    let browser = scene.owner
    #expect(try browser.open("/portal/").body.contains("<a href=\"/portal/erasure\">Erasure</a>"))
    // Nobody is named before somebody is looked for.
    let empty = try browser.open("/portal/erasure").body
    #expect(!empty.contains("href=\"/portal/people/2") && !empty.contains("Nobody matches."))
    #expect(try browser.open("/portal/erasure?q=nobody").body.contains("Nobody matches."))
    let path = "/portal/people/2/erase"
    #expect(try browser.open("/portal/erasure?q=account:2").body.contains("href=\"\(path)\""), "\(browser.page.text)")
    let body = try browser.open(path).body
    #expect(body.contains("<span>2 live tokens</span> in all stop at once."), "\(browser.page.text)")
    #expect(body.contains("1 grant that they gave stops") && body.contains("<span>1 connector</span> of theirs"))
    #expect(body.contains("credledger erase account:2"))
    try browser.open("/portal/tokens/\(scene.token)/revoke")
    try browser.submit("/portal/tokens/\(scene.token)/revoke")
    #expect(try browser.open(path).body.contains("<span>1 live token</span> in all stop at once."))
  }

  @Test("The matrix of a review has the connectors that are used most") func matrixReview() {
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    func ago(_ days: Int64) -> Timestamp? { now - Duration.seconds(days * 86_400) }
    func id(_ number: UInt64) -> ConnectorID { ConnectorID(rawValue: number) }
    let ranked = ManagementPortal.busiest(
      [id(1): [nil], id(2): [ago(91), ago(91)], id(3): [ago(89)], id(4): [ago(1)], id(5): [ago(80), ago(80), nil]],
      at: now)
    #expect(ranked == [id(5), id(4), id(3), id(2), id(1)])
    #expect(ManagementPortal.busiest([id(9): [nil], id(7): [nil]], at: now) == [id(7), id(9)])
  }

  @Test("Every command that a page tells is one of the program") func everyCommand() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900196")
    var commands: Set<String> = []
    let marker = "<summary>Do the same on the command line</summary><pre><code>"
    var pages: Set<String> = []
    for route in PortalRoute.all where route.get != nil {
      let path = scene.path(route.pattern)
      guard !path.hasSuffix("/live"), !path.contains("/audit.") else { continue }
      let body = try scene.owner.open(path).body
      guard let start = body.firstRange(of: marker)?.upperBound else { continue }
      pages.insert(path)
      for line in body[start...].prefix(while: { $0 != "<" }).split(separator: "\n") {
        let words = line.split(separator: " ").prefix { word in
          word.allSatisfy { $0 == "-" || $0.isLowercase } && !word.hasPrefix("-")
        }
        commands.insert(words.joined(separator: " "))
      }
    }
    for path in ["/portal/me", "/portal/evidence/\(scene.token)/report", "/portal/health", "/portal/erasure"] {
      #expect(pages.contains(path), "\(path)")
    }
    #expect(commands.count > 15, "\(commands)")
    for command in commands.sorted() {
      let words = command.split(separator: " ").dropFirst().map(String.init)
      let help = try runProgram(words + ["--help"]).output
      #expect(help.contains("USAGE: \(command)"), "\(command): \(help.prefix(400))")
    }
  }
}
