import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// Messages of a group, in the browser and over the API.
@Suite struct PortalMessageTests {
  @Test("A person reads what a connector posted and answers, and the program hears it") func personReads() async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.verify("+44 7700 900123")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Shift survey")])
    try browser.submit(
      "/portal/connectors/new/permissions", [("permission", "group-information"), ("permission", "text-message")])
    let id = try #require(browser.text(of: "connector-id"), "\(browser.page.body)")
    let secret = try #require(browser.text(of: "connector-secret"))
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Field team")])
    let group = try #require(
      browser.page.body.split(separator: "action=\"/portal/groups/").dropFirst().first?.prefix { $0 != "\"" })
    let base = "/portal/groups/\(group)"
    try browser.open(base + "/connectors")
    let number = try #require(
      browser.page.body.split(separator: "<option value=\"").dropFirst().first?.prefix { $0 != "\"" })
    try browser.open("\(base)/connectors?connector=\(number)")
    try browser.submit(base + "/connectors")
    let refresh = try #require(browser.text(of: "refresh"))
    func ask(_ method: String, _ path: String, _ headers: [String], body: String = "") throws -> Answer {
      let connection = try Connection(port: served.port)
      connection.send(
        ([
          "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(served.port)", "Connection: close",
          "Content-Length: \(body.utf8.count)",
        ] + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
      return Answer(connection.readAll())
    }
    let token = try #require(
      try ask(
        "GET", "/v1/accessToken", ["applicationId: \(id)", "applicationSecret: \(secret)", "refreshToken: \(refresh)"])[
          "accessToken"])
    let bearer = ["accessToken: \(token)"]
    let publicID = try #require(try ask("GET", "/v1/groups", bearer).json?["groups"]?.items?.first?["groupId"]?.text)
    let api = "/v1/groups/\(publicID)/messages"

    try browser.open(base + "/messages")
    #expect(browser.page.status == 200 && browser.page.body.contains("No messages yet."), "\(browser.page.body)")
    // A browser that waits hears of the message.
    let cookies = browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    let live = try Connection(port: served.port)
    live.send(
      "GET \(base)/messages/live?from=0 HTTP/1.1\r\nHost: 127.0.0.1:\(served.port)\r\nCookie: \(cookies)\r\n\r\n")
    let posted = try ask("POST", api, bearer, body: "{message:'Who <b>works</b> on Monday?'}")
    let reference = try #require(posted["referenceId"], "\(posted.body)")
    var heard = ""
    while !heard.contains("data: 1\n\n"), case let more = live.read(), !more.isEmpty { heard += more }
    #expect(heard.contains("text/event-stream") && heard.contains("id: 1\ndata: 1\n\n"), "\(heard)")
    #expect(!heard.contains("Monday"))

    try browser.open(base + "/messages")
    #expect(browser.page.body.contains("Who &lt;b&gt;works&lt;/b&gt; on Monday?"))
    #expect(browser.page.body.contains("Posted by the connector <bdi>Shift survey</bdi> under <code>grant:"))
    #expect(browser.page.header("content-security-policy")?.hasSuffix("; connect-src 'self'") == true)
    try browser.open("\(base)/messages?reply=\(reference)")
    try browser.submit(base + "/messages", [("message", "I do")])
    #expect(
      browser.page.status == 200 && browser.page.body.contains("In answer to “Who &lt;b&gt;works"),
      "\(browser.page.body)")
    let newest = try ask("GET", api, bearer).json?["messages"]?.items?.first
    #expect(newest?["message"]?.text == "I do" && newest?["replyToReferenceId"]?.text == reference)
    #expect(newest?["connectorId"] == nil && newest?["senderName"]?.text == "Ada")
    try browser.submit(base + "/messages", [("message", " ")])
    #expect(browser.page.status == 422 && browser.page.body.contains("Write 1 to 4000 characters."))

    // To others it does not exist, also to those who read everything by their role; nor does a form of another site post.
    let other = served.browser()
    try other.signIn("Eve")
    for path in ["/messages", "/messages/live"] { #expect(try other.open(base + path).status == 404) }
    #expect(try browser.post(base + "/messages", [("message", "x")], site: "cross-site").status == 403)
    #expect(try browser.post(base + "/messages", [("message", "x")]).status == 403)
    #expect(try ask("GET", api, bearer).json?["messages"]?.items?.count == 2)

    // A browser that comes back goes on after what it heard of last, whatever its page said.
    let again = try Connection(port: served.port)
    again.send(
      "GET \(base)/messages/live?from=0 HTTP/1.1\r\nHost: 127.0.0.1:\(served.port)\r\nLast-Event-ID: 2\r\nCookie: \(cookies)\r\n\r\n"
    )
    heard = ""
    while !heard.contains("retry: "), case let more = again.read(), !more.isEmpty { heard += more }
    #expect(try ask("POST", api, bearer, body: "{message:'later'}").status == 200)
    while !heard.contains("data: 3\n\n"), case let more = again.read(), !more.isEmpty { heard += more }
    #expect(heard.contains("id: 3\n") && !heard.contains("id: 2\n"), "\(heard)")
    served.end()
    #expect(!served.log.contains("Monday"))
  }

  @Test("What a person posts on the page is told to a webhook of the group") func personPosts() async throws {
    let receiver = try WebhookReceiver()
    let served = try await ServedPortal(environment: receiver.environment)
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.verify("+44 7700 900123")
    try browser.open("/portal/connectors/new")
    try browser.submit("/portal/connectors/new", [("name", "Shift survey")])
    try browser.submit(
      "/portal/connectors/new/permissions",
      ["group-information", "text-message", "outgoing-webhooks"].map { ("permission", $0) })
    let id = try #require(browser.text(of: "connector-id"), "\(browser.page.body)")
    let secret = try #require(browser.text(of: "connector-secret"))
    let connector = try PortalScene.first("action=\"/portal/connectors/", "\"", in: browser)
    try browser.open("/portal/groups/new")
    try browser.submit("/portal/groups/new", [("name", "Field team")])
    let number = try PortalScene.first("action=\"/portal/groups/", "\"", in: browser)
    let base = "/portal/groups/\(number)"
    try browser.open("\(base)/connectors?connector=\(connector)")
    try browser.submit(base + "/connectors")
    let refresh = try #require(browser.text(of: "refresh"))
    // Without the browser's cookies, as a connector asks.
    let program = served.browser()
    let token = try #require(
      try program.send(
        "GET", "/v1/accessToken",
        ["applicationId: \(id)", "applicationSecret: \(secret)", "refreshToken: \(refresh)"])["accessToken"])
    let bearer = ["accessToken: \(token)"]
    let group = try #require(
      try program.send("GET", "/v1/groups", bearer).json?["groups"]?.items?.first?["groupId"]?.text)
    let body =
      "{objectId:'\(group)', objectType:'Group', eventTypes:['TextMessageCreated'], callBackUrl:'\(receiver.url("ok"))'}"
    var registered = try program.send("POST", "/v1/webhook", bearer, body: body)
    // The server gives a receiver five seconds to answer, in which one on a busy machine may not get its turn.
    for _ in 0..<20 where registered.status == 400 && registered.body.contains("no answer in time") {
      registered = try program.send("POST", "/v1/webhook", bearer, body: body)
    }
    try #require(registered.status == 200, "\(registered.body)")

    try browser.open(base + "/messages")
    try browser.submit(base + "/messages", [("message", "I take <b>Monday</b>")])
    #expect(browser.page.status == 200, "\(browser.page.body)")
    let posted = try program.send("GET", "/v1/groups/\(group)/messages", bearer).json?["messages"]?.items?.first
    #expect(posted?["message"]?.text == "I take <b>Monday</b>")
    let delivery = try #require(receiver.deliveries(1).first)
    let told = try JSONParser.parse(Array((delivery["body"]?.text ?? "").utf8))
    #expect(told["eventType"]?.text == "TextMessageCreated" && told["objectId"]?.text == group)
    #expect(told["data"]?["text"]?.text == "I take <b>Monday</b>" && told["fromUserName"]?.text == "Ada")
    #expect(told["eventId"]?.text == posted?["referenceId"]?.text && told["eventId"] != nil)

    // Once it is deleted its page says so.
    let hooks = "/portal/connectors/\(connector)/webhooks"
    try browser.open(hooks)
    let hook = try PortalScene.first("href=\"\(hooks)/", "\"", in: browser)
    try browser.open("\(hooks)/\(hook)/delete")
    try browser.submit("\(hooks)/\(hook)/delete")
    let gone = try browser.open("\(hooks)/\(hook)")
    #expect(gone.status == 410 && gone.body.contains("<h1>This webhook was deleted</h1>"), "\(gone.text)")
    #expect(gone.body.contains("<dt>Name</dt><dd><code>webhook:\(hook)</code></dd><dt>Deleted</dt><dd><time"))
    served.end()
  }
}
