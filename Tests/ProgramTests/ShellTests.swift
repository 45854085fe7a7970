import Glibc
import LedgerTestSupport
import Testing

/// What a shell and `man` are given.
@Suite struct ShellTests {
  let folder = TemporaryFolder()

  @Test(arguments: ["bash", "zsh", "fish"]) func aShellCompletesWhatTheProgramHas(shell: String) throws {
    let script = try runProgram(["completion", shell])
    #expect(script.status == 0, "\(script.error)")
    for word in [
      "import-people", "incident", "since-last", "permission.granted", "credledger connector list",
      "credledger group list",
    ] {
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

  @Test("Bash completes the ledger's objects by their numbers, and files") func objectsAndFiles() async throws {
    let played = try await BundleTests.Played()
    let script = "\(folder.path)/completion"
    TestFile.write(Array(try runProgram(["completion", "bash"]).output.utf8), to: script)
    TestFile.write([], to: "\(folder.path)/staff.csv")
    let build = try Program.file("credledger").split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    /// What is offered for the last of some words.
    func offered(_ words: String...) throws -> [String] {
      let line = (["credledger"] + words).joined(separator: " ")
      let asked = """
        export PATH='\(build)':"$PATH" CREDLEDGER_DIR='\(played.ledger.path)'
        . '\(script)'
        COMP_WORDS=(credledger \(words.map { "'\($0)'" }.joined(separator: " "))) COMP_CWORD=\(words.count)
        COMP_LINE='\(line)' COMP_POINT=\(line.utf8.count)
        _credledger credledger "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let answer = try runProgram(["-c", asked], of: "/bin/bash")
      return answer.output.split(separator: "\n").map(String.init)
    }
    #expect(try offered("connector", "show", "") == ["\(played.connector)"])
    #expect(try offered("group", "rename", "") == ["\(played.group)"])
    #expect(try offered("account", "disable", "") == ["2"])
    #expect(try offered("audit", "--connector", "") == ["\(played.connector)"])
    #expect(try offered("audit", "--group", "") == ["\(played.group)"])
    #expect(try offered("audit", "--account", "") == ["2"])
    #expect(try offered("import-people", "\(folder.path)/st") == ["\(folder.path)/staff.csv"])
    #expect(try offered("verify", "--since-last", "\(folder.path)/st") == ["\(folder.path)/staff.csv"])
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
