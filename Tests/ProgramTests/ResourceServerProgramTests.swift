import LedgerTestSupport
import Testing

/// The commands about resource servers.
@Suite struct ResourceServerProgramTests {
  let folder = TemporaryFolder()
  var ledger: [String] { ["--ledger", "\(folder.path)/ledger"] }

  private func run(_ arguments: String...) throws -> (output: String, error: String, status: Int32) {
    let result = try runProgram(["resource-server"] + arguments + ledger)
    return (result.output, result.error, result.status)
  }

  @Test("One is made, listed, given another Secret and deleted") func madeListed() throws {
    #expect(try runProgram(["init", "--origin", "ledger.example.org"] + ledger).status == 0)
    let made = try run("create", "--name", "Archive", "--audience", "https://archive.example.org", "--format", "json")
    #expect(made.status == 0, "\(made.error)")
    try expectDocuments(made.output, match: "resource-server")
    #expect(made.output.contains("\"secret\": \"cls_"))
    let number = try #require(made.output.firstRange(of: "resource-server:")).upperBound
    let id = "resource-server:" + made.output[number...].prefix { $0.isNumber }
    let listed = try run("list", "--format", "ndjson")
    try expectDocuments(listed.output, match: "resource-server")
    #expect(!listed.output.contains("cls_"))
    #expect(try run("list", "--format", "json").output.hasPrefix("["))
    let rotated = try run("rotate-secret", id, "--overlap", "1d", "--format", "json")
    try expectDocuments(rotated.output, match: "resource-server-secret")
    let taken = try run("create", "--name", "Other", "--audience", "https://archive.example.org")
    #expect(taken.status == 1 && taken.error.contains("audience"))
    #expect(try run("delete", id).status == 2)
    #expect(try run("delete", id, "--yes").status == 0)
    #expect(try run("delete", id, "--yes").status == 1)
    #expect(try run("rotate-secret", "999", "--overlap", "0s").status == 1)
    #expect(try run("list").output.contains("deleted"))
    let audit = try runProgram(["audit", "--type", "resource_server.secret_rotated"] + ledger)
    #expect(audit.status == 0 && audit.output.contains(id), "\(audit.output)\(audit.error)")
  }
}
