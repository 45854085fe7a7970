import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// PINs by a gateway on the network, against one on the loopback that speaks TLS.
@Suite struct MessageGatewayTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let number = "+911199999998"
  let folder = TemporaryFolder()

  /// Starts the gateway.
  private func gateway(_ statuses: String...) throws -> (process: ChildProcess, port: String) {
    let made = try runProgram(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=gateway",
        "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", "\(folder.path)/key.pem", "-out",
        "\(folder.path)/cert.pem",
      ], of: "/usr/bin/openssl")
    guard made.status == 0 else { throw ServerFailure(reason: made.error) }
    let process = try ChildProcess(
      "/usr/bin/env",
      ["python3", Self.root + "/Tests/Python/sms_gateway.py", "\(folder.path)/cert.pem", "\(folder.path)/key.pem"]
        + statuses)
    return (process, String(process.read().first ?? ""))
  }

  /// Starts a server that sends PINs as the example for Twilio in `Schemas/files/config.schema.json` says.
  private func serve(_ port: String, _ more: String = "") async throws -> ServedLedger {
    try write("token-of-the-account\n", to: "\(folder.path)/secret")
    let configuration = """
      {"sms": {
        "url": "https://127.0.0.1:\(port)/2010-04-01/Accounts/AC0123/Messages.json",
        "body": "To={number}&From=%2B15005550006&Body={text}", "user": "AC0123",
        "secret-file": "\(folder.path)/secret", "ca-file": "\(folder.path)/cert.pem"\(more)
      }, "log": {"level": "trace"}}
      """
    try write(configuration, to: "\(folder.path)/server.json")
    return try await ServedLedger(["--config", "\(folder.path)/server.json"])
  }

  private func ask(_ served: ServedLedger) throws {
    let answer = try served.ask(
      "POST", "/v1/generatePin", body: "{mobileNumber:'\(Self.number)',applicationId:'\(served.connector)'}")
    #expect(answer.status == 200 && answer.body == "{}", "\(answer.text)")
  }

  /// What the gateway is asked next.
  private func next(_ gateway: ChildProcess) throws -> JSONValue { try requests(1, gateway)[0] }

  /// So many requests that the gateway gets: they may be told one by one, or all at once to a test that comes late.
  private func requests(_ count: Int, _ gateway: ChildProcess) throws -> [JSONValue] {
    var lines: [Substring] = []
    while lines.count < count, case let more = gateway.read(), !more.isEmpty { lines += more }
    try #require(lines.count >= count, "\(lines)")
    return try lines.map { try JSONParser.parse(Array($0.utf8)) }
  }

  /// What the ledger has recorded of the newest message.
  private func recorded(_ served: ServedLedger) async throws -> PhonePINDispatched {
    served.end()
    let ledger = try await Ledger.openForReading(at: served.path)
    let newest = try #require(try await ledger.audit.latest(1, of: .type(.phonePINDispatched)).first?.event)
    let asked = try #require(try await ledger.audit.latest(1, of: .type(.phonePINRequested)).first)
    await ledger.close()
    guard case .phonePINDispatched(let event) = newest else { throw ServerFailure(reason: "\(newest)") }
    #expect(event.challenge == asked.position.rawValue)
    return event
  }

  @Test("A PIN goes to the gateway as Twilio's interface has it, signs in, and is in no log") func pinGoes()
    async throws
  {
    let (gateway, port) = try gateway("201")
    defer { _ = gateway.kill() }
    let served = try await serve(port)
    try ask(served)
    let request = try next(gateway)
    #expect(request["path"] == .string("/2010-04-01/Accounts/AC0123/Messages.json"))
    #expect(request["type"] == .string("application/x-www-form-urlencoded"))
    #expect(
      request["authorization"] == .string("Basic " + Base64.encode(Array("AC0123:token-of-the-account".utf8))))
    #expect(request["form"]?["To"] == .string(Self.number))
    #expect(request["form"]?["From"] == .string("+15005550006"))
    let text = try #require(request["form"]?["Body"]?.text)
    let pin = try #require(text.wholeMatch(of: /Your PIN is ([1-9][0-9]{5})\./)).output.1
    let answer = try served.ask(
      "POST", "/v1/loginWithPinAndApplicationId",
      body:
        "{mobileNumber:'\(Self.number)',applicationId:'\(served.connector)',applicationSecret:'\(served.secret)',pin:\(pin)}"
    )
    #expect(answer.status == 200, "\(answer.text)")
    // It is not there for trials.
    #expect(try served.ask("GET", "/development/outbox").status == 404)
    let event = try await recorded(served)
    #expect(event.failure == .none && event.attempts == 1 && event.status == 201)
    for secret in [String(pin), "911199999998", "token-of-the-account"] { #expect(!served.log.contains(secret)) }
  }

  @Test("A gateway that fails is asked again, and one that refuses is not") func gatewayFails() async throws {
    let (failing, port) = try gateway("503", "201")
    defer { _ = failing.kill() }
    let served = try await serve(port)
    try ask(served)
    let asked = try requests(2, failing)
    #expect(asked[0]["body"] == asked[1]["body"])
    var event = try await recorded(served)
    #expect(event.failure == .none && event.attempts == 2 && event.status == 201)

    for (status, told) in [("400", UInt32(400)), ("302", 302)] {
      let (refusing, port) = try gateway(status)
      defer { _ = refusing.kill() }
      let served = try await serve(port)
      try ask(served)
      _ = try next(refusing)
      event = try await recorded(served)
      #expect(event.failure == .refused && event.attempts == 1 && event.status == told)
      #expect(served.log.contains("a PIN was not sent"))
    }
  }

  @Test("A gateway whose certificate is not trusted gets nothing, and a server that stops does not wait for it")
  func gatewayWhose()
    async throws
  {
    let (gateway, port) = try gateway("201")
    let other = try MessageGatewayTests().gateway("201")
    defer { for process in [gateway, other.process] { _ = process.kill() } }
    // The address is that of another gateway, whose certificate is not the one in the file.
    let served = try await serve(other.port)
    _ = port
    try ask(served)
    #expect(try await Patience.wait { served.log.contains("the gateway did not take a message") })
    let event = try await recorded(served)
    #expect(event.failure == .expired && event.attempts >= 1 && event.status == 0)
  }

  @Test("A body in JSON has the values as JSON, and a bearer token where there is no user") func bodyJSON() async throws
  {
    let (gateway, port) = try gateway("200")
    defer { _ = gateway.kill() }
    try write("token\n", to: "\(folder.path)/secret")
    let configuration = #"""
      {"sms": {
        "url": "https://127.0.0.1:\#(port)/send", "headers": ["Content-Type: application/json"],
        "body": "{\"to\": [\"{number}\"], \"message\": \"{text}\"}", "text": "\"{pin}\" \\ is your {number}",
        "secret-file": "\#(folder.path)/secret", "ca-file": "\#(folder.path)/cert.pem"
      }}
      """#
    try write(configuration, to: "\(folder.path)/server.json")
    let served = try await ServedLedger(["--config", "\(folder.path)/server.json"])
    try ask(served)
    let request = try next(gateway)
    #expect(request["authorization"] == .string("Bearer token"))
    let body = try JSONParser.parse(Array((request["body"]?.text ?? "").utf8))
    #expect(body["to"] == .array([.string(Self.number)]))
    // What is filled in is not filled in itself.
    #expect(body["message"]?.text?.wholeMatch(of: /"[1-9][0-9]{5}" \\ is your \{number\}/) != nil, "\(body)")
    served.end()
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
