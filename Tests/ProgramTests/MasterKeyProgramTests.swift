import Glibc
import LedgerTestSupport
import Testing

/// A new master key is never where nobody looks for it.
@Suite struct MasterKeyProgramTests {
  let folder = TemporaryFolder()
  private let old = "CREDLEDGER_MASTER_KEY=\(String(repeating: "7", count: 64))"
  private let new = String(repeating: "8", count: 64)
  private var path: String { "\(folder.path)/ledger" }

  private func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path], environment: environment)
  }

  @Test func oneFromTheEnvironmentIsNotReplacedByOneThatNobodyFinds() throws {
    #expect(try run("init", environment: [old]).status == 0)
    let before = try run("key", "list", environment: [old]).output
    let refused = try run("key", "rotate-master", environment: [old])
    #expect(refused.status == 2)
    #expect(refused.error.contains("CREDLEDGER_MASTER_KEY") && refused.error.contains("--to-environment"))
    #expect(try run("key", "list", environment: [old]).output == before)
    #expect(try !#require(TemporaryFolder.names(in: "\(path)/keys")).contains("master.key"))
    #expect(try run("key", "rotate-master", "--to-key-folder", "--to-environment", "X", environment: [old]).status == 2)

    let rotated = try run("key", "rotate-master", "--to-environment", "NEW_KEY", environment: [old, "NEW_KEY=\(new)"])
    #expect(rotated.status == 0, "\(rotated.error)")
    for text in ["variable NEW_KEY", "set CREDLEDGER_MASTER_KEY", "keep a copy elsewhere; the old copy opens"] {
      #expect(rotated.output.contains(text), "\(rotated.output)")
    }
    #expect(try run("key", "list", environment: [old]).status == 3)
    let listed = try run("key", "list", environment: ["CREDLEDGER_MASTER_KEY=\(new)"])
    let fingerprint = try #require(rotated.output.split(separator: "\n").first)
    #expect(listed.output.contains(fingerprint))
    #expect(!rotated.output.contains(new))

    let drawn = try run("key", "rotate-master", "--to-key-folder", environment: ["CREDLEDGER_MASTER_KEY=\(new)"])
    #expect(drawn.status == 0, "\(drawn.error)")
    #expect(drawn.output.contains("\(path)/keys/master.key") && drawn.output.contains("is not set"))
    #expect(try run("key", "list").output.contains(#require(drawn.output.split(separator: "\n").first)))
  }

  @Test func whereTheNewOneIsIsSaid() throws {
    #expect(try run("init").status == 0)
    for format in ["json", "ndjson"] {
      let rotated = try run("key", "rotate-master", "--format", format)
      #expect(rotated.status == 0, "\(rotated.error)")
      try expectDocuments(rotated.output, match: "key-rotate-master")
      #expect(rotated.output.contains("keys/master.key"))
    }
    let file = "\(folder.path)/key"
    #expect(Program.run("bash", ["-c", "umask 077; echo \(new) > '\(file)'"]))
    let rotated = try run("key", "rotate-master", "--to-file", file)
    #expect(rotated.output.contains("it is in \(file), and not stored"), "\(rotated.error)")
  }
}
