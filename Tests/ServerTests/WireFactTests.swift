import CredentialLedger
import HTTPSupport
import LedgerServer
import TestSupport
import Testing

/// What documents and published clients of the original API show and no other test holds.
@Suite struct WireFactTests {
  @Test("A group is made of every member that published bodies have, and unknown ones are passed over") func groupMade()
    async throws
  {
    let people = try await PlatformPeople()
    let made = try people.ask(
      "stranger", "POST", "/v1/groups",
      """
      {name: 'North', welcomeMessage: 'Hi', members: ['+33699999999'], memberUserIds: ['\(people.memberID)@2'],
       admins: ['+33699999998'], groupPhoto: 'x', backgroundPhoto: {}, shortDescriptionString: [1], longDescriptionString: null,
       groupType: 'GROUP'}
      """)
    #expect(made.status == 200 && made.json?["membersAdded"] == .bool(true), "\(made.body)")
    #expect(made.header("content-type") == "application/json; charset=utf-8")
    let path = "/v1/groups/\(made["groupId"] ?? "")"
    let members = try #require(try people.ask("stranger", "GET", path + "/members").json?["members"]?.items)
    let roles = members.map { "\($0["mobileNumber"]?.text ?? "") \($0["role"]?.text ?? "")" }
    #expect(
      Set(roles) == [
        "\(PlatformPeople.strangerNumber) Admin", "+33699999999 Member", "\(PlatformPeople.memberNumber) Member",
        "+33699999998 Admin",
      ])
    // IDs are texts, whether they look like numbers or not.
    #expect(members.allSatisfy { if case .string = $0["id"] { true } else { false } })
    // `showDetail` of the documents, `showDetails` of the clients, the value in any case.
    for query in ["showDetail=TRUE", "SHOWDETAILS=true", "showDetails=1"] {
      #expect(try people.ask("stranger", "GET", "\(path)?\(query)")["welcomeMessage"] == "Hi", "\(query)")
      let listed = try people.ask("stranger", "GET", "/v1/groups?\(query)").json?["groups"]?.items
      #expect(listed?.contains { $0["welcomeMessage"]?.text == "Hi" } == true, "\(query)")
    }
    #expect(try people.ask("stranger", "GET", path)["welcomeMessage"] == nil)
    // Sub-groups are seen in both spellings.
    for name in ["subGroups", "subgroups", "SUBGROUPS"] {
      #expect(try people.ask("stranger", "GET", "\(path)/\(name)").status == 200, "\(name)")
    }
  }

  @Test("Every route is there under every host's name") func everyRoute() async throws {
    let people = try await PlatformPeople()
    for host in ["kms.example.com", "api.example.com", "endpoint.example.com:8443"] {
      let connection = try Connection(port: people.served.port)
      connection.send(
        "GET /v1/users/me HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\naccessToken: \(people.tokens["admin"] ?? "")\r\n\r\n"
      )
      #expect(Answer(connection.readAll()).status == 200, "\(host)")
    }
  }

  @Test("An answer of a page of subscribers has at most fifty") func answerPage() async throws {
    let people = try await PlatformPeople()
    let path = "/v1/groups/\(people.publicGroup)/subscribers"
    let numbers = (0..<51).map { "'+336999999\(10 + $0)'" }.joined(separator: ",")
    #expect(try people.ask("admin", "PUT", path + "/add", "{subscribers:[\(numbers)]}").status == 200)
    for body in ["{count: 500}", "{}", "{count:'50'}"] {
      let page = try people.ask("admin", "POST", path, body)
      #expect(page.json?["subscribers"]?.items?.count == 50 && page["cursor"] != nil, "\(body): \(page.body)")
      let rest = try people.ask("admin", "POST", path, "{cursor:'\(page["cursor"] ?? "")'}")
      #expect(rest.json?["subscribers"]?.items?.count == 1 && rest["cursor"] == nil)
    }
  }

  @Test("Browsers may read every error of a platform route, and when to ask again") func browsersMay() async throws {
    #expect(ServerSettings().connectorCalls == 100 && ServerSettings().organisationCalls == 300)
    let people = try await PlatformPeople(environment: [
      "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0", "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=6",
    ])
    func check(_ answer: Answer, _ status: Int) {
      #expect(answer.status == status, "\(answer.text)")
      #expect(answer.header("access-control-allow-origin") == "*", "\(status)")
      #expect(answer.header("access-control-expose-headers")?.contains("Retry-After") == true, "\(status)")
      #expect(answer.header("content-type") == "application/json; charset=utf-8", "\(status)")
      for name in ["message", "errorCode", "errorCategoryKey"] {
        guard case .string(let text) = answer.json?[name] else {
          Issue.record("\(status): \(name) is no text")
          continue
        }
        #expect(!text.isEmpty, "\(status): \(name)")
      }
    }
    check(try people.ask("nobody", "GET", "/v1/groups"), 401)
    check(try people.ask("narrow", "GET", "/v1/groups"), 403)
    check(try people.ask("admin", "GET", "/v1/groups/x"), 404)
    check(try people.ask("admin", "PATCH", "/v1/groups"), 405)
    check(try people.ask("admin", "POST", "/v1/groups", "{}"), 400)
    check(try people.ask("admin", "GET", "/v1/bot"), 501)
    // All connectors together have a limit too: the calls of both count.
    var answer = try people.ask("narrow", "GET", "/v1/bot")
    for index in 0..<6 where answer.status != 429 {
      answer = try people.ask(index.isMultiple(of: 2) ? "admin" : "narrow", "GET", "/v1/bot")
    }
    check(answer, 429)
    #expect(answer.header("retry-after").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
    #expect(answer.header("ratelimit-policy")?.hasPrefix("\"organisation\"") == true)
  }

  @Test("A webhook may be for every event type and object, and its validation token is bare in the query")
  func webhookMay()
    async throws
  {
    let receiver = try WebhookReceiver()
    let people = try await PlatformPeople(environment: receiver.environment)
    let names = WebhookEventType.allCases.map(\.rawValue)
    #expect(names.count == 17)
    let types = names.map { "'\($0)'" }.joined(separator: ",")
    let now = LedgerConfiguration.systemClock()
    let day: Int64 = 86_400_000
    for (index, (object, validity)) in [
      ("objectType:'ActionPackage', objectId:'com.example.package'", ""),
      ("objectType:'Action', objectId:'action-7'", ", validity:\(now + 9 * day)"),
      ("objectId:'\(people.group)@3'", ", validity:'\(now + 9 * day)'"),
    ].enumerated() {
      let registered = try people.ask(
        "group", "POST", "/v1/webhook",
        "{\(object), eventTypes:[\(types)], callBackUrl:'\(receiver.url("ok/\(index)"))', callBackHeaders:{a:'b'}\(validity)}"
      )
      #expect(registered.status == 200, "\(object): \(registered.body)")
      // What never comes is named: of actions nothing does.
      let untold = registered.json?["unsupportedEvents"]?.items?.compactMap(\.text)
      #expect(untold == (index == 2 ? Array(names.dropFirst(5)) : names), "\(registered.body)")
    }
    let query = try people.ask(
      "group", "POST", "/v1/webhook",
      "{objectId:'\(people.group)', eventTypes:['jobcreated'], callBackUrl:'\(receiver.url("ok?a=b"))'}")
    #expect(query.status == 200, "\(query.body)")
    let listed = try #require(try people.ask("group", "GET", "/v1/webhook").json?["webhooks"]?.items)
    #expect(listed.compactMap { $0["objectType"]?.text } == ["ActionPackage", "Action", "Group", "Group"])
    #expect(listed.compactMap { $0["objectId"]?.text }.prefix(2) == ["com.example.package", "action-7"])
    #expect(listed[0]["events"]?.items?.compactMap(\.text) == names)
    #expect(listed[3]["unsupportedEvents"]?.items?.compactMap(\.text) == ["JobCreated"])
    let ends = listed.compactMap { $0["validity"]?.wholeNumber }
    // Two years where nothing is said.
    #expect(abs(ends[0] - now - 730 * day) < 2 * day, "\(ends[0])")
    #expect(ends[1] == now + 9 * day && ends[2] == ends[1])
    // Delivered once more, so that all handshakes are read by then.
    #expect(try people.ask("admin", "POST", "/v1/groups/\(people.group)/messages", "{message:'x'}").status == 200)
    #expect(receiver.deliveries(1).count == 1)
    let asked = receiver.requests.filter { $0["method"]?.text == "GET" }.compactMap { $0["path"]?.text }
    #expect(asked.count == 4)
    for (path, start) in zip(
      asked, ["/ok/0?validationToken=", "/ok/1?validationToken=", "/ok/2?validationToken=", "/ok?a=b&validationToken="])
    {
      #expect(path.hasPrefix(start), "\(path)")
      // A receiver in PHP prints what stands behind the name, undecoded.
      let token = path.dropFirst(start.count)
      #expect(
        token.count >= 16 && token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~".contains($0)) })
    }
  }

  @Test("A delivery that is answered by a redirect has failed, and goes nowhere else") func deliveryAnswered()
    async throws
  {
    let receiver = try WebhookReceiver()
    let people = try await PlatformPeople(environment: receiver.environment)
    for path in ["moved", "ok"] {
      let registered = try people.ask(
        "group", "POST", "/v1/webhook",
        "{objectId:'\(people.group)', eventTypes:['TextMessageCreated'], callBackUrl:'\(receiver.url(path))'}")
      #expect(registered.status == 200, "\(registered.body)")
    }
    let path = "/v1/groups/\(people.group)/messages"
    #expect(try people.ask("admin", "POST", path, "{message:'one'}").status == 200)
    #expect(receiver.deliveries(2).count == 2)
    #expect(try people.ask("admin", "POST", path, "{message:'two'}").status == 200)
    // The other goes on: the first waits to be tried again, and what is newer waits behind it.
    #expect(receiver.deliveries(2) { $0["path"]?.text == "/ok" }.count == 2)
    #expect(!receiver.requests.contains { $0["path"]?.text == "/elsewhere" })
    // Once the newest is acknowledged, only the two for the first wait.
    let reader = try await Ledger.openForReading(at: people.served.path)
    #expect(try await Patience.wait { try reader.deliveries.waiting().count <= 2 })
    #expect(try reader.deliveries.waiting().count == 2)
    await reader.close()
  }

  @Test("A redirect keeps the query of the registered address, and a long state as it was") func redirectKeeps()
    async throws
  {
    let address = "https://client.example.org/callback?tenant=a%3Db"
    var id = ""
    let served = try await ServedLedger(["--development"]) { (_, ledger) in
      let developer = try await ServedLedger.arrive("dev", "+911199999999", on: ledger)
      id = try await ledger.connectors.create(
        name: "Roster", permissions: [.textMessage], redirectURIs: [address], requiresPKCE: false, by: developer
      ).connector.publicID.description
    }
    let state = String(repeating: "%7B%22a%22%3A%22%26%3D%22%7D", count: 40)
    let query = "client_id=\(id)&state=\(state)"
    let page = try served.ask("GET", "/api/Oauth/Authorize?\(query)")
    let account = try #require(
      page.body.split(separator: "name=\"account\" value=\"").dropFirst().first?.prefix { $0 != "\"" }, "\(page.text)")
    let location = try #require(
      try served.post("/api/Oauth/Authorize", form: "\(query)&account=\(account)").header("location"))
    #expect(location.hasPrefix(address + "&code=clc_"), "\(location)")
    #expect(location.contains("&state=\(state)&iss="), "\(location)")
  }
}
