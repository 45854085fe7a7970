import TestSupport
import Testing

/// What operators look at while a server has the ledger open.
@Suite struct BesideServerTests {
  /// A command, and what it must show.
  struct Look: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let shown: String
    /// How many readings of personal data it records.
    var reveals = 0

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let looks = [
    Look(arguments: ["status"], shown: "\nwriter        a server, process "),
    Look(arguments: ["status", "--format", "ndjson"], shown: #""served":true"#),
    Look(arguments: ["doctor"], shown: "advice "), Look(arguments: ["stats"], shown: "account.registered"),
    Look(arguments: ["verify", "--since-last", "FOLDER/since"], shown: " sound, of "),
    Look(arguments: ["audit", "--type", "account.registered", "--count"], shown: "3\n"),
    Look(
      arguments: ["audit", "--type", "account.registered", "--reveal"], shown: "Ada Lovelace (account:", reveals: 1),
    Look(arguments: ["explain", "ACCOUNT", "--reveal"], shown: "Ada Lovelace (account:", reveals: 1),
    Look(arguments: ["diff", "1", "--reveal"], shown: #""Ada Lovelace""#, reveals: 1),
    Look(arguments: ["state", "--select", "accounts", "--reveal"], shown: #""Ada Lovelace""#, reveals: 1),
  ]

  @Test("Looking at a ledger works while a server has it open", arguments: looks)
  func look(_ look: Look) async throws {
    let served = try await ServedLedger()
    func run(_ arguments: [String]) throws -> ProgramResult {
      try runProgram(arguments + ["--ledger", served.path])
    }
    let made = try run([
      "account", "create", "--issuer", "https://id.example.org", "--subject", "ada", "--name", "Ada Lovelace",
      "--reason", "a new colleague",
    ])
    let account = try #require(made.output.firstMatch(of: /account:[0-9]+/).map { String($0.output) }, "\(made.error)")
    let count = ["audit", "--type", "personal_data.revealed", "--count"]
    let before = try #require(Int(try run(count).output.filter(\.isNumber)))
    let result = try run(
      look.arguments.map { $0.replacing("FOLDER", with: served.folder.path).replacing("ACCOUNT", with: account) })
    #expect(result.status == 0 && result.output.contains(look.shown), "\(result.output)\(result.error)")
    #expect(try Int(run(count).output.filter(\.isNumber)) == before + look.reveals)
    // The server goes on meanwhile.
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200)
    #expect(served.end() == 0)
    guard look.arguments == ["status"] else { return }
    #expect(try run(["status"]).output.contains("\nwriter        none\n"), "the socket of a server that ended")
  }
}
