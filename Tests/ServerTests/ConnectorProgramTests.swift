import CredentialLedger
import Glibc
import TestSupport
import Testing

/// Programs as connectors of the original API are written, in the styles that are published, against a server process. Each signs
/// in, reads its group, adds a member and posts a message; most begin with a token that is no good any more.
@Suite struct ConnectorProgramTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  /// Where `Tools/test` puts requests and Selenium.
  private static let packages = root + "/.build/python-clients"
  /// Where Debian puts modules of Node.
  private static let modules = "/usr/share/nodejs"

  private static func isThere(_ paths: String...) -> Bool { paths.allSatisfy { unsafe access($0, R_OK) == 0 } }
  private static func has(_ program: String) -> Bool { Program.run("sh", ["-c", "command -v \(program) >/dev/null"]) }

  /// A server process, and a connector with every permission in a group.
  private final class Home {
    private(set) var connector = ""
    private(set) var secret = ""
    private(set) var refreshToken = ""
    private(set) var group = ""
    let served: ServedLedger

    init() async throws {
      var values: [String] = []
      served = try await ServedLedger { (_, ledger) in
        let developer = try await ServedLedger.arrive("dev", "+911199999999", on: ledger)
        let admin = try await ServedLedger.arrive("admin", "+911199999998", on: ledger)
        let (made, secret) = try await ledger.connectors.create(
          name: "Roster", permissions: Set(Permission.allCases), by: developer)
        let team = try await ledger.groups.create(name: "Field team", by: admin)
        let granted = try await ledger.grants.grant(
          made.id, consent: .scopes(.all), access: .group(team.id), by: admin)
        values = [made.publicID.description, secret.text, granted.refreshToken.text, team.publicID.description]
      }
      (connector, secret, refreshToken, group) = (values[0], values[1], values[2], values[3])
    }

    /// Runs a program of `Tests/Programs`, and looks for what it has posted.
    func run(_ name: String, by interpreter: String, text: String) throws {
      let arguments = [served.origin, connector, secret, refreshToken, group, "+911199999997", text]
      let result = try runProgram(
        [interpreter, "\(ConnectorProgramTests.root)/Tests/Programs/\(name)"] + arguments, of: "/usr/bin/env",
        environment: [
          "PYTHONPATH=\(ConnectorProgramTests.packages)", "PYTHONDONTWRITEBYTECODE=1",
          "NODE_PATH=\(ConnectorProgramTests.modules)",
        ])
      let reference = result.output.filter { !$0.isWhitespace }
      #expect(result.status == 0 && reference.count == 36, "\(result.output)\(result.error)\(served.log)")
      let token = try #require(try served.ask("GET", "/v1/accessToken", headers)["accessToken"])
      let read = try served.ask("GET", "/v1/groups/\(group)/messages", ["accessToken: \(token)"])
      let messages = try #require(read.json?["messages"]?.items)
      #expect(messages.count == 1 && messages.first?["message"]?.text == text, "\(read.body)")
      #expect(messages.first?["referenceId"]?.text == reference)
    }

    private var headers: [String] {
      ["applicationId: \(connector)", "applicationSecret: \(secret)", "refreshToken: \(refreshToken)"]
    }
  }

  @Test(
    "Python requests, with bodies that are the text of a dictionary",
    .enabled(if: isThere(packages + "/requests"), "Tools/test has not installed the Python clients"))
  func pythonRequests() async throws {
    try await Home().run("roster.py", by: "python3", text: "It's \"late\", Grüße ☂")
  }

  @Test("Node, with bodies in chunks that end within a character", .enabled(if: has("node"), "node is not installed"))
  func nodeBodies() async throws {
    try await Home().run("roster.mjs", by: "node", text: "It's \"late\", Grüße ☂")
  }

  @Test(
    "axios, with an interceptor that signs in and sends the same again",
    .enabled(if: has("node") && isThere(modules + "/axios"), "node or node-axios is not installed"))
  func axiosInterceptor() async throws {
    try await Home().run("axios.cjs", by: "node", text: "It's \"late\", Grüße ☂")
  }

  @Test(
    "fetch of Node, with streams for bodies and several requests at once",
    .enabled(if: has("node"), "node is not installed"))
  func fetchNode() async throws {
    try await Home().run("fetch.mjs", by: "node", text: "It's \"late\", Grüße ☂")
  }

  @Test("HttpURLConnection of Java, with bare keys", .enabled(if: has("java"), "java is not installed"))
  func httpURLConnectionJava() async throws {
    try await Home().run("Roster.java", by: "java", text: "It's late, Grüße")
  }

  @Test("cURL of PHP, with the Content-Type of a form on everything", .enabled(if: has("php"), "php is not installed"))
  func cURLPHP() async throws {
    try await Home().run("roster.php", by: "php", text: "It's \"late\", Grüße ☂")
  }

  @Test("HttpClient of .NET Framework, which waits for 100 Continue, and text in ISO-8859-1") func httpClientNET()
    async throws
  {
    try await Home().run("frames.py", by: "python3", text: "It's late, Grüße")
  }

  @Test("curl, with half-quoted bodies, comments and a comma too many") func curlHalf() async throws {
    try await Home().run("roster.sh", by: "sh", text: "It's late, Grüße ☂")
  }

  @Test(
    "XMLHttpRequest of a browser, on a page of another origin",
    .enabled(
      if: isThere(packages + "/selenium", "/usr/bin/chromium", "/usr/bin/chromedriver"),
      "chromium, chromium-driver or Selenium is not installed"), .browserTurn)
  func xmlHttpRequestBrowser() async throws {
    try await Home().run("browser.py", by: "python3", text: "It's \"late\", Grüße ☂")
  }
}
