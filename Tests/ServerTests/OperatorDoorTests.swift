import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

@testable import LedgerServer

/// Commands of operators while a server has the ledger open.
@Suite struct OperatorDoorTests {
  /// A program on the ledger of a server.
  private func run(_ served: ServedLedger, _ arguments: String..., input: String = "") throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", served.path], input: input)
  }

  private var socket: String { DoorSocket.name }

  @Test("An operator disables an account while the server runs, and its tokens stop at once") func operatorDisables()
    async throws
  {
    let served = try await ServedLedger()
    let answer = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    let token = try #require(answer["accessToken"])
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 200)
    let disabled = try run(served, "account", "disable", "2", "--reason", "left", "--ticket", "HR-77")
    #expect(disabled.status == 0 && disabled.output == "account:2 is disabled\n", "\(disabled.error)")
    #expect(disabled.error == "")
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 401)
    // Said by the record, not by where the head is: the server records other things meanwhile.
    let again = try run(served, "account", "disable", "2", "--reason", "left", "--format", "json")
    #expect(again.output.contains("\"changed\": false"), "\(again.output)\(again.error)")
    let line = try run(served, "audit", "--type", "account.disabled", "--format", "ndjson").output
    #expect(line.contains(#""ticket":"HR-77""#) && line.contains(#""reason":"left""#), "\(line)")
    // Who sent it is in the request's ID, which the log has as well.
    let user = SystemUser.name(geteuid())
    let id = try #require(line.firstMatch(of: /"request":"([0-9a-f]{32})-([^"]*)"/), "\(line)")
    #expect(id.output.2 == user)
    #expect(served.log.contains(String(id.output.1)))
    #expect(served.end() == 0)
    #expect(unsafe access("\(served.path)/\(socket)", F_OK) != 0)
    #expect(try run(served, "verify").status == 0)
  }

  @Test("Output and exit status are those of a program that opens the ledger itself") func outputExit() async throws {
    let (served, alone) = (try await ServedLedger(), try await ServedLedger())
    #expect(alone.end() == 0)
    func both(_ arguments: String..., input: String = "") throws -> (ProgramResult, ProgramResult) {
      let results = try [served, alone].map { try runProgram(arguments + ["--ledger", $0.path], input: input) }
      return (results[0], results[1])
    }
    for (arguments, input) in [
      (["account", "role", "2", "auditor"], ""), (["account", "role", "2", "auditor", "--format", "json"], ""),
      (["account", "enable", "2"], ""), (["account", "disable", "99", "--reason", "x"], ""),
      (["account", "disable", "2"], ""), (["account", "disable", "2", "--reason", "x", "--as", "Nobody"], ""),
      (["erase", "3"], ""), (["group", "rename", "99", "x"], ""),
      (["group", "create", "--owner", "3", "--name", "N"], ""),
      (["operator", "create", "--issuer", "https://id.example.org", "--subject", "9", "--name", "Ada"], ""),
      (["operator", "require-names"], ""), (["operator", "require-names", "--as", "Ada"], ""),
      (["account", "role", "2", "user"], ""), (["account", "role", "2", "user", "--as", "Ada"], ""),
      (["token", "revoke", "-", "--as", "Ada"], "nonsense\ncla_nothing\n"),
      (["token", "revoke", "-", "--as", "Ada"], ""),
      (["account", "show", "2", "--reveal", "--as", "Ada"], ""),
      (["connector", "update", "99", "--as", "Ada"], ""),
    ] {
      let (one, two) = try (
        runProgram(arguments + ["--ledger", served.path], input: input),
        runProgram(arguments + ["--ledger", alone.path], input: input)
      )
      // Times differ, and positions where a ledger needed another code.
      func plain(_ text: String) -> String {
        text.replacing(/20\d\d-\d\d-\d\dT[0-9:.]*Z/, with: "TIME").replacing(/:[0-9]+/, with: ":N")
      }
      #expect(plain(one.output) == plain(two.output), "\(arguments)")
      #expect(plain(one.error) == plain(two.error), "\(arguments)")
      #expect(one.status == two.status, "\(arguments)")
    }
    let (secret, _) = try both("connector", "rotate-secret", served.connector, "--overlap", "0s", "--as", "Ada")
    #expect(secret.status == 0 && secret.output.contains("cls_"), "\(secret.error)")
    #expect(!served.log.contains("cls_"))
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 401)
  }

  @Test("A token in a file that the client reads is revoked, and a file that it does not send is not opened")
  func tokenFile()
    async throws
  {
    let served = try await ServedLedger()
    let file = "\(served.folder.path)/leaked.txt"
    let handle = unsafe try #require(fopen(file, "w"))
    unsafe fputs("it was \(served.refreshToken) in the log", handle)
    unsafe fclose(handle)
    let commands = OperatorRequest(arguments: ["scan", "--revoke", file])
    let refused = try await Self.send(commands, to: served)
    #expect(refused.status == 3 && refused.error.contains("did not come with the command"), "\(refused)")
    let scanned = try run(served, "scan", "--revoke", file, "--format", "json")
    #expect(scanned.status == 1 && scanned.output.contains("\"state\": \"revoked\""), "\(scanned.error)")
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 401)
    for arguments in [
      ["init", "--ledger", "\(served.folder.path)/other"], ["audit"],
      ["serve"], ["backup", "/tmp/x"], ["key", "rotate-signing", "--external", "command:/bin/true"],
      ["state", "--reveal", "--in", "/tmp/x"], ["explain", "account:2", "--reveal", "--proof", "/tmp/x"],
    ] {
      let answer = try await Self.send(OperatorRequest(arguments: arguments), to: served)
      #expect(answer.status != 0, "\(arguments)")
      #expect(answer.error.contains("a server does not perform this command") || answer.status == 2, "\(answer)")
    }
    #expect(unsafe access("\(served.folder.path)/other", F_OK) != 0)
    let named = try run(served, "account", "enable", "2", "--witness-file", "\(served.folder.path)/witness")
    #expect(named.status == 1 && named.error.contains("--witness-file: a server has the ledger open"))
  }

  @Test(
    "Another user of the system is refused, whatever the mode of the socket",
    .enabled(if: geteuid() == 0, "another user can be taken by root alone"))
  func anotherUser() async throws {
    let served = try await ServedLedger()
    let file = "\(served.path)/\(socket)"
    var status = stat()
    #expect(unsafe lstat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    // As if somebody had opened the folder and the socket. The folders above stay as they are: the
    // other user stands in the folder already.
    unsafe chmod(served.path, 0o755)
    unsafe chmod(file, 0o666)
    let body = OperatorRequest(arguments: ["account", "disable", "2", "--reason", "x"]).json.bytes
    let script = """
      import os, socket, sys
      os.chdir(os.path.dirname(sys.argv[1]))
      os.setgid(65534); os.setuid(65534)
      s = socket.socket(socket.AF_UNIX); s.connect(os.path.basename(sys.argv[1]))
      b = sys.argv[2].encode()
      s.sendall(b"POST /operator/commands HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(b) + b)
      print(s.recv(65536).decode())
      """
    let root = try runProgram(
      ["python3", "-c", script.replacing("65534", with: "0"), file, #"{"arguments":["version"]}"#], of: "/usr/bin/env")
    #expect(root.output.contains("200 OK"), "\(root.output)\(root.error)")
    let result = try runProgram(
      ["python3", "-c", script, file, String(decoding: body, as: UTF8.self)], of: "/usr/bin/env")
    #expect(result.output.contains("403 Forbidden") && result.output.contains("not of this user"), "\(result)")
    #expect(try run(served, "audit", "--type", "account.disabled").output == "")
  }

  @Test("A server that is killed in the middle of a command leaves a clear error") func serverKilled() async throws {
    let served = try await ServedLedger()
    // Stopped, it takes the connection and answers nothing.
    served.signal(SIGSTOP)
    let program = try ChildProcess(
      "/bin/sh",
      [
        "-c",
        "\"$0\" account disable 2 --reason x --ledger \"$LEDGER\" 2>&1 & echo pid $!; wait $!; echo status $?",
        try Program.file("credledger"),
      ], environment: ["LEDGER=\(served.path)"])
    // One that nobody waits for keeps Swift Testing from seeing the ends of others.
    defer { _ = program.kill() }
    let client = try #require(program.read().first?.split(separator: " ").last)
    // It has called and sent its command once it has the same connection for a while; before that it only looks whether
    // somebody listens.
    var (earlier, now): ([String], [String]) = ([], [])
    // Where nobody may look into it, that is time enough.
    let end = ContinuousClock.now + .seconds(60)
    repeat {
      earlier = now
      try await Task.sleep(for: .milliseconds(700))
      now = Self.sockets(of: String(client))
    } while (now.isEmpty || now != earlier) && ContinuousClock.now < end
    served.signal(SIGKILL)
    served.signal(SIGCONT)
    var text = ""
    while !text.contains("status ") {
      let lines = program.read()
      if lines.isEmpty { break }
      text += lines.joined(separator: "\n") + "\n"
    }
    #expect(text.contains("the server ended before it answered") && text.contains("[outcome_unknown]"), "\(text)")
    #expect(text.contains("status 3"), "\(text)")
    served.end(by: SIGKILL)
    // The socket is still there, and nobody listens: the program opens the ledger itself.
    #expect(unsafe access("\(served.path)/\(socket)", F_OK) == 0)
    let after = try run(served, "account", "role", "2", "auditor")
    #expect(after.status == 0, "\(after.error)")
    try served.start()
    #expect(try run(served, "account", "role", "2", "user").output == "account:2 has the role user\n")
  }

  @Test("A server that is told to stop finishes the commands that it accepted") func serverTold() async throws {
    let served = try await ServedLedger()
    let ledger = served.path
    let tasks = (0..<8).map { number in
      Task {
        try runProgram([
          "operator", "create", "--issuer", "https://id.example.org", "--subject", "s\(number)", "--name",
          "N\(number)", "--ledger", ledger,
        ])
      }
    }
    // One is performed, and the others are anywhere between their start and their end.
    _ = try await tasks[0].value
    #expect(served.end() == 0)
    var done = 0
    for task in tasks {
      let result = try await task.value
      // Accepted and performed, or told that the outcome is unknown, or performed by the program itself.
      #expect(
        result.status == 0 || result.error.contains("[outcome_unknown]") || result.error.contains("[already_open]"))
      if result.status == 0 { done += 1 }
    }
    let listed = try run(served, "operator", "list", "--format", "ndjson").output.split(separator: "\n").count
    #expect(listed >= done && done > 0)
    #expect(try run(served, "verify").status == 0)
  }

  @Test("What is found is named through the door, once that is recorded") func foundNamed() async throws {
    let served = try await ServedLedger()
    #expect(try made(served).status == 0)
    let before = try reveals(served)
    let found = try run(served, "find", "lovelace", "--reveal", "--reason", "her own request", "--ticket", "DP-1")
    #expect(found.status == 0 && found.output.contains("Ada Lovelace"), "\(found.error)")
    #expect(try reveals(served) == before + 1)
    let line = try run(served, "audit", "--type", "personal_data.revealed", "--limit", "1", "--format", "ndjson").output
    #expect(line.contains(#""ticket":"DP-1""#) && line.contains("her own request"), "\(line)")
    let piped = try run(served, "find", "-", "--reveal", input: "ada lovelace")
    #expect(piped.output.contains("Ada Lovelace"), "\(piped.error)")
    // Without it nothing is revealed, and no server is asked.
    let plain = try run(served, "find", "lovelace")
    #expect(plain.status == 0 && !plain.output.contains("Ada"), "\(plain.error)")
    #expect(try reveals(served) == before + 2)
  }

  @Test("A report with names comes through the door, and its files are written by the one who asked") func reportNames()
    async throws
  {
    let served = try await ServedLedger()
    let account = try made(served).output.firstMatch(of: /account:[0-9]+/).map { String($0.output) } ?? ""
    let (page, evidence) = ("\(served.folder.path)/report.html", "\(served.folder.path)/evidence.json")
    let arguments = ["bundle", account, "--html", page, "--out", evidence, "--reveal", "--ticket", "AUD-4"]
    let before = try reveals(served)
    let written = try runProgram(arguments + ["--ledger", served.path])
    #expect(written.status == 0 && written.output.contains("\(evidence): evidence of "), "\(written.error)")
    #expect(written.error == "\(page): a page with the evidence\n")
    #expect(try reveals(served) == before + 1)
    #expect(ServedLedger.content(of: page).contains("Ada Lovelace (\(account))"))
    let key = try run(served, "key", "list", "--newest").output.split(separator: "\n")
    for file in [page, evidence] {
      let verified = try runProgram(["verify-bundle", file, "--key", String(try #require(key.first))])
      #expect(verified.output.contains("account.registered"), "\(verified.error)")
    }
    // Files that are there are not replaced, and then nothing is revealed for it.
    let again = try runProgram(arguments + ["--ledger", served.path])
    #expect(again.status == 1 && again.error.contains("already_exists"), "\(again.error)")
    let other = ["bundle", "account:999999", "--html", page + "2", "--reveal", "--ledger", served.path]
    #expect(try runProgram(other).error.contains("not_found"))
    #expect(unsafe access(page + "2", F_OK) != 0)
    #expect(try reveals(served) == before + 1)
  }

  @Test("Leaked tokens are dealt with in one command while the server runs") func leakedTokens() async throws {
    let served = try await ServedLedger()
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let mail = "somebody pasted \"\(token)\" and \(served.refreshToken), see the log"
    let told = try run(served, "incident", "-", input: mail)
    #expect(told.status == 0 && told.output.split(separator: ": VALID").count == 3, "\(told.output)\(told.error)")
    #expect(!told.output.contains("127.0.0.1"))
    let revealed = try run(served, "incident", "-", "--reveal", "--ticket", "SEC-12", input: mail)
    #expect(revealed.output.contains("  addresses   127.0.0.1\n"), "\(revealed.output)\(revealed.error)")
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 200)
    let stopped = try run(
      served, "incident", "-", "--revoke", "family", "--reason", "pasted into a ticket", "--ticket", "SEC-12",
      "--format", "ndjson", input: mail)
    #expect(stopped.status == 0, "\(stopped.error)")
    let results = stopped.output.split(separator: "\n")
    #expect(results.count == 2 && results.allSatisfy { $0.contains(#""valid":false"#) }, "\(stopped.output)")
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 401)
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 401)
    let line = try run(served, "audit", "--type", "token.revoked", "--format", "ndjson").output
    #expect(line.contains(#""ticket":"SEC-12""#) && line.contains("pasted into a ticket"), "\(line)")
    for text in [token, served.refreshToken] { #expect(!stopped.output.contains(text) && !served.log.contains(text)) }
  }

  @Test("A review names people through the door, once that is recorded") func reviewNames() async throws {
    let served = try await ServedLedger()
    #expect(try made(served).status == 0)
    let before = try reveals(served)
    let sealed = try run(served, "review", "people", "--format", "csv")
    #expect(sealed.status == 0 && !sealed.output.contains("Ada Lovelace"), "\(sealed.error)")
    let named = try run(served, "review", "people", "--reveal", "--ticket", "AUD-4", "--format", "csv")
    #expect(named.status == 0 && named.output.contains(",Ada Lovelace,"), "\(named.error)")
    #expect(try reveals(served) == before + 1)
    let grants = try run(served, "review", "grants", "--reveal", "--format", "ndjson")
    #expect(grants.status == 0 && grants.output.contains(#""connectorName":"Roster""#), "\(grants.error)")
  }

  /// The sockets that a process has open.
  private static func sockets(of process: String) -> [String] {
    let folder = "/proc/\(process)/fd"
    return (TemporaryFolder.names(in: folder) ?? []).compactMap { name in
      var bytes = [CChar](repeating: 0, count: 256)
      let count = unsafe readlink("\(folder)/\(name)", &bytes, bytes.count)
      let target = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return target.hasPrefix("socket:") ? target : nil
    }
  }

  private func made(_ served: ServedLedger) throws -> ProgramResult {
    try run(
      served, "account", "create", "--issuer", "https://id.example.org", "--subject", "ada", "--name", "Ada Lovelace",
      "--reason", "a new colleague")
  }

  /// How many events record that personal data was read.
  private func reveals(_ served: ServedLedger) throws -> Int {
    let listed = try run(served, "audit", "--type", "personal_data.revealed", "--limit", "100", "--format", "ndjson")
    return listed.output.split(separator: "\n").count
  }

  /// Sends a command as a program does that is not this one.
  private static func send(_ command: OperatorRequest, to served: ServedLedger) async throws -> OperatorAnswer {
    let client = try #require(OperatorDoorClient(of: served.path))
    return try await client.perform(command)
  }
}
