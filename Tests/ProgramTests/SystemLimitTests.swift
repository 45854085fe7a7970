import CredentialLedger
import LedgerTestSupport
import Testing

/// A process that is allowed too little says so, and neither ends by a signal nor waits for ever.
@Suite struct SystemLimitTests {
  @Test(
    "Too little is said",
    arguments: [
      "-n 4", "-n 5", "-n 6", "-n 8", "-n 12", "-n 31", "-v 1000000", "-v 2000000",
    ])
  func tooLittleIsSaid(_ limit: String) throws {
    let simulated = try SimulatedLedger(events: 20)
    let result = try runProgram(
      [
        "-c",
        "ulimit \(limit) && exec timeout -s KILL \(Patience.seconds) '\(try Program.file("credledger"))' stats --ledger \"$0\"",
        simulated.path,
      ],
      of: "/bin/sh")
    #expect(result.status == 3, "\(result.error)")
    #expect(result.error.contains("[system_limit]"))
    #expect(result.error.contains("ulimit \(limit.prefix(2))"))
  }

  @Test("Just enough is enough") func justEnoughIsEnough() throws {
    let simulated = try SimulatedLedger(events: 20)
    let result = try runProgram(
      [
        "-c", "ulimit -n 32 && exec '\(try Program.file("credledger"))' stats --ledger \"$0\"", simulated.path,
      ],
      of: "/bin/sh")
    #expect(result.status == 0, "\(result.error)")
  }
}
