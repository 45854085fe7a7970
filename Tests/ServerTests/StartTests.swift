import CredentialLedger
import Glibc
import TestSupport
import Testing

/// `Tools/start`, with the program that is built already.
@Suite struct StartTests {
  private static let script =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/Tools/start"

  @Test("The lines that it prints do what they say") func linesPrints() throws {
    let folder = TemporaryFolder()
    let result = try runProgram(
      ["--check"], of: Self.script,
      environment: ["CREDLEDGER_PROGRAM=\(try Program.file("credledger"))", "TMPDIR=\(folder.path)"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("all steps passed"))
    #expect(TemporaryFolder.names(in: folder.path) == [])
  }

  @Test("A signal ends it cleanly, and it starts again on the same ledger", arguments: [SIGINT, SIGTERM])
  func signalEnds(signal: Int32) async throws {
    let folder = TemporaryFolder()
    for _ in 0..<2 {
      // By a program that heeds the signal, whatever this one was started with.
      let process = try ChildProcess(
        Self.script, ["--folder", "\(folder.path)/trial", "--port", "0"],
        environment: ["CREDLEDGER_PROGRAM=\(try Program.file("credledger"))", "TMPDIR=\(folder.path)"])
      var (shown, silences) = ("", 0)
      while !shown.contains("Ctrl-C ends the server") {
        let lines = process.read()
        // What comes may be a line end alone.
        silences += lines.isEmpty ? 1 : 0
        try #require(silences < 100, "\(shown)")
        shown += lines.joined(separator: "\n")
      }
      #expect(shown.contains("/portal/first/") && shown.contains("the link works once"), "\(shown)")
      #expect(process.end(by: signal) == 0)
    }
    #expect(TemporaryFolder.names(in: folder.path) == ["trial"])
    #expect(TemporaryFolder.names(in: "\(folder.path)/trial") == ["credentials.json", "ledger", "ledger.messages"])
    var status = stat()
    #expect(unsafe stat("\(folder.path)/trial/credentials.json", &status) == 0 && status.st_mode & 0o77 == 0)
    let ledger = try await Ledger.open(at: "\(folder.path)/trial/ledger")
    await ledger.close()
  }
}
