import LedgerTestSupport
import Testing

/// What the README shows, as a reader tries it.
@Suite struct ReadmeTests {
  @Test(.timeLimit(.minutes(5))) func itsCommandLinesRunFromTopToBottom() throws {
    let readme = try TestFile.text(Repository.path + "/README.md")
    let section = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("On the command line\n") })
    let lines = try #require(section.split(separator: "```sh\n").dropFirst().first?.split(separator: "```").first)
    #expect(lines.split(separator: "\n").count > 20)
    let folder = TemporaryFolder()
    let programs = try Program.file("credledger").split(separator: "/").dropLast().joined(separator: "/")
    let script = "PATH=/\(programs):$PATH\ncd \(folder.path)\n\(lines)"
    let result = try runProgram(["-e", "-x", "-o", "pipefail", "-c", script], of: "/bin/bash")
    #expect(result.status == 0, "\(result.error)")
  }
}
