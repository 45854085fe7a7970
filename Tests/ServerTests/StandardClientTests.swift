import Glibc
import TestSupport
import Testing

/// Clients that are not ours, against a server process.
@Suite struct StandardClientTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  /// Where `Tools/test` puts Authlib, oauthlib, requests-oauthlib and requests.
  private static let packages = root + "/.build/python-clients"

  @Test(
    "Authlib, requests-oauthlib and oauthlib get, refresh, introspect and revoke",
    .enabled(if: TemporaryFolder.names(in: packages) != nil, "Tools/test has not installed the Python clients"))
  func authlibRequests() async throws {
    let served = try await ServedLedger()
    let result = try runProgram(
      [served.origin, served.connector, served.secret, served.refreshToken, served.code, ServedLedger.redirectURI],
      of: Self.root + "/Tests/Python/oauth_clients.py", environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output)\(result.error)\(served.log)")
  }

  @Test("curl gets a token by the Kaizala form, and waits for no 100-continue") func curlGets() async throws {
    let served = try await ServedLedger()
    let body = "{client_id:'\(served.connector)',client_secret:'\(served.secret)',code:'\(served.code)'}"
    let result = try runProgram(
      [
        "-sS", "--fail-with-body", "--max-time", "\(Patience.seconds)", "--expect100-timeout",
        "\(2 * Patience.seconds)", "-H", "Expect: 100-continue", "-H",
        "Content-Type: text/plain", "-d", body, served.origin + "/api/oauth/token",
      ],
      of: "/usr/bin/curl")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("\"accessToken\":\"cla_"))
  }
}
