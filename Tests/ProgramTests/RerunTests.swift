import LedgerTestSupport
import Testing

/// Commands that make a ledger, run again after an earlier run has made it.
@Suite struct RerunTests {
  let folder = TemporaryFolder()
  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  @Test("A ledger that is there whole is said to be") func ledgerWhole() throws {
    let made = ["init", "--ledger", path("ledger")]
    #expect(try runProgram(made).status == 0)
    let source = ["--ledger", path("ledger")]
    #expect(try runProgram(["backup", path("backup"), "--keys", path("keys")] + source).status == 0)
    #expect(try runProgram(["export", "--out", path("lines")] + source).status == 0)
    let again = ["--keys", path("keys"), "--ledger", path("again")]
    for command in [made, ["restore", path("backup")] + again, ["import", path("lines")] + again] {
      TemporaryFolder.remove(path("again"))
      if command != made { #expect(try runProgram(command).status == 0, "\(command)") }
      let rerun = try runProgram(command)
      #expect(rerun.status == 1, "\(command)")
      #expect(rerun.error.contains("holds a ledger, which was whole"), "\(rerun.error)")
      #expect(rerun.error.contains("verify it and go on with it"), "\(rerun.error)")
      // What it says is true.
      #expect(try runProgram(["verify", "--ledger", command.last ?? ""]).status == 0, "\(command)")
    }
  }

  @Test("Whatever else is there is not taken for a ledger") func whateverElse() throws {
    #expect(Program.run("mkdir", ["-p", path("other/ledger")]))
    TestFile.write([1], to: path("other/ledger/data.mdb"))
    let refused = try runProgram(["init", "--ledger", path("other")])
    #expect(refused.status == 1 && refused.error.contains("holds something already"), "\(refused.error)")
  }
}
