import Glibc
import LedgerTestSupport
import Testing

/// Monitoring and auditors need not hold the master key.
@Suite struct WithoutMasterKeyTests {
  private let folder = TemporaryFolder()
  private let key: String
  private var path: String { "\(folder.path)/ledger" }

  init() throws {
    let path = "\(folder.path)/ledger"
    let made = try runProgram(["simulate", "--ledger", path, "--events", "200", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
    let file = "\(path)/keys/master.key"
    key = "CREDLEDGER_MASTER_KEY=\(try TestFile.text(file))"
    TemporaryFolder.remove(file)
  }

  private func run(_ arguments: [String], _ environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path], environment: environment)
  }

  @Test(arguments: [
    ["stats"], ["stats", "--format", "json"], ["key", "list"], ["checkpoint", "--latest"], ["audit", "--limit", "500"],
    ["audit", "--limit", "500", "--format", "ndjson"], ["audit", "--type", "token.issued"],
    ["state"], ["state", "--as-of", "100"],
    ["state", "--select", "accounts", "--format", "ndjson"], ["state", "--select", "grants"],
    ["state", "--select", "tokens"],
  ])
  func whatNeedsNoKeyAnswersTheSame(arguments: [String]) throws {
    let with = try run(arguments, [key])
    let without = try run(arguments)
    #expect(with.status == 0, "\(with.error)")
    #expect(without.status == 0, "\(without.error)")
    func comparable(_ text: String) -> [Substring] {
      // What depends on the moment, or counts who reads.
      text.split(separator: "\n").filter { line in
        !["time", "readers", "\"readers\""].contains { line.drop { $0 == " " }.hasPrefix($0) }
      }
    }
    #expect(comparable(with.output) == comparable(without.output))
  }

  @Test func verificationSaysWhatItCouldNotCompare() throws {
    let verified = try run(["verify"])
    #expect(verified.status == 0, "\(verified.error)")
    #expect(verified.output.contains("match the tree"))
    #expect(verified.output.contains("not compared") && verified.output.contains("CREDLEDGER_MASTER_KEY"))
    let tiles = try run(["tiles", "--latest", "--out", "\(folder.path)/tiles"])
    #expect(tiles.status == 0, "\(tiles.error)")
  }

  @Test(arguments: [
    ["audit", "--reveal"], ["state", "--select", "accounts", "--reveal"], ["key", "rotate-signing"],
    ["replay", "--verify"], ["checkpoint"], ["audit", "--address", "192.0.2.1"],
  ])
  func whatNeedsTheKeySaysSoByName(arguments: [String]) throws {
    let result = try run(arguments)
    #expect(result.status == 3, "\(result.output)")
    #expect(result.error.contains("CREDLEDGER_MASTER_KEY"), "\(result.error)")
  }

  @Test func aWrongKeyIsNoMissingOne() throws {
    let wrong = try run(["stats"], ["CREDLEDGER_MASTER_KEY=\(String(repeating: "8", count: 64))"])
    #expect(wrong.status == 3)
  }
}
