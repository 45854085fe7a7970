import CredentialLedger
import Glibc
import HTTPSupport
import MessageStore
import OutgoingHTTP
import PlatformService
import TestSupport
import Testing

/// Events of the ledger outward, to what an operator collects them by.
@Suite struct EventStreamTests {
  private static let secret = "collector-secret-0123456789"
  private let folder = TemporaryFolder()

  private func served(_ more: [String] = [], webhooks: String? = nil) async throws -> (ServedLedger, [String]) {
    let path = "\(folder.path)/secret"
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file") }
    unsafe fputs(Self.secret + "\n", file)
    unsafe fclose(file)
    let environment =
      ["CREDLEDGER_SERVE_EVENTS_SECRET_FILE=\(path)"] + more
      + (webhooks.map { ["CREDLEDGER_SERVE_EVENTS_WEBHOOKS=\($0)"] } ?? [])
    return (try await ServedLedger(environment: environment), environment)
  }

  /// Reads events until there are so many.
  private func read(_ served: ServedLedger, _ target: String, _ headers: [String] = [], count: Int) throws
    -> [JSONValue]
  {
    let connection = try Connection(port: served.port)
    let lines = ["GET \(target) HTTP/1.1", "Host: x", "Authorization: Bearer \(Self.secret)"] + headers
    connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    var text = ""
    while text.split(separator: "\ndata: ").count <= count {
      let more = connection.read()
      guard !more.isEmpty else { break }
      text += more
    }
    return text.split(separator: "\ndata: ").dropFirst().prefix(count).compactMap { part in
      try? JSONParser.parse(Array(part.prefix { $0 != "\n" }.utf8))
    }
  }

  @Test("A collector reads all events in order, goes on where it was, and nobody else reads any") func collectorReads()
    async throws
  {
    let (served, _) = try await served()
    let head = try #require(try served.ask("GET", "/readyz")["head"].flatMap { Int($0) })
    let all = try read(served, "/ledger/events", count: head)
    #expect(all.compactMap { $0["id"]?.text } == (1...head).map(String.init))
    #expect(all.first?["type"]?.text == "credledger.ledger.created" && all.first?["specversion"]?.text == "1.0")
    #expect(all.first?["source"]?.text == "credledger://ledger.example.org")
    #expect(!all.contains { String(decoding: $0.bytes, as: UTF8.self).contains("911199999999") })
    let rest = try read(served, "/ledger/events?from=2", ["Last-Event-ID: \(head - 2)"], count: 2)
    #expect(rest.compactMap { $0["id"]?.text } == ["\(head - 1)", "\(head)"])
    for (header, status) in [("Authorization: Bearer wrong-secret-0123456789", 401), ("X: y", 401)] {
      #expect(try served.ask("GET", "/ledger/events", [header]).status == status)
    }
    let bearer = "Authorization: Bearer \(Self.secret)"
    #expect(try served.ask("GET", "/ledger/events?from=x", [bearer]).status == 400)
    #expect(try served.ask("GET", "/ledger/events", [bearer, "Last-Event-ID: x"]).status == 400)
    // Whoever has read more than there is would hear nothing for long: the ledger was restored from a backup.
    for (target, header) in [
      ("?from=\(head + 2)", "X: y"), ("?from=\(UInt64.max)", "X: y"), ("", "Last-Event-ID: \(head + 1)"),
    ] {
      let connection = try Connection(port: served.port)
      connection.send("GET /ledger/events\(target) HTTP/1.1\r\nHost: x\r\n\(bearer)\r\n\(header)\r\n\r\n")
      #expect(connection.read().hasPrefix("HTTP/1.1 400 "), "\(target) \(header)")
    }
    served.end()
    #expect(!served.log.contains(Self.secret))
  }

  @Test("A stream ends in order before the server would cut it off") func streamEnds() async throws {
    let (served, _) = try await served(["CREDLEDGER_SERVE_LIMITS_REQUEST_SECONDS=10"])
    let connection = try Connection(port: served.port)
    connection.send("GET /ledger/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(Self.secret)\r\n\r\n")
    var text = ""
    while !text.hasSuffix("\r\n0\r\n\r\n"), case let more = connection.read(), !more.isEmpty { text += more }
    #expect(text.contains("id: 1\n") && text.hasSuffix("\n\n\r\n0\r\n\r\n"), "\(text.suffix(200))")
  }

