import Glibc
import TestSupport
import Testing

/// What is cut off without harm: malformed, large and slow requests.
@Suite struct LimitTests {
  @Test("A large header passes, a larger one does not") func largeHeader() async throws {
    let served = try await ServedLedger()
    #expect(try served.ask("GET", "/healthz", ["x: " + String(repeating: "y", count: 16_384)]).status == 200)
    let refused = try served.ask("GET", "/healthz", ["x: " + String(repeating: "y", count: 70_000)])
    let many = try served.ask("GET", "/healthz", (0..<200).map { "x-\($0): y" })
    for answer in [refused, many] {
      #expect(answer.status == 431, "\(answer.text)")
      #expect(answer["errorCode"] == "RequestTooLarge" && answer["error"] == "invalid_request")
      #expect(answer["message"] == "The header is too large: expected at most 32768 bytes in 100 fields.")
      #expect(answer.header("content-type") == "application/json; charset=utf-8")
      #expect(answer.header("connection") == "close")
    }
    let metrics = try served.ask("GET", "/metrics").body
    #expect(metrics.contains("credledger_requests_refused_total{status=\"431\"} 2\n"), "\(metrics)")
  }

  @Test("A body that is too large is refused before it is sent, and once it was") func bodyToo() async throws {
    let served = try await ServedLedger()
    let told = try Connection(port: served.port)
    told.send("POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    let refused = Answer(told.readAll())
    #expect(refused.status == 413)
    #expect(refused["errorCode"] == "RequestTooLarge")
    #expect(refused["error"] == "invalid_request")
    let chunked = try Connection(port: served.port)
    chunked.send("POST /oauth2/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    let piece = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
    for _ in 0..<17 { chunked.send(piece) }
    #expect(Answer(chunked.readAll()).status == 413)
    #expect(try served.ask("GET", "/healthz").status == 200)
  }

  @Test("What somebody sends who has shown nothing is small") func somebodySends() async throws {
    let served = try await ServedLedger(["--development"])
    let own = ["Sec-Fetch-Site: same-origin"]
    let large = "name=" + String(repeating: "x", count: 65_536)
    for path in ["/oauth2/token", "/oauth2/revoke", "/api/oauth/token", "/portal/sign-in/development"] {
      #expect(try served.post(path, own, form: large).status == 413, "\(path)")
    }
    // A form that needs a session is not read without one.
    #expect(try served.post("/portal/groups/new", own, form: "name=%zz").status == 303)
    #expect(try served.post("/portal/sign-in/development", own, form: "name=%zz").status == 400)
  }

  @Test("Slow clients are cut off") func slowClients() async throws {
    let served = try await ServedLedger(
      environment: ["CREDLEDGER_SERVE_LIMITS_IDLE_SECONDS=2", "CREDLEDGER_SERVE_LIMITS_REQUEST_SECONDS=2"])
    let silent = try Connection(port: served.port)
    let slowHeader = try Connection(port: served.port)
    let slowBody = try Connection(port: served.port)
    slowBody.send("POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    slowHeader.send("GET /healthz HTTP/1.1\r\n")
    let began = ContinuousClock.now
    var isOpen = (header: true, body: true)
    // Without the settings it would be 30 seconds and more.
    let bound = Duration.seconds(28)
    while isOpen.header || isOpen.body, ContinuousClock.now - began < bound {
      // A byte now and then does not keep a connection open.
      if isOpen.header { isOpen.header = slowHeader.send("x: y\r\n") }
      if isOpen.body { isOpen.body = slowBody.send("x") }
      usleep(200_000)
    }
    #expect(!isOpen.header && !isOpen.body)
    #expect(silent.readAll() == "")
    // And this a minute.
    #expect(ContinuousClock.now - began < .seconds(50))
    #expect(try served.ask("GET", "/healthz").status == 200)
  }

  @Test("One address has so many connections, and those that ended count no longer") func addressConnections()
    async throws
  {
    let served = try await ServedLedger(environment: ["CREDLEDGER_SERVE_LIMITS_CONNECTIONS_PER_ADDRESS=3"])
    var kept = try (0..<3).map { _ in try Connection(port: served.port) }
    for connection in kept { #expect(health(on: connection) == 200) }
    let refused = Answer(try Connection(port: served.port).readAll())
    #expect(refused.status == 429 && refused.header("retry-after") == "1", "\(refused.text)")
    #expect(refused["errorCode"] == "TooManyRequests" && refused["error"] == "temporarily_unavailable")
    #expect(refused.header("content-type") == "application/json; charset=utf-8")
    // Those that are there are answered.
    #expect(health(on: kept[0]) == 200)
    kept.removeLast()
    let isTaken = try await Patience.wait { try health(on: Connection(port: served.port)) == 200 }
    #expect(isTaken)
    let isCounted = try await Patience.wait {
      let text = try served.ask("GET", "/metrics").body
      return text.contains("credledger_connections_refused_total ") && !text.contains("refused_total 0\n")
    }
    #expect(isCounted)
    withExtendedLifetime(kept) {}
    #expect(served.end() == 0)
  }

  @Test("A proxy that is configured has any number of connections") func proxyConfigured() async throws {
    let served = try await ServedLedger(environment: [
      "CREDLEDGER_SERVE_LIMITS_CONNECTIONS_PER_ADDRESS=3", "CREDLEDGER_SERVE_PROXIES=127.0.0.0/8",
    ])
    let kept = try (0..<6).map { _ in try Connection(port: served.port) }
    for connection in kept { #expect(health(on: connection) == 200) }
  }

  /// The status of an answer, after which the connection stays.
  private func health(on connection: Connection) -> Int {
    connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    return Answer(connection.read()).status
  }

  @Test(
    "Malformed requests do no harm",
    arguments: [
      "GET\r\n\r\n", "\u{16}\u{3}\u{1}", "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET / HTTP/1.1\r\n\0: x\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\nX: Host: b\r\nConnection: close\r\n\r\n",
      "GET /check HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
      "GET /%zz/%00/../.. HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]) func malformedRequests(request: String) async throws
  {
    let served = try await ServedLedger()
    let connection = try Connection(port: served.port)
    connection.send(request)
    connection.finishSending()
    let answer = Answer(connection.readAll())
    #expect(answer.status == 0 || (400..<500).contains(answer.status))
    if request.contains("Host: b") { #expect(answer.status == 400) }
    // Clients read each error as JSON.
    if answer.status > 0 { #expect(answer.text.contains("\"errorCode\":"), "\(answer.text)") }
    #expect(try served.ask("GET", "/healthz").status == 200)
    #expect(served.end() == 0)
  }

  @Test("A request without a host, or of HTTP/1.0 with Transfer-Encoding, is refused with its connection, and counted")
  func withoutHost() async throws {
    let served = try await ServedLedger()
    let wrong = [
      "GET /healthz HTTP/1.1\r\n\r\n", "GET /check HTTP/1.1\r\nX: y\r\n\r\n",
      "GET http://a/healthz HTTP/1.1\r\n\r\n",
      "POST /oauth2/introspect HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b",
      "GET /check HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /oauth2/introspect HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    ]
    for request in wrong {
      let connection = try Connection(port: served.port)
      // What follows is not answered.
      connection.send(request + "GET /check HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = Answer(connection.readAll())
      #expect(answer.status == 400 && answer.header("connection") == "close", "\(request) \(answer.text)")
      #expect(!answer.body.contains("HTTP/1.1 401"), "\(request) \(answer.text)")
    }
    let metrics = try served.ask("GET", "/metrics").body
    #expect(metrics.contains("credledger_requests_refused_total{status=\"400\"} \(wrong.count)\n"), "\(metrics)")
    // HTTP/1.0 knows no Host.
    let old = try Connection(port: served.port)
    old.send("GET /healthz HTTP/1.0\r\nConnection: close\r\n\r\n")
    #expect(Answer(old.readAll()).status == 200)
  }
}
