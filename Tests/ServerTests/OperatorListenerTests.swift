import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Commands of operators over the network.
@Suite struct OperatorListenerTests {
  private struct Guarded {
    let served: ServedLedger
    let address: String
    let tokens: String
    let ada: String
    let lines: [String]
  }

  private static func write(_ text: String, to path: String) throws {
    let file = unsafe try #require(fopen(path, "w"))
    unsafe fputs(text, file)
    unsafe fclose(file)
  }

  private static func draw(_ name: String) throws -> (token: String, line: String) {
    let result = try runProgram(["operator", "token", name, "--format", "json"])
    let json = try JSONParser.parse(Array(result.output.utf8))
    return (try #require(json["token"]?.text), try #require(json["line"]?.text))
  }

  /// A server on which Ada and Bo are operators, and Ada has a token.
  private func guarded(_ more: String...) async throws -> Guarded {
    let served = try await ServedLedger()
    for (subject, name) in [("1", "Ada"), ("2", "Bo")] {
      let made = try runProgram([
        "operator", "create", "--issuer", "https://id.example.org", "--subject", subject, "--name", name, "--ledger",
        served.path,
      ])
      #expect(made.status == 0, "\(made.error)")
    }
    served.end()
    let (token, line) = try Self.draw("Ada")
    let tokens = "\(served.folder.path)/tokens"
    try Self.write("# operators\n\(line)\n", to: tokens)
    #expect(unsafe chmod(tokens, 0o600) == 0)
    try served.start(
      environment: [
        "CREDLEDGER_SERVE_OPERATOR_LISTEN=127.0.0.1:0", "CREDLEDGER_SERVE_OPERATOR_TOKENS=\(tokens)",
      ] + more)
    var address = ""
    let isListening = try await Patience.wait {
      if let found = served.log.firstMatch(of: /operators' commands are taken address=(\S+)/) {
        address = String(found.output.1)
      }
      return !address.isEmpty
    }
    #expect(isListening, "\(served.log)")
    return Guarded(served: served, address: address, tokens: tokens, ada: token, lines: [line])
  }

  private func run(_ guarded: Guarded, _ token: String, _ arguments: String...) throws -> ProgramResult {
    try runProgram(
      arguments, environment: ["CREDLEDGER_SERVER=\(guarded.address)", "CREDLEDGER_OPERATOR_TOKEN=\(token)"])
  }

  @Test("A token lets its operator in, as nobody else, until its line is removed") func tokenLets() async throws {
    let guarded = try await guarded()
    let disabled = try run(guarded, guarded.ada, "account", "disable", "2", "--reason", "left", "--ticket", "HR-77")
    #expect(disabled.status == 0 && disabled.output == "account:2 is disabled\n", "\(disabled.error)")
    let line = try runProgram(
      ["audit", "--type", "account.disabled", "--format", "ndjson", "--ledger", guarded.served.path]
    ).output
    let operators = try runProgram(["operator", "list", "--format", "ndjson", "--ledger", guarded.served.path]).output
    let ada = try #require(operators.firstMatch(of: /"account":"(account:[0-9]+)"/)).output.1
    #expect(line.contains(#""operator":{"id":"\#(ada)""#), "\(line)")
    #expect(try run(guarded, guarded.ada, "account", "enable", "2", "--as", "Ada").status == 0)
    let other = try run(guarded, guarded.ada, "account", "disable", "2", "--reason", "x", "--as", "Bo")
    #expect(other.status == 1 && other.error.contains("the token is another operator's"), "\(other.error)")
    for wrong in ["clo_x", guarded.ada + "x", String(guarded.ada.dropLast())] {
      let refused = try run(guarded, wrong, "account", "disable", "2", "--reason", "x")
      #expect(refused.status == 1 && refused.error.contains("no operator's token that is known"), "\(refused.error)")
    }
    #expect(!guarded.served.log.contains(guarded.ada) && !guarded.served.log.contains("clo_"))
    try Self.write("# nobody\n", to: guarded.tokens)
    #expect(try run(guarded, guarded.ada, "account", "disable", "2", "--reason", "x").status == 1)
    #expect(guarded.served.end() == 0)
  }

  @Test("One address takes some of the places there") func addressTakes() async throws {
    let guarded = try await guarded()
    let port = try #require(guarded.address.split(separator: ":").last.flatMap { Int($0) })
    let kept = try (0..<40).map { _ in try Connection(port: port) }
    let statuses = kept.map { connection in
      connection.send("POST /operator/commands HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
      return Answer(connection.read()).status
    }
    #expect(statuses.count { $0 == 401 } == 16 && statuses.count { $0 == 429 } == 24, "\(statuses)")
    withExtendedLifetime(kept) {}
    #expect(guarded.served.end() == 0)
  }

  @Test("Connections without a request take some places there, and none of the other listeners")
  func connectionsWithout() async throws {
    let guarded = try await guarded("CREDLEDGER_SERVE_LIMITS_CONNECTIONS_PER_ADDRESS=0")
    let port = try #require(guarded.address.split(separator: ":").last.flatMap { Int($0) })
    let before = guarded.served.openDescriptors
    do {
      let idle = try (0..<200).map { _ in try Connection(port: port) }
      _ = try await Patience.wait { guarded.served.openDescriptors >= before + 64 }
      // Those that wait are not taken.
      try await Task.sleep(for: .milliseconds(500))
      let taken = guarded.served.openDescriptors - before
      #expect((64..<100).contains(taken), "\(taken)")
      #expect(try guarded.served.ask("GET", "/healthz").status == 200)
      withExtendedLifetime(idle) {}
    }
    #expect(try run(guarded, guarded.ada, "account", "disable", "2", "--reason", "left").status == 0)
    #expect(guarded.served.end() == 0)
  }

  @Test("Whoever keeps a connection there without a command, or is refused, loses it") func keepsConnection()
    async throws
  {
    let guarded = try await guarded(
      "CREDLEDGER_SERVE_LIMITS_IDLE_SECONDS=2", "CREDLEDGER_SERVE_LIMITS_CONNECTIONS_PER_ADDRESS=0")
    let port = try #require(guarded.address.split(separator: ":").last.flatMap { Int($0) })
    let began = ContinuousClock.now
    let idle = try (0..<64).map { _ in try Connection(port: port) }
    // It is answered by its head, and the body never comes.
    idle[1].send("POST /operator/commands HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    #expect(idle[0].readAll() == "")
    #expect(idle[1].readAll().hasPrefix("HTTP/1.1 401 "))
    // Whoever is not cut off reads in vain for 20 seconds.
    #expect(ContinuousClock.now - began < .seconds(15))
    #expect(try run(guarded, guarded.ada, "account", "disable", "2", "--reason", "left").status == 0)
    withExtendedLifetime(idle) {}
    #expect(guarded.served.end() == 0)
  }

  @Test("What an operator's listener needs is said by its setting") func operatorsListener() throws {
    for (variables, text) in [
      (["OPERATOR_LISTEN=127.0.0.1:0"], "operator.tokens: expected"),
      (["OPERATOR_TOKENS=/x"], "operator.listen: expected"),
      (["OPERATOR_LISTEN=0.0.0.0:0", "OPERATOR_TOKENS=/x"], "operator.listen: expected tls.certificate"),
    ] {
      let result = try runProgram(
        ["serve", "--ledger", "/nonexistent"], environment: variables.map { "CREDLEDGER_SERVE_" + $0 })
      #expect(result.status == 2 && result.error.contains(text), "\(result.error)")
    }
  }
}
