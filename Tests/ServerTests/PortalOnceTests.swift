import TestSupport
import Testing

/// The form by which an admin generates the Refresh Token of a group anew.
@Suite struct PortalOnceTests {
  /// How many Refresh Tokens were issued.
  private static func issued(_ browser: Browser) throws -> Int {
    try browser.open("/portal/audit.ndjson?exact=refresh_token.issued").body.split(separator: "\n").count
  }

  /// How a program's call with a Refresh Token is answered.
  private static func status(of refresh: String, _ scene: PortalScene) throws -> Int {
    let connection = try Connection(port: scene.served.port)
    let head = [
      "GET /v1/accessToken HTTP/1.1", "Host: x", "Connection: close", "applicationId: \(scene.program.id)",
      "applicationSecret: \(scene.program.secret)", "refreshToken: \(refresh)",
    ]
    connection.send("\(head.joined(separator: "\r\n"))\r\n\r\n")
    return Answer(connection.readAll()).status
  }

  @Test("The form that generates a Refresh Token anew makes one, however often it is sent") func formGenerates()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900279")
    let browser = scene.owner
    let path = "/portal/groups/\(scene.group)/connectors"
    let before = try Self.issued(browser)
    let link = "\(path)?connector=\(scene.connector)"
    #expect(try browser.open("\(path)/\(scene.grant)").body.contains("href=\"\(link)\">Regenerate the token…</a>"))
    let form = try browser.open(link)
    try browser.submit(path)
    let refresh = try #require(browser.text(of: "refresh"), "\(browser.page.text)")
    for _ in 0..<2 {
      browser.goBack(to: form)
      let again = try browser.submit(path)
      #expect(again.status == 410, "\(again.text)")
      #expect(again.body.contains("<h1>The Refresh Token was shown before</h1>"), "\(again.text)")
      #expect(!again.body.contains(refresh) && again.body.contains("href=\"\(path)\">Go on</a>"))
    }
    #expect(try Self.issued(browser) == before + 1)
    #expect(try Self.status(of: refresh, scene) == 200)
    #expect(try Self.status(of: scene.program.refresh, scene) != 200)
  }

  @Test("The form that is sent several times at once makes one Refresh Token") func formSent() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900280")
    let browser = scene.owner
    let path = "/portal/groups/\(scene.group)/connectors"
    let before = try Self.issued(browser)
    try browser.open("\(path)?connector=\(scene.connector)")
    let form = try ["csrf", "once", "connector", "as-of"].map { name in
      "\(name)=\(try PortalScene.first("name=\"\(name)\" value=\"", "\"", in: browser))"
    }.joined(separator: "&")
    let cookies = browser.cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
    let head = [
      "POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(scene.served.port)", "Connection: close", "Cookie: \(cookies)",
      "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded",
      "Content-Length: \(form.utf8.count)",
    ]
    let connections = try (0..<4).map { _ in try Connection(port: scene.served.port) }
    for connection in connections { connection.send("\(head.joined(separator: "\r\n"))\r\n\r\n\(form)") }
    var shown: Set<String> = []
    for connection in connections {
      let answer = Answer(connection.readAll())
      #expect([200, 410].contains(answer.status), "\(answer.text)")
      browser.goBack(to: answer)
      if answer.status == 200 { shown.insert(try #require(browser.text(of: "refresh"), "\(answer.text)")) }
    }
    #expect(shown.count == 1, "\(shown.count)")
    #expect(try Self.issued(browser) == before + 1)
  }
}
