import Testing

@testable import LedgerServer

/// Answers that are given on the thread of the connection.
@Suite struct ImmediateAnswerTests {
  private func token(_ served: ServedLedger) throws -> String {
    try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
  }

  /// A request as it is sent; with a field that leaves it to the tasks, or without.
  private func text(
    _ method: String, _ target: String, _ headers: [String], form: String?, closing: Bool
  ) -> String {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: a"] + headers
    if closing { lines.append("Connection: close") }
    if let form { lines += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.utf8.count)"] }
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + (form ?? "")
  }

  /// A request that needs a task, and after which all of its connection is left to the decoder of HTTP.
  private var leaving: String { text("GET", "/healthz", ["TE: trailers"], form: nil, closing: false) }

  /// What an answer says, but for what differs each time.
  private func lasting(_ answer: Answer) -> [String] {
    ["\(answer.status)", answer.body]
      + answer.headers.filter { !["date", "x-request-id", "connection"].contains($0.name) }
      .map { "\($0.name): \($0.value)" }.sorted()
  }

  @Test("They are those that a task gives") func thoseTask() async throws {
    let served = try await ServedLedger()
    let token = try token(served)
    let client = "client_id=\(served.connector)&client_secret=\(served.secret)"
    let requests: [(String, String, [String], String?)] = [
      ("GET", "/check", ["accessToken: \(token)"], nil),
      ("GET", "/check?scope=textmessage.read", ["Authorization: Bearer \(token)"], nil),
      ("GET", "/check?scope=tenant.read", ["accessToken: \(token)"], nil),
      ("HEAD", "/check", ["accessToken: x"], nil), ("GET", "/check", [], nil),
      ("GET", "/check", ["accessToken: x"], nil),
      ("POST", "/oauth2/introspect", [], "\(client)&token=\(token)"),
      ("POST", "/oauth2/introspect", [], "\(client)&token=x"),
      ("POST", "/oauth2/introspect", [], client),
      ("POST", "/oauth2/introspect", [], "\(client)x&token=\(token)"),
      ("POST", "/oauth2/introspect?token=\(token)", [], client),
      ("POST", "/oauth2/introspect", ["Authorization: Basic ?"], "token=\(token)"),
      ("GET", "/v1/accessToken", [], nil),
      ("GET", "/v1/accessToken", ["applicationId: x", "applicationSecret: x", "refreshToken: x"], nil),
      ("POST", "/oauth2/token", [], "\(client)&grant_type=refresh_token&refresh_token=x"),
      ("POST", "/oauth2/token", [], "\(client)&grant_type=unknown"), ("POST", "/oauth2/token", [], nil),
      ("POST", "/api/oauth/token", [], "\(client)&code=x"),
      ("POST", "/oauth2/token", [], "\(client)&more=" + String(repeating: "m", count: 65_536)),
      ("POST", "/oauth2/introspect", [], "\(client)&token=\(token)&more=" + String(repeating: "m", count: 65_536)),
    ]
    for (method, target, headers, form) in requests {
      let answers = try [false, true].map { closing in
        let connection = try Connection(port: served.port)
        connection.send(text(method, target, headers, form: form, closing: closing))
        connection.finishSending()
        return Answer(connection.readAll())
      }
      #expect(lasting(answers[0]) == lasting(answers[1]), "\(method) \(target)")
      let decoded = try Connection(port: served.port)
      decoded.send(leaving + text(method, target, headers, form: form, closing: false))
      decoded.finishSending()
      let last = decoded.readAll().split(separator: "HTTP/1.1 ").dropFirst().joined()
      #expect(lasting(Answer("HTTP/1.1 " + last)) == lasting(answers[1]), "\(method) \(target)")
      #expect(answers[0].header("date")?.hasSuffix(" GMT") == true && answers[0].header("x-request-id")?.count == 32)
      #expect(answers[0].status != 0 && answers[0].status != 500)
      #expect((answers[0].status == 413) == (form.map { $0.utf8.count > 65_536 } ?? false))
    }
    let counted = try served.ask("GET", "/metrics").body
    #expect(counted.contains(#"route="/check""#) && counted.contains(#"route="/oauth2/introspect""#))
  }

