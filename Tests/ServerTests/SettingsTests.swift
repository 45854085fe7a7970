import LedgerServer
import TestSupport
import Testing

/// Settings from the command line, the environment and a file.
@Suite struct SettingsTests {
  private func read(
    _ flags: [String: [String]] = [:], _ environment: [String: String] = [:], file: String? = nil
  ) throws -> ServerSettings {
    try ServerSettings.read(flags: flags, environment: environment, file: file.map { Array($0.utf8) })
  }

  @Test("The command line goes before the environment, which goes before the file") func commandLine() throws {
    let file = #"{"listen": ["127.0.0.1:1"], "limits": {"body-bytes": 2048, "idle-seconds": 5}, "log.level": "debug"}"#
    let settings = try read(
      ["listen": ["127.0.0.1:3"]],
      ["CREDLEDGER_SERVE_LISTEN": "127.0.0.1:2", "CREDLEDGER_SERVE_LIMITS_BODY_BYTES": "4096"],
      file: file)
    #expect(settings.listeners == [ListenAddress(host: "127.0.0.1", port: 3)])
    #expect(settings.bodyBytes == 4_096)
    #expect(settings.idleSeconds == 5)
    #expect(settings.logLevel == .debug)
    let listeners = try read([:], ["CREDLEDGER_SERVE_LISTEN": "127.0.0.1:2,[::1]:2"]).listeners
    #expect(listeners.map(\.description) == ["127.0.0.1:2", "[::1]:2"])
    #expect(try read() == ServerSettings())
  }

  @Test("Without settings it listens on the loopback alone") func withoutSettings() {
    #expect(ServerSettings().listeners == [ListenAddress(host: "127.0.0.1", port: 8080)])
  }

  @Test("What is seldom meant is told in the log") func seldomMeant() throws {
    #expect(try read().cautions.isEmpty)
    #expect(try read(["listen": ["127.0.0.1:0", "[::1]:0"]]).cautions.isEmpty)
    let open = try read(["listen": ["0.0.0.0:8080"]]).cautions
    #expect(open.count == 2 && open[0].hasPrefix("listen: ") && open[1].hasPrefix("public-url: "), "\(open)")
    let named = try read(["listen": ["[::]:8080"], "public-url": ["https://a.example"]]).cautions
    #expect(named.count == 1 && named[0].hasPrefix("listen: "), "\(named)")
    let tls = ["tls.certificate": ["/c"], "tls.key": ["/k"], "listen": ["192.0.2.1:443"]]
    #expect(try read(tls).cautions.isEmpty)
  }

  @Test("Clients are told the first listener, whichever is bound first") func clientsTold() throws {
    #expect(try read(["listen": ["127.0.0.1:2", "[::1]:1"]]).origin == "http://127.0.0.1:2")
    let tls = ["tls.certificate": ["/c"], "tls.key": ["/k"], "listen": ["[::1]:1", "127.0.0.1:2"]]
    #expect(try read(tls).origin == "https://[::1]:1")
    #expect(try read(["listen": ["127.0.0.1:0", "[::1]:1"]]).origin == nil)
    #expect(try read(["public-url": ["https://a.example/"]]).origin == "https://a.example")
  }

