import CredentialLedger
import LedgerTestSupport
import Testing

/// What the program does where a name that it was given leads nowhere, or was meant for something else.
@Suite struct WitnessProgramTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  var witness: String { folder.path + "/witness" }

  private func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments, environment: environment)
  }

  @Test("The walkthrough leaves the ledger of the environment alone") func walkthroughLeaves() throws {
    #expect(try run("init", "--origin", "ledger.example.org", "--ledger", path).status == 0)
    let mistyped = folder.path + "/legder"
    for named in [path, mistyped] {
      let environment = ["CREDLEDGER_DIR=\(named)", "CREDLEDGER_WITNESS_FILE=\(witness)", "TMPDIR=\(folder.path)"]
      let played = try run("walkthrough", environment: environment)
      #expect(played.status == 0, "\(played.error)")
      #expect(!played.output.contains("Ledger in \(named)"))
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["ledger"], "neither a ledger nor a witness file is left")
    #expect(try run("stats", "--format", "ndjson", "--ledger", path).output.contains(#""events":1,"#))
    #expect(try run("walkthrough", "--leave-open", "--ledger", path).status == 0)
    #expect(try run("stats", "--format", "ndjson", "--ledger", path).output.contains(#""events":13,"#))
  }

  @Test("A witness file that is not there is told") func witnessFile() throws {
    #expect(try run("init", "--origin", "ledger.example.org", "--ledger", path).status == 0)
    let note = "note: the witness file \(witness) is not there: nothing was compared with it"
    for command in ["stats", "verify"] {
      let read = try run(command, "--ledger", path, "--witness-file", witness)
      #expect(read.status == 0)
      #expect(read.error == note + "\n", "\(command)")
    }
    let written = try run("key", "rotate-signing", "--ledger", path, "--witness-file", witness)
    #expect(written.status == 0)
    #expect(written.error == note + ", and it is made\n")
    for _ in 0..<2 {
      #expect(try run("stats", "--ledger", path, environment: ["CREDLEDGER_WITNESS_FILE=\(witness)"]).error.isEmpty)
    }
  }

  @Test("A witness file whose folder is not there is an error") func witnessFileWhose() throws {
    #expect(try run("init", "--origin", "ledger.example.org", "--ledger", path).status == 0)
    let away = folder.path + "/mount/witness"
    for command in [["stats"], ["key", "rotate-signing"], ["token", "revoke", "account:1"]] {
      let refused = try runProgram(command + ["--ledger", path, "--witness-file", away])
      #expect(refused.status == 3, "\(command)")
      #expect(
        refused.error.contains("error: --witness-file or CREDLEDGER_WITNESS_FILE: the folder \(folder.path)/mount"))
    }
    let made = try run("init", "--origin", "o", "--ledger", path + "2", "--witness-file", away)
    #expect(made.status == 3)
    #expect(TemporaryFolder.names(in: folder.path) == ["ledger"], "nothing is half made")
  }

  @Test("Errors have one form") func errorsHaveOneForm() throws {
    for arguments in [["stats", "--nonsense"], ["verify-bundle", "x", "--key", "y"], ["stats", "--ledger", path]] {
      let result = try runProgram(arguments)
      #expect(result.error.hasPrefix("error: "), "\(arguments): \(result.error)")
      #expect(!result.error.contains("Error: "), "\(arguments)")
    }
  }
}
