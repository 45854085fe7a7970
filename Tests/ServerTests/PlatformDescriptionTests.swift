import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Whether the Platform Service is as `Schemas/openapi.yaml` describes it, asked with a good token about groups that there are.
@Suite struct PlatformDescriptionTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"
  private static let seed = 7

  /// The description in which parts of paths, and what bodies name, are those of a scene: at random nothing would be found.
  private static func description(naming values: [String: [String]]) throws -> String {
    var text = ServedLedger.content(of: root + "/Schemas/openapi.yaml")
    func put(_ name: String, _ found: String, _ replacement: (String) -> String) throws {
      let named = try #require(values[name])
      let list = "enum: [" + named.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
      #expect(text.contains(found), "\(found)")
      text = text.replacing(found, with: replacement(list))
    }
    for name in ["group", "member", "subGroup", "webhook"] {
      let start = "{name: \(name), in: path, required: true, schema: {"
      try put(name, start + "type: string}") { start + $0 + "}" }
    }
    try put("phone", "items: {type: [string, integer]}") { "items: {\($0)}" }
    try put("subGroup", "subGroups: {type: array, minItems: 1, maxItems: 100, items: {type: string}}") {
      "subGroups: {type: array, minItems: 1, maxItems: 100, items: {\($0)}}"
    }
    try put("object", "objectId: {type: string") { "objectId: {\($0)" }
    try put("url", "callBackUrl: {type: string, format: uri}") { "callBackUrl: {\($0)}" }
    return text
  }

  /// What each route answered, by its method and path.
  private static func answered(_ log: String) -> [String: Set<Int>] {
    var found: [String: Set<Int>] = [:]
    for line in log.split(separator: "\n") {
      guard let match = line.firstMatch(of: /method=(\w+) .*route=(\S+) status=(\d+)/), let status = Int(match.output.3)
      else { continue }
      found["\(match.output.1) \(match.output.2)", default: []].insert(status)
    }
    return found
  }

  @Test(
    "Whatever is asked with a good token, no answer is a 5xx, and each is as described",
    .enabled(
      if: TemporaryFolder.names(in: packages)?.contains("schemathesis") == true,
      "Tools/test has not installed schemathesis"))
  func whateverAsked() async throws {
    let receiver = try WebhookReceiver()
    let people = try await PlatformPeople(environment: receiver.environment + ["CREDLEDGER_SERVE_LIMITS_FAILURES=0"])
    let path = "/v1/groups/\(people.group)"
    var values: [String: [String]] = [
      "group": [people.group, people.publicGroup], "member": [people.memberID, "999999"],
      "phone": (0..<6).map { "+3369999999\($0)" } + [PlatformPeople.strangerNumber], "url": [receiver.url("quiet")],
    ]
    // Webhooks are for a group in which little happens: each of many would be told of all.
    let quiet = try #require(try people.ask("admin", "POST", "/v1/groups", "{name:'Quiet'}")["groupId"])
    values["object"] = [quiet]
    for index in 0..<3 {
      let below = try people.ask("admin", "POST", path + "/subGroups", "{groupName:'Below \(index)'}")
      values["subGroup", default: []].append(try #require(below["groupId"], "\(below.body)"))
      let webhook = try people.ask(
        "admin", "POST", "/v1/webhook",
        "{objectId:'\(quiet)', eventTypes:['MemberAdded'], callBackUrl:'\(receiver.url("quiet"))'}")
      values["webhook", default: []].append(try #require(webhook["webhookId"], "\(webhook.body)"))
    }
    let description = try Self.description(naming: values)
    let folder = TemporaryFolder()
    let file = unsafe try #require(fopen("\(folder.path)/openapi.yaml", "w"))
    unsafe fputs(description, file)
    unsafe fclose(file)
    // It keeps examples where it is started. What waits for a receiver or the disk is not what this is about.
    let result = try runProgram(
      [
        "-C", folder.path, "python3", "-m", "schemathesis.cli", "run", "openapi.yaml", "--url", people.served.origin,
        "--include-tag", "platform", "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--max-examples", "10", "--seed", "\(Self.seed)", "--request-timeout", "\(Patience.seconds)",
        "--suppress-health-check", "too_slow,filter_too_much", "--phases", "examples,coverage,fuzzing", "-H",
        "accessToken: \(people.tokens["admin"] ?? "")", "--no-color",
      ], of: "/usr/bin/env", environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "seed \(Self.seed): \(result.output.suffix(6_000))\(result.error.suffix(2_000))")
    #expect(try people.served.ask("GET", "/readyz").status == 200)
    people.served.end()
    #expect(!people.served.log.contains(" error "))
    // That it asked for what there is: each route let the token in, and most did what they are for.
    let answers = Self.answered(people.served.log)
    let routes = try await PlatformRouteTable().versioned.filter { $0.scopes != [] }
    for route in routes { #expect(answers[route.name]?.subtracting([401, 403]).isEmpty == false, "\(route.name)") }
    let done = routes.filter { answers[$0.name]?.contains(200) == true }
    #expect(done.count >= 20, "\(done.map(\.name))")
  }
}