  @Test("Wrong secrets from one address are limited, and then the right one is refused too") func wrongSecrets()
    async throws
  {
    let (served, _) = try await served(["CREDLEDGER_SERVE_LIMITS_FAILURES=4"])
    let bearer = "Authorization: Bearer \(Self.secret)"
    // What the right secret is followed by does not count.
    for _ in 0..<6 { #expect(try served.ask("GET", "/ledger/events?from=x", [bearer]).status == 400) }
    for header in [
      "Authorization: Bearer wrong", "Authorization: Basic \(Self.secret)", "X: y", "Authorization: Bearer",
    ] {
      #expect(try served.ask("GET", "/ledger/events?from=x", [header]).status == 401, "\(header)")
    }
    for header in ["Authorization: Bearer wrong", bearer] {
      // A position that is none, so that no answer goes on.
      let refused = try served.ask("GET", "/ledger/events?from=x", [header])
      #expect(refused.status == 429 && refused["error"] == "temporarily_unavailable", "\(refused.text)")
      #expect((1...60).contains(try #require(Int(refused.header("retry-after") ?? ""))))
    }
  }

  @Test("Events go to the operator's address signed and in order, also those of a restart") func eventsGo() async throws
  {
    let receiver = try WebhookReceiver()
    let (served, environment) = try await served(receiver.environment, webhooks: receiver.url("ok"))
    let first = try served.post(
      "/oauth2/token", [served.basic], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    #expect(first.status == 200)
    func events(of delivery: JSONValue) -> [JSONValue] {
      (try? JSONParser.parse(Array((delivery["body"]?.text ?? "").utf8)))?.items ?? []
    }
    func has(_ type: String, _ delivery: JSONValue) -> Bool {
      events(of: delivery).contains { $0["type"]?.text == "credledger.\(type)" }
    }
    let got = receiver.deliveries(1) { has("token.issued", $0) }
    let body = got.first?["body"]?.text ?? ""
    let headers = try #require(got.first?["headers"])
    #expect(headers["content-type"]?.text == "application/cloudevents-batch+json")
    let signed = "\(headers["webhook-id"]?.text ?? "").\(headers["webhook-timestamp"]?.text ?? "").\(body)"
    let code = HMACSHA256.authenticate(Array(signed.utf8), key: Secret(copying: Array(Self.secret.utf8)))
    #expect(headers["webhook-signature"]?.text == "v1,\(Base64.encode(code.bytes))")

    #expect(served.end() == 0)
    let ledger = try await Ledger.open(at: served.path)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "late")
    let head = try ledger.head().rawValue
    await ledger.close()
    try served.start(environment: environment)
    _ = receiver.deliveries(1) { events(of: $0).last?["id"]?.text == String(head) }
    // From the server's first start on, at least once: what was sent and not yet noted comes again.
    let ids = receiver.deliveries(0).flatMap { events(of: $0) }.compactMap { $0["id"]?.text.flatMap { Int($0) } }
    let start = try #require(ids.first)
    #expect(
      start < Int(head) && Set(ids) == Set(start...Int(head)) && zip(ids, ids.dropFirst()).allSatisfy { $1 <= $0 + 1 },
      "\(ids)")
  }

  @Test("Of a ledger that was restored to an earlier position, the operator's address gets what follows that")
  func ledgerRestored()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let positions = try PositionStore(at: folder.path + "/positions")
    let url = "https://collector.example.org/"
    let cursor = "events.push." + SHA256.hash(Array(url.utf8)).hex
    try await positions.setCursor(cursor, to: 1_000_000)
    let outgoing = OutgoingClient(.init())
    let push = EventPush(ledger, positions, outgoing, to: url, secret: "") { _ in }
    let running = Task { await push.run() }
    let (head, end) = (try ledger.head().rawValue, ContinuousClock.now + Patience.limit)
    while try await positions.cursor(cursor) != head, ContinuousClock.now < end { await Task.yield() }
    running.cancel()
    await running.value
    #expect(try await positions.cursor(cursor) == head)
    await outgoing.shutdown()
    await positions.close()
    await ledger.close()
  }

  @Test("An operator's address that fails and hangs gets what it missed in order once it takes events")
  func operatorsAddress()
    async throws
  {
    let receiver = try WebhookReceiver()
    let (served, _) = try await served(receiver.environment, webhooks: receiver.url("recover"))
    func happen() throws {
      let issued = try served.post(
        "/oauth2/token", [served.basic], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")
      try #require(issued.status == 200, "\(issued.body)")
    }
    func ids(of delivery: JSONValue) -> [Int] {
      let events = (try? JSONParser.parse(Array((delivery["body"]?.text ?? "").utf8)))?.items ?? []
      return events.compactMap { $0["id"]?.text.flatMap { Int($0) } }
    }
    // The first is refused, and the second hangs until the server gives up; events go on meanwhile.
    for count in 1...2 {
      try happen()
      try #require(receiver.deliveries(count).count >= count)
    }
    for _ in 0..<5 { try happen() }
    let head = try #require(try served.ask("GET", "/readyz")["head"].flatMap { Int($0) })
    let newest = receiver.deliveries(1) { (ids(of: $0).last ?? 0) >= head }
    let last = try #require(newest.first.flatMap { ids(of: $0).last })
    let batches = receiver.deliveries(0).map { ids(of: $0) }
    try #require(batches.count >= 3)
    // Nothing newer goes before what was not taken.
    let start = try #require(batches[0].first)
    #expect(batches[1].first == start && batches[2].first == start, "\(batches)")
    // At least once: an answer that a busy machine was too slow for makes it come again.
    let taken = batches.dropFirst(2).flatMap { $0 }
    #expect(
      Set(taken) == Set(start...last) && zip(taken, taken.dropFirst()).allSatisfy { $1 <= $0 + 1 },
      "\(batches)")
  }
}
