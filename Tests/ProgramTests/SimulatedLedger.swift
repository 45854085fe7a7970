import LedgerTestSupport
import Testing

/// A ledger on disk whose history the program made up: the same for the same numbers.
struct SimulatedLedger {
  let folder = TemporaryFolder()
  /// Where it is.
  var path: String { "\(folder.path)/ledger" }
  /// The option that names it.
  var option: [String] { ["--ledger", path] }

  /// - Parameters:
  ///   - events: how many there are.
  ///   - options: more of `simulate`'s options.
  init(events: Int, _ options: String...) throws {
    let made = try runProgram(["simulate", "--events", "\(events)", "--seed", "7"] + options + option)
    try #require(made.status == 0, "\(made.error)")
  }

  /// One with three connectors and two groups.
  static func small(events: Int) throws -> SimulatedLedger {
    try SimulatedLedger(events: events, "--connectors", "3", "--groups", "2")
  }
}
