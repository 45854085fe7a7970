import CredentialLedger
import Glibc
import HTTPSupport
import Logging
import PlatformService
import TestSupport
import Testing

@testable import LedgerServer

/// Whether the server is as `Schemas/openapi.yaml` describes it, asked by a program that makes requests up from it.
@Suite struct OpenAPITests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"

  /// A server with every route that there is.
  private func server(_ more: String = "") async throws -> (LedgerServer, Ledger, TemporaryFolder) {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let key = """
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENtVNlAlLa04z0jCdhyq4xjiErk5A
      FRbGJwFSnJ3ZiqqXGaQhfPRa9QjoHtFVCRw+H+5p9rNRSRAyBpvSKw6OmA==
      -----END PUBLIC KEY-----

      """
    let file = unsafe try #require(fopen("\(folder.path)/reporter.pem", "w"))
    unsafe fputs(key, file)
    unsafe fclose(file)
    let settings = try ServerSettings.read(
      flags: ["development": ["true"], "listen": ["127.0.0.1:0"]],
      environment: ["CREDLEDGER_SERVE_LEAKS_KEYS": "reporter=\(folder.path)/reporter.pem"], file: nil)
    let server = try LedgerServer(
      ledger, settings, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, commands: NoCommands())
    return (server, ledger, folder)
  }

  private struct NoCommands: OperatorCommands {
    func perform(_ request: OperatorRequest, from sender: OperatorSender) async -> OperatorAnswer {
      OperatorAnswer(status: 1, output: "", error: "")
    }
  }

  @Test("Each route is described, and nothing else is") func eachRoute() async throws {
    let (server, ledger, folder) = try await server()
    func name(_ method: String, _ path: String) -> String { "\(method) \(path.replacing(/\{[^}]*\}/, with: "{}"))" }
    let described = Set(try RouteDescriptions().operations.map { name($0.method, $0.path) })
    let all = Set(server.routes.map { name($0.method.rawValue, $0.path) })
    // Those that answer 501, and the second spelling of a path, are not described.
    let later = Set(PlatformService.later.flatMap { [name($0.0.rawValue, "/v1" + $0.1), name($0.0.rawValue, $0.1)] })
    let registered = all.subtracting(later).filter { route in
      let parts = route.split(separator: " ")
      return !all.contains("\(parts[0]) /v1\(parts[1])")
    }
    #expect(registered.subtracting(described).sorted() == [], "routes without a description")
    #expect(described.subtracting(registered).sorted() == [], "descriptions without a route")
    #expect(registered.count > 15)
    await ledger.close()
    _ = folder
  }

  /// The tests by role and by scope go by that table.
  @Test("Each route below v1 is one of the Token Service, or in the table of the Platform Service")
  func eachRouteBelow() async throws {
    let (server, ledger, folder) = try await server()
    let table = Set(try await PlatformRouteTable().versioned.map(\.name))
    let below = Set(server.routes.map { "\($0.method.rawValue) \($0.path)" }.filter { $0.contains(" /v1/") })
    #expect(
      below.subtracting(table) == [
        "GET /v1/accessToken", "POST /v1/generatePin", "POST /v1/loginWithPinAndApplicationId",
      ])
    #expect(table.subtracting(below).sorted() == [])
    await ledger.close()
    _ = folder
  }

  @Test("The server serves its description, and a page that loads nothing") func serverServes() async throws {
    let served = try await ServedLedger()
    let text = try served.ask("GET", "/openapi.yaml")
    #expect(text.status == 200 && text.header("content-type") == "application/yaml; charset=utf-8")
    #expect(text.body == ServedLedger.content(of: Self.root + "/Schemas/openapi.yaml"))
    let page = try served.ask("GET", "/docs")
    #expect(page.status == 200 && page.header("content-type") == "text/html; charset=utf-8")
    for operation in try RouteDescriptions().operations {
      #expect(page.body.contains("<code>\(operation.method) \(operation.path)</code>"), "\(operation.path)")
    }
    #expect(page.body.contains("<tr><td>refreshToken</td><td>header</td>"))
    #expect(page.body.contains("<tr><td>grant_type</td><td>application/x-www-form-urlencoded</td>"))
    #expect(!page.body.contains(/<script|<link|<img|src=|@import|url\(/))
    let style = try #require(page.body.firstMatch(of: /<style>([^<]*)<\/style>/)).output.1
    let digest = Base64.encode(SHA256.hash(Array(style.utf8)).bytes)
    #expect(page.header("content-security-policy")?.contains("style-src 'sha256-\(digest)';") == true)
  }

  @Test("The YAML of the description is read as it is meant, and anything else is refused by its line")
  func yamlDescription() throws {
    let value = try YAMLDocument.parse(
      """
      # comment
      a: plain text, with: colons
      "200": {b: c d, "e f": [1, {g: "h, \\"i\\""}], empty: {}}
      /path/{id}:
        list:
          - {name: x, in: query}
          - url: http://host/
            note: y
          - plain
        text: |
          one
          two

        flow: {a: b,
          c: d}
      """)
    let expected = #"""
      {"a":"plain text, with: colons","200":{"b":"c d","e f":["1",{"g":"h, \"i\""}],"empty":{}},
      "/path/{id}":{"list":[{"name":"x","in":"query"},{"url":"http://host/","note":"y"},"plain"],
      "text":"one\ntwo","flow":{"a":"b","c":"d"}}}
      """#
    #expect(value == (try JSONParser.parse(Array(expected.utf8))))
    for (text, line) in [("a", 1), ("a: {b: c", 1), ("a: b\n  c: d", 2), ("a:\nb: c", 2), ("a: [b", 1), ("a: \"b", 1)] {
      #expect { try YAMLDocument.parse(text) } throws: { ($0 as? YAMLDocument.Failure)?.line == line }
    }
  }

  @Test(
    "Whatever is asked, no answer is a 5xx, and each is as described",
    .enabled(
      if: TemporaryFolder.names(in: packages)?.contains("schemathesis") == true,
      "Tools/test has not installed schemathesis"))
  func whateverAsked() async throws {
    let served = try await ServedLedger(
      ["--development"],
      environment: [
        "CREDLEDGER_SERVE_LIMITS_FAILURES=0", "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0",
        "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=0",
      ])
    // It keeps examples where it is started.
    let folder = TemporaryFolder()
    let result = try runProgram(
      [
        "-C", folder.path, "python3", "-m", "schemathesis.cli", "run", Self.root + "/Schemas/openapi.yaml", "--url",
        served.origin, "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--max-examples", "25", "--seed",
        // Neither the time of an answer nor that of drawing an example is what this is about.
        "7", "--request-timeout", "\(Patience.seconds)", "--suppress-health-check", "too_slow", "--phases",
        // Those of the Platform Service are asked with a good token: `PlatformDescriptionTests`.
        "examples,coverage,fuzzing", "-H", served.basic, "--exclude-tag", "platform", "--no-color",
      ], of: "/usr/bin/env",
      environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output.suffix(6_000))\(result.error.suffix(2_000))")
    #expect(try served.ask("GET", "/readyz").status == 200)
    #expect(!served.log.contains(" error "))
  }
}
