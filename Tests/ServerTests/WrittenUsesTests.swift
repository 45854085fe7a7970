import Glibc
import TestSupport
import Testing

@testable import LedgerServer

/// Last uses of tokens that a server has in memory, as commands beside it see them.
@Suite struct WrittenUsesTests {
  private func run(_ served: ServedLedger, _ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", served.path])
  }

  /// The number of the first object of a kind in what a command prints.
  private func number(_ kind: String, _ result: ProgramResult) throws -> String {
    let pattern = try Regex("\(kind):([0-9]+)", as: (Substring, Substring).self)
    return String(try #require(result.output.firstMatch(of: pattern), "\(result.error)").output.1)
  }

  @Test("Commands beside a server show the uses that it has not written yet") func written() async throws {
    let served = try await ServedLedger()
    let answer = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    let token = try #require(answer["accessToken"])
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 200)
    let grant = try run(served, "review", "grants", "--format", "ndjson")
    #expect(grant.status == 0 && grant.error.isEmpty && grant.output.contains(#""lastUsed":"20"#), "\(grant)")

    // Each command asks by itself: a token that is used only now.
    let next = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(next)"]).status == 200)
    let owner = "grant:\(try number("grant", grant))"
    let listed = try run(served, "token", "list", owner, "--limit", "1", "--format", "ndjson")
    #expect(listed.error.isEmpty && listed.output.contains(#""lastUsed":"20"#), "\(listed)")

    let last = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(last)"]).status == 200)
    let incident = try runProgram(
      ["incident", "-", "--format", "ndjson", "--ledger", served.path], input: "it was \(last) in the log")
    #expect(incident.error.isEmpty && incident.output.contains(#""lastUsed":"20"#), "\(incident)")
    #expect(served.end() == 0)
  }

  @Test("Where a server does not write them, a note says what may be missing, and the command goes on")
  func refused() async throws {
    let served = try await ServedLedger()
    #expect(served.end() == 0)
    // A door that refuses everybody, such as that of another user's server.
    let script = """
      import os, socket, sys
      os.chdir(sys.argv[1])
      s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[2]); s.listen(8)
      print("ready", flush=True)
      while True:
          c, _ = s.accept()
          try:
              if c.recv(65536):
                  body = b'{"error_description":"no"}'
                  c.sendall(b"HTTP/1.1 403 Forbidden\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
          except OSError:
              pass
          c.close()
      """
    let door = try ChildProcess("/usr/bin/env", ["python3", "-c", script, served.path, DoorSocket.name])
    defer { _ = door.kill() }
    #expect(door.read().first == "ready")
    let review = try run(served, "review", "grants", "--format", "ndjson")
    #expect(review.status == 0 && review.output.contains("grant:"), "\(review)")
    #expect(review.error.contains("note: a server has the ledger open") && review.error.contains("last minute"))
    #expect(try run(served, "review", "grants", "--format", "ndjson", "--quiet").error.isEmpty)
    // Nobody's last use is told of people.
    #expect(try run(served, "review", "people", "--format", "ndjson").error.isEmpty)
  }
}