  @Test("A group is told alike at once and by a task, of few people and of many") func groupTold() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.group)"
    let last = text("GET", "/healthz", [], form: nil, closing: true)
    func both(_ who: String, _ method: String, _ target: String, _ headers: [String] = []) throws -> [Answer] {
      let headers = ["accessToken: \(people.tokens[who] ?? "x")"] + headers
      return try [false, true].map { closing in
        let connection = try Connection(port: people.served.port)
        connection.send(text(method, target, headers, form: nil, closing: closing) + (closing ? "" : last))
        return Answer("HTTP/1.1 " + (connection.readAll().split(separator: "HTTP/1.1 ").first.map(String.init) ?? ""))
      }
    }
    for count in [2, 72] {
      for (who, method, target, headers, status) in [
        ("admin", "GET", path, [], 200), ("group", "GET", path + "?showDetails=true", [], 200),
        ("member", "GET", "/groups/\(people.group)", [], 200), ("admin", "HEAD", path, [], 200),
        ("admin", "GET", "/V1/Groups/\(people.group)", [], 200), ("admin", "GET", path + "/members", [], 200),
        ("stranger", "GET", path, [], 404), ("admin", "GET", "/v1/groups/x", [], 404),
        ("nobody", "GET", path, [], 401), ("narrow", "GET", path, [], 403),
        ("admin", "GET", path, ["DPoP: x"], 401), ("admin", "GET", path, ["Content-Length: 0"], 200),
      ] as [(String, String, String, [String], Int)] {
        let answers = try both(who, method, target, headers)
        #expect(lasting(answers[0]) == lasting(answers[1]), "\(who) \(target)")
        #expect(answers[0].status == status, "\(who) \(target) \(answers[0].text)")
      }
      #expect(try both("admin", "GET", path).map { $0["userCount"] } == ["\(count)", "\(count)"])
      let more = (0..<70).map { "'+3369\(1_000_000 + $0)'" }.joined(separator: ",")
      #expect(try people.ask("admin", "PUT", path + "/members", "{members:[\(more)]}").status == 200)
    }
  }

  @Test("Answers keep the order of requests that are sent at once", arguments: [false, true])
  func answersKeep(isDecoded: Bool) async throws {
    let served = try await ServedLedger()
    let token = try token(served)
    let check = text("GET", "/check", ["accessToken: \(token)"], form: nil, closing: false)
    let issue = text("GET", "/v1/accessToken", served.kaizalaHeaders, form: nil, closing: false)
    let form = "client_id=\(served.connector)&client_secret=\(served.secret)&token=\(token)"
    let introspect = text("POST", "/oauth2/introspect", [], form: form, closing: false)
    let last = text("GET", "/healthz", [], form: nil, closing: true)
    let refused = text("GET", "/v1/accessToken", [], form: nil, closing: false)
    let task = text("GET", "/healthz", [], form: nil, closing: false)
    let connection = try Connection(port: served.port)
    connection.send(
      (isDecoded ? leaving : "") + check + issue + check + introspect + issue + introspect + check + issue + issue
        + task
        + refused + issue + last)
    let answers = connection.readAll().split(separator: "HTTP/1.1 ").map(String.init)
    let kinds = answers.map { answer in
      if answer.lowercased().contains("x-connector") { return "check" }
      if answer.contains("endpointUrl") { return "issue" }
      if answer.hasPrefix("401") { return "refused" }
      return answer.contains(#""active":true"#) ? "introspect" : "health"
    }
    #expect(
      kinds == (isDecoded ? ["health"] : []) + [
        "check", "issue", "check", "introspect", "issue", "introspect", "check", "issue", "issue", "health", "refused",
        "issue", "health",
      ], "\(answers)")
  }

  @Test("Who asks for tokens often before it reads gets each, also where it ends its side", arguments: [false, true])
  func asksTokens(isDecoded: Bool) async throws {
    let served = try await ServedLedger()
    let issue = text("GET", "/v1/accessToken", served.kaizalaHeaders, form: nil, closing: false)
    let refused = text("GET", "/v1/accessToken", [], form: nil, closing: false)
    let connection = try Connection(port: served.port)
    connection.send((isDecoded ? leaving : "") + String(repeating: issue + refused, count: 40))
    connection.finishSending()
    let answers = connection.readAll().split(separator: "HTTP/1.1 ").map { $0.prefix(3) }.dropFirst(isDecoded ? 1 : 0)
    #expect(Array(answers) == (0..<80).map { $0.isMultiple(of: 2) ? "200" : "401" }, "\(answers.count)")
  }

  @Test("Messages that are sent at once are answered in their order, small ones and large ones") func messagesSent()
    async throws
  {
    let people = try await PlatformPeople()
    func post(_ body: String, closing: Bool = false) -> String {
      let end = closing ? "Connection: close\r\n\r\n" : "\r\n"
      return
        "POST /v1/groups/\(people.group)/messages HTTP/1.1\r\nHost: a\r\naccessToken: \(people.tokens["admin"] ?? "")"
        + "\r\nContent-Length: \(body.utf8.count)\r\n\(end)\(body)"
    }
    let large = "{message:'large'" + String(repeating: " ", count: 70_000) + "}"
    let connection = try Connection(port: people.served.port)
    let bodies = ["{message:'0'}", "{message:'1'}", large, "{}", "{message:'2'}", "{message:'3'}"]
    connection.send(bodies.map { post($0) }.joined() + post("{message:'4'}", closing: true))
    let answers = connection.readAll().split(separator: "HTTP/1.1 ")
    #expect(answers.map { $0.prefix(3) } == ["200", "200", "200", "400", "200", "200", "200"], "\(answers)")
    let kept = try people.ask("admin", "GET", "/v1/groups/\(people.group)/messages").body
    let places = ["'0'", "'1'", "large", "'2'", "'3'", "'4'"].map { text in
      kept.firstRange(of: text.replacing("'", with: "\""))?.lowerBound ?? kept.endIndex
    }
    #expect(places == places.sorted() || places == places.sorted(by: >), "\(kept)")
    #expect(!places.contains(kept.endIndex))
  }

  @Test("No client is told to go on in the middle of another answer") func clientTold() async throws {
    let served = try await ServedLedger()
    let token = try token(served)
    let issue = text("GET", "/v1/accessToken", served.kaizalaHeaders, form: nil, closing: false)
    let form = "client_id=\(served.connector)&client_secret=\(served.secret)&token=\(token)"
    let introspect = text("POST", "/oauth2/introspect", ["Expect: 100-continue"], form: form, closing: true)
    let alone = try Connection(port: served.port)
    alone.send(introspect)
    let told = alone.readAll()
    #expect(told.hasPrefix("HTTP/1.1 100 Continue\r\n") && told.contains("HTTP/1.1 200 OK"), "\(told)")
    let behind = try Connection(port: served.port)
    behind.send(issue + introspect)
    let answers = behind.readAll()
    let pieces = answers.split(separator: "HTTP/1.1 ")
    let statuses = pieces.map { $0.prefix(3) }
    #expect(statuses == ["200", "200"] || statuses == ["200", "100", "200"], "\(answers)")
    #expect(pieces.first?.hasSuffix("}") == true, "\(answers)")
  }

  @Test("A check with a body behind another request is answered after it, and ends the connection") func checkBody()
    async throws
  {
    let served = try await ServedLedger()
    let token = try token(served)
    let issue = text("GET", "/v1/accessToken", served.kaizalaHeaders, form: nil, closing: false)
    let check = text("POST", "/check", ["accessToken: \(token)"], form: "a=1", closing: false)
    let connection = try Connection(port: served.port)
    connection.send(issue + check + issue)
    let answers = connection.readAll().split(separator: "HTTP/1.1 200 OK").map(String.init)
    #expect(answers.count == 2 && answers[0].contains("endpointUrl"), "\(answers)")
    #expect(answers.last?.lowercased().contains("x-connector") == true, "\(answers)")
  }

  @Test("A client that asks often before it reads gets each answer") func clientAsks() async throws {
    let served = try await ServedLedger()
    let token = try token(served)
    let check = text("GET", "/check", ["accessToken: \(token)"], form: nil, closing: false)
    let connection = try Connection(port: served.port)
    let many = 2_000
    connection.send(String(repeating: check, count: many) + text("GET", "/healthz", [], form: nil, closing: true))
    let answers = connection.readAll().split(separator: "HTTP/1.1 200 OK")
    #expect(answers.count == many + 1)
  }

  @Test(
    "The time is written as HTTP has it",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
      (1_796_083_199, "Mon, 30 Nov 2026 23:59:59 GMT"), (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
    ])
  func timeWritten(second: Int64, text: String) {
    #expect(HTTPDate.text(of: second) == text)
    var date = HTTPDate()
    #expect(date.now == date.now && date.now.count == 29)
  }
}
