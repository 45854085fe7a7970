import LedgerTestSupport
import Testing

/// What the README shows, as a reader tries it. The tour is left to `Tools/test`, with a program built for speed.
@Suite struct ReadmeTests {
  @Test(.timeLimit(.minutes(30))) func itsCommandLinesRunFromTopToBottom() throws {
    let programs = try Program.file("credledger").split(separator: "/").dropLast().joined(separator: "/")
    let result = try runProgram(
      ["/\(programs)", "On the command line"], of: Repository.path + "/Tools/checks/readme")
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("every line runs"))
  }
}
