import LedgerTestSupport
import Testing

/// The command lines of the documentation, as a reader tries them. The tour on a million events is left to `Tools/test`, with a program built for speed.
@Suite struct ReadmeTests {
  @Test("Its command lines run from top to bottom", .timeLimit(.minutes(30))) func commandLines() throws {
    let programs = try Program.file("credledger").split(separator: "/").dropLast().joined(separator: "/")
    let result = try runProgram(
      ["/\(programs)", "On the command line", "Backup and restore drill"], of: Repository.path + "/Tools/checks/pages")
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("every line runs"))
  }

  @Test("The page of the command line is what the program's help says")
  func referenceIsCurrent() throws {
    let programs = try Program.file("credledger").split(separator: "/").dropLast().joined(separator: "/")
    let result = try runProgram(["--check", "/\(programs)"], of: Repository.path + "/Tools/generate-reference")
    #expect(result.status == 0, "\(result.output)")
  }
}
