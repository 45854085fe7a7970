import CredentialLedger
import LedgerTestSupport
import Testing

/// A data file whose structure is damaged never ends the program without words: each subcommand says what is wrong, and
/// exits by the status for that.
@Suite struct DamagedFileTests {
  private static let pageSize = 4_096
  private let folder = TemporaryFolder()
  private var ledger: String { "\(folder.path)/ledger" }
  private var file: String { "\(ledger)/ledger/data.mdb" }

  private func run(_ arguments: [String]) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", ledger])
  }

  @Test("Every subcommand says so") func everySubcommandSaysSo() throws {
    let made = try run(["simulate", "--events", "300", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
    let sound = try TestFile.read(file)
    var (refused, ended) = (0, 0)
    func expectWords(_ damaged: [UInt8], _ arguments: [String], _ what: String) throws {
      TestFile.write(damaged, to: file)
      let result = try run(arguments)
      let note: Comment = "\(arguments), \(what), seed \(testSeed): \(result.error)"
      #expect([0, 1, 3].contains(result.status), note)
      guard result.status != 0 else { return }
      refused += 1
      #expect(result.error.contains("error: "), note)
      guard result.error.contains("ended the program") else { return }
      ended += 1
      #expect(result.status == 3, note)
    }
    func range(_ page: Int) -> Range<Int> { page * Self.pageSize..<(page + 1) * Self.pageSize }
    // The oldest pages hold the ends of most trees.
    for page in 2..<24 {
      var damaged = sound
      damaged.replaceSubrange(range(page), with: [UInt8](repeating: 0, count: Self.pageSize))
      try expectWords(damaged, ["audit", "--count"], "page \(page) zeroed")
    }
    // The words that stand in for a signal are among them.
    #expect(ended > 2)

    var random = SeededRandom(stream: 8_101)
    for round in 0..<27 {
      let page = Int.random(in: 2..<sound.count / Self.pageSize, using: &random)
      var damaged = sound
      switch round % 3 {
      case 0: damaged.replaceSubrange(range(page), with: [UInt8](repeating: 0, count: Self.pageSize))
      case 1: for place in range(page) { damaged[place] = .random(in: .min ... .max, using: &random) }
      default: damaged = Array(sound[..<range(page).lowerBound])
      }
      for arguments in [
        ["backup", "\(folder.path)/backup-\(round)"], ["archive", "\(folder.path)/archive-\(round)"],
        ["export", "--out", "\(folder.path)/export-\(round)"], ["verify"],
      ] {
        try expectWords(damaged, arguments, "page \(page), round \(round)")
      }
    }
    #expect(refused > 40)
  }
}
