import Glibc
import LedgerTestSupport
import Testing

/// What a shell and `man` are given.
@Suite struct ShellTests {
  let folder = TemporaryFolder()

  @Test(arguments: ["bash", "zsh", "fish"]) func aShellCompletesWhatTheProgramHas(shell: String) throws {
    let script = try runProgram(["completion", shell])
    #expect(script.status == 0, "\(script.error)")
    for word in ["import-people", "incident", "since-last", "permission.granted", "credledger connector list"] {
      #expect(script.output.contains(word), "\(shell): \(word)")
    }
    #expect(try runProgram(["completion", "sh"]).status == 2)
  }

  @Test func bashTakesTheScriptAndCompletes() throws {
    let script = "\(folder.path)/completion"
    TestFile.write(Array(try runProgram(["completion", "bash"]).output.utf8), to: script)
    let asked = """
      set -e
      . \(script)
      COMP_WORDS=(credledger aud) COMP_CWORD=1 COMP_LINE='credledger aud' COMP_POINT=14
      _credledger credledger aud credledger
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let answer = try runProgram(["-c", asked], of: "/bin/bash")
    #expect(answer.output.contains("audit"), "\(answer.output)\(answer.error)")
  }

  @Test func eachCommandHasAManualPage() throws {
    let program = try Program.file("credledger")
    let build = program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let made = try runProgram([build, "\(folder.path)/man"], of: Repository.path + "/Tools/generate-man")
    #expect(made.status == 0, "\(made.error)")
    let pages = try #require(TemporaryFolder.names(in: "\(folder.path)/man"))
    #expect(pages.count > 60 && pages.contains("credledger-verify.1") && pages.contains("credledger-account-create.1"))
    for page in pages {
      let text = String(decoding: try TestFile.read("\(folder.path)/man/\(page)"), as: UTF8.self)
      #expect(
        text.hasPrefix(".TH \"CREDLEDGER") && text.contains("\n.SH NAME\n") && text.contains("\n.SH DESCRIPTION\n"),
        "\(page)")
      // Nothing of the help is taken for a request of roff.
      for line in text.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
        #expect(
          [".TH ", ".SH ", ".B ", ".BR ", ".PP", ".TP", ".nf", ".fi"].contains(where: line.hasPrefix),
          "\(page): \(line)")
      }
    }
  }
}