  @Test(
    "A wrong setting is refused by its name",
    arguments: [
      (#"{"lisen": ["127.0.0.1:1"]}"#, "the configuration file: there is no setting lisen; did you mean listen?"),
      (
        #"{"limits": {"body-byte": 1}}"#,
        "the configuration file: there is no setting limits.body-byte; did you mean limits.body-bytes?"
      ),
      (
        #"{"limits": {"idle-seconds": 5}, "limits.idle-seconds": 6}"#,
        "limits.idle-seconds: expected once in the configuration file"
      ),
      (#"{"limits": {"body-bytes": 1}}"#, "limits.body-bytes: expected a number from 1024 to 67108864, got 1"),
      (#"{"listen": "127.0.0.1:1"}"#, "listen: expected a list of texts"),
      (#"{"listen": ["127.0.0.1"]}"#, "listen: expected HOST:PORT, got 127.0.0.1"),
      (
        #"{"log": {"level": "loud"}}"#,
        "log.level: expected one of critical, debug, error, info, notice, trace, warning, got loud"
      ),
      (
        #"{"public-url": "https://a.example/path"}"#,
        "public-url: expected a scheme, a host and no path, such as https://tokens.example.org"
      ),
      (#"{"proxies": ["10.0.0.0/33"]}"#, "proxies: expected addresses or ranges such as 10.0.0.0/8, got 10.0.0.0/33"),
      (
        #"{"development": true, "listen": ["0.0.0.0:80"]}"#,
        "development: expected to listen on the loopback alone, since anybody may sign in as anyone"
      ),
      (
        #"{"sms": {"url": "http://gateway.example/send"}}"#,
        "sms.url: expected https://HOST/PATH, of ASCII and without a user"
      ),
      (
        #"{"sms": {"url": "https://me:canary@gateway.example/send"}}"#,
        "sms.url: expected https://HOST/PATH, of ASCII and without a user"
      ),
      (#"{"sms": {"body": "{number}{text}"}}"#, "sms.url: expected the gateway's address as well as sms.body"),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "to={number}"}}"#,
        "sms.body: expected {number} and {text}, there or in sms.url"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}{pin}"}}"#,
        "sms.url, sms.body: expected no placeholders but {number} and {text}"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}", "headers": ["Authorization: canary"]}}"#,
        "sms.headers: expected no Authorization: the credentials come from sms.secret-file, the others by themselves"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}", "headers": ["X: a\nY: b"]}}"#,
        "sms.headers: expected fields such as X-Sender: 42"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}", "headers": ["Content-Type: text/xml"]}}"#,
        "sms.headers: expected the Content-Type application/x-www-form-urlencoded or application/json"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}", "text": "none"}}"#,
        "sms.text: expected a text with {pin}"
      ),
      (
        #"{"sms": {"url": "https://gateway.example/", "body": "{number}{text}", "user": "me"}}"#,
        "sms.secret-file: expected a file with the secret of sms.user"
      ),
      (
        #"{"traces": {"endpoint": "ftp://collector"}}"#,
        "traces.endpoint: expected a scheme, a host and no path, such as https://tokens.example.org"
      ),
      ("[]", "the configuration file: expected a JSON object"),
      ("{", "the configuration file is not JSON: expected a name, at byte 1"),
    ]) func wrongSetting(file: String, reason: String)
  {
    #expect { try read(file: file) } throws: { "\($0)" == reason }
  }

  @Test("An unknown variable is refused, and names the nearest") func unknownVariable() {
    #expect { try read([:], ["CREDLEDGER_SERVE_LISTN": "x"]) } throws: {
      "\($0)" == "the environment: there is no setting CREDLEDGER_SERVE_LISTN; did you mean CREDLEDGER_SERVE_LISTEN?"
    }
  }

  @Test("The program says what is wrong, and what it started with") func programSays() async throws {
    let folder = TemporaryFolder()
    let result = try runProgram(["serve", "--ledger", "\(folder.path)/none", "--listen", "nowhere"])
    #expect(result.status == 2)
    #expect(result.error.contains("listen: expected HOST:PORT, got nowhere"))
    let served = try await ServedLedger(environment: ["CREDLEDGER_SERVE_LIMITS_CONNECTIONS=17"])
    #expect(served.log.contains("limits.connections=17"))
  }

  @Test("What is documented of the file is what it may have") func documentedFile() throws {
    let schema = ServedLedger.content(of: Self.repository + "/Schemas/files/config.schema.json")
    for name in ServerSettings.names {
      #expect(schema.contains("\"\(name.split(separator: ".").last ?? "")\""), "\(name)")
    }
  }

  private static let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
}
