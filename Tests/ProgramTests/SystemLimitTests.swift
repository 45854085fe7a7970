import CredentialLedger
import LedgerTestSupport
import Testing

/// A process that is allowed too little says so, and neither ends by a signal nor waits for ever.
@Suite struct SystemLimitTests {
  private let folder = TemporaryFolder()

  @Test(
    arguments: [
      "-n 4", "-n 5", "-n 6", "-n 8", "-n 12", "-n 31", "-v 1000000", "-v 2000000",
    ])
  func tooLittleIsSaid(_ limit: String) throws {
    let made = try runProgram(["simulate", "--events", "20", "--seed", "7", "--ledger", "\(folder.path)/ledger"])
    try #require(made.status == 0, "\(made.error)")
    let result = try runProgram(
      [
        "-c", "ulimit \(limit) && exec timeout -s KILL 60 '\(try Program.file("credledger"))' stats --ledger \"$0\"",
        "\(folder.path)/ledger",
      ],
      of: "/bin/sh")
    #expect(result.status == 3, "\(result.error)")
    #expect(result.error.contains("[system_limit]"))
    #expect(result.error.contains("ulimit \(limit.prefix(2))"))
  }

  @Test func justEnoughIsEnough() throws {
    let made = try runProgram(["simulate", "--events", "20", "--seed", "7", "--ledger", "\(folder.path)/ledger"])
    try #require(made.status == 0, "\(made.error)")
    let result = try runProgram(
      [
        "-c", "ulimit -n 32 && exec '\(try Program.file("credledger"))' stats --ledger \"$0\"", "\(folder.path)/ledger",
      ],
      of: "/bin/sh")
    #expect(result.status == 0, "\(result.error)")
  }
}
