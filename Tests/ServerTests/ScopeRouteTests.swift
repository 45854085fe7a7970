import CredentialLedger
import TestSupport
import Testing

/// Each documented route with the scope that its description names.
@Suite struct ScopeRouteTests {
  private struct Described {
    let method: String
    let path: String
    let scope: String
  }

  /// The routes of the description that name a scope.
  private static func described() throws -> [Described] {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    var (path, method) = ("", "")
    var found: [Described] = []
    for line in ServedLedger.content(of: root + "/Schemas/openapi.yaml").split(separator: "\n") {
      if let match = line.firstMatch(of: /^  (\/\S+):$/) { path = String(match.output.1) }
      if let match = line.firstMatch(of: /^    (get|post|put|delete|patch):$/) { method = match.output.1.uppercased() }
      if let match = line.firstMatch(of: /summary: .*Scope ([a-z]+\.[a-z]+)\./), path.hasPrefix("/v1/") {
        found.append(Described(method: method, path: path, scope: String(match.output.1)))
      }
    }
    return found
  }

  @Test func `Each route is closed where its scope alone is missing, and open where it alone is there`() async throws {
    let people = try await PlatformPeople()
    let routes = try Self.described()
    #expect(routes.count >= 20, "\(routes.count)")
    func token(_ scopes: [String]) throws -> String {
      let answer = try people.served.post(
        "/oauth2/token", [ServedLedger.basic(people.connector, people.secret)],
        form: "grant_type=refresh_token&refresh_token=\(people.refreshToken)&scope=\(scopes.joined(separator: "+"))")
      return try #require(answer["access_token"], "\(answer.body)")
    }
    let whole = try people.served.post(
      "/oauth2/token", [ServedLedger.basic(people.connector, people.secret)],
      form: "grant_type=refresh_token&refresh_token=\(people.refreshToken)")
    let all = try #require(whole["scope"]).split(separator: " ").map(String.init)
    func ask(_ route: Described, _ token: String) throws -> Answer {
      let path = route.path.replacing("{group}", with: people.group).replacing("{member}", with: "999999")
        .replacing("{subgroup}", with: people.foreignGroup).replacing("{webhook}", with: "999999")
      return try people.served.ask(
        route.method, path, ["accessToken: \(token)"], body: route.method == "GET" ? nil : "{}")
    }
    for route in routes {
      #expect(all.contains(route.scope), "\(route)")
      let closed = try ask(route, try token(all.filter { $0 != route.scope }))
      #expect(closed.status == 403 && closed["errorCode"] == "Forbidden", "\(route): \(closed.body)")
      #expect(closed.header("www-authenticate")?.contains(#"error="insufficient_scope""#) == true, "\(route)")
      #expect(closed["message"]?.contains(route.scope) == true, "\(route): \(closed.body)")
      let open = try ask(route, try token([route.scope]))
      #expect(open["message"]?.contains("lacks the scope") != true && open.status < 500, "\(route): \(open.body)")
    }
  }
}
