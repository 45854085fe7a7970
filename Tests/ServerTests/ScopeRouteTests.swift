import CredentialLedger
import HTTPSupport
import PlatformService
import TestSupport
import Testing

/// Each route of the Platform Service with the scope that opens it.
@Suite struct ScopeRouteTests {
  /// The routes of the description that name a scope, in small letters: captures are named otherwise there.
  private static func described() throws -> Set<String> {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    var (path, method) = ("", "")
    var found: Set<String> = []
    for line in ServedLedger.content(of: root + "/Schemas/openapi.yaml").split(separator: "\n") {
      if let match = line.firstMatch(of: /^  (\/\S+):$/) { path = String(match.output.1) }
      if let match = line.firstMatch(of: /^    (get|post|put|delete|patch):$/) { method = match.output.1.uppercased() }
      if let match = line.firstMatch(of: /summary: .*Scope ([a-z]+\.[a-z]+)\./), path.hasPrefix("/v1/") {
        found.insert("\(method) \(path) \(match.output.1)".lowercased())
      }
    }
    return found
  }

  @Test("Each route is there with and without the version, needs one scope or says 501, and is so described")
  func eachRoute()
    async throws
  {
    let table = try await PlatformRouteTable()
    #expect(table.unscoped.isEmpty, "\(table.unscoped)")
    #expect(Set(table.versioned) == Set(table.bare) && table.versioned.count == table.bare.count)
    #expect(Set(table.versioned.map(\.name)).count == table.versioned.count)
    let later = Set(PlatformService.later.map { "\($0.0.rawValue) /v1\($0.1)" })
    for route in table.versioned {
      #expect(route.scopes.rawValue.nonzeroBitCount == (later.contains(route.name) ? 0 : 1), "\(route)")
    }
    // What names nobody is described by its answer.
    let unnamed: Set = ["DELETE /v1/groups/{group}/members", "DELETE /v1/groups/{group}/subGroups"]
    #expect(
      try Self.described()
        == Set(
          table.versioned.filter { $0.scopes != [] && !unnamed.contains($0.name) }.map {
            "\($0.name) \($0.scopes)".lowercased()
          }))
  }

  @Test("Each route is closed where its scope alone is missing, and open where it alone is there")
  func eachRouteClosed() async throws {
    let people = try await PlatformPeople()
    let routes = try await PlatformRouteTable().versioned.filter { $0.scopes != [] }
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
    func ask(_ route: PlatformRouteTable.Entry, _ token: String) throws -> Answer {
      let path = route.path.replacing("{group}", with: people.group).replacing("{member}", with: "999999")
        .replacing("{subgroup}", with: people.foreignGroup).replacing("{webhook}", with: "999999")
      return try people.served.ask(
        route.method, path, ["accessToken: \(token)"], body: route.method == "GET" ? nil : "{}")
    }
    for route in routes {
      let scope = route.scopes.description
      #expect(all.contains(scope), "\(route)")
      let closed = try ask(route, try token(all.filter { $0 != scope }))
      #expect(closed.status == 403 && closed["errorCode"] == "Forbidden", "\(route): \(closed.body)")
      #expect(closed.header("www-authenticate")?.contains(#"error="insufficient_scope""#) == true, "\(route)")
      #expect(closed["message"]?.contains(scope) == true, "\(route): \(closed.body)")
      let open = try ask(route, try token([scope]))
      #expect(open["message"]?.contains("lacks the scope") != true && open.status < 500, "\(route): \(open.body)")
    }
  }
}
