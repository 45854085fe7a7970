import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// What a shell and `man` are given.
@Suite struct ShellTests {
  let folder = TemporaryFolder()

  @Test("A shell completes what the program has", arguments: ["bash", "zsh", "fish"]) func shellCompletes(shell: String)
    throws
  {
    let script = try runProgram(["completion", shell])
    #expect(script.status == 0, "\(script.error)")
    for word in [
      "import-people", "incident", "since-last", "permission.granted", "credledger connector list",
      "credledger group list", "credledger audit --type permission.granted", "credledger audit --type phone.verified",
      "credledger operator list", "credledger proposal list",
    ] {
      #expect(script.output.contains(word), "\(shell): \(word)")
    }
    #expect(try runProgram(["completion", "sh"]).status == 2)
    // zsh would take what follows a colon for the next argument of an option.
    let commands = script.output.matches(of: /credledger [a-z-]+ (list|--type)[^|)"\n]*/)
    #expect(commands.count > 20)
    for command in commands { #expect(!command.output.0.contains(":"), "\(shell): \(command.output.0)") }
  }

  @Test("Bash takes the script and completes") func bashTakes() throws {
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

  /// Asks bash what is offered for the last of some words.
  private struct Bash {
    let folder: String
    let ledger: String
    let build: String

    init(_ ledger: String, in folder: String) throws {
      (self.ledger, self.folder) = (ledger, folder)
      build = try Program.file("credledger").split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")
      TestFile.write(Array(try runProgram(["completion", "bash"]).output.utf8), to: "\(folder)/completion")
    }

    func offered(_ words: String...) throws -> [String] { try offered(words) }

    func offered(_ words: [String]) throws -> [String] {
      let line = (["credledger"] + words).joined(separator: " ")
      let asked = """
        export PATH='\(build)':"$PATH" CREDLEDGER_DIR='\(ledger)'
        . '\(folder)/completion'
        COMP_WORDS=(credledger \(words.map { "'\($0)'" }.joined(separator: " "))) COMP_CWORD=\(words.count)
        COMP_LINE='\(line)' COMP_POINT=\(line.utf8.count)
        _credledger credledger "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      let answer = try runProgram(["-c", asked], of: "/bin/bash")
      return answer.output.split(separator: "\n").map(String.init)
    }
  }

  @Test("Bash completes the ledger's objects by their numbers, and files") func objectsAndFiles() async throws {
    let played = try await BundleTests.Played()
    TestFile.write([], to: "\(folder.path)/staff.csv")
    let bash = try Bash(played.ledger.path, in: folder.path)
    #expect(try bash.offered("connector", "show", "") == ["\(played.connector)"])
    #expect(try bash.offered("group", "rename", "") == ["\(played.group)"])
    #expect(try bash.offered("account", "disable", "") == ["2"])
    #expect(try bash.offered("audit", "--connector", "") == ["\(played.connector)"])
    #expect(try bash.offered("audit", "--group", "") == ["\(played.group)"])
    #expect(try bash.offered("audit", "--account", "") == ["2"])
    #expect(try bash.offered("import-people", "\(folder.path)/st") == ["\(folder.path)/staff.csv"])
    #expect(try bash.offered("verify", "--since-last", "\(folder.path)/st") == ["\(folder.path)/staff.csv"])
    #expect(
      try bash.offered("group", "add-member", "5", "--number-file", "\(folder.path)/st") == ["\(folder.path)/staff.csv"]
    )
  }

  @Test("Bash completes grants, phones, webhooks and tokens by their numbers, and no telephone number")
  func objectsOfEvents() async throws {
    let played = try await BundleTests.Played()
    let opened = try await Ledger.open(at: played.ledger.path, ProvenLedger.configuration)
    let account = AccountID(rawValue: 2)
    let phone = try #require(try opened.phones.verified(by: account).first)
    let grant = try #require(try opened.grants.states(by: account).first?.grant.id)
    let (connector, secret) = try await opened.connectors.create(
      name: "Hooks", permissions: [.textMessage, .outgoingWebhooks], by: account)
    let group = GroupID(rawValue: played.group)
    let granted = try await opened.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group), by: account)
    let issued = try await opened.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    guard case .valid(let claims) = try opened.tokens.validate(issued.accessToken) else {
      Issue.record("a new token is not valid")
      return
    }
    let webhook = try await opened.webhooks.register(
      on: .group(group), for: [.textMessageCreated], callbackURL: "https://hooks.example.org/", with: claims)
    let (server, _) = try await opened.resourceServers.create(name: "Archive", by: Requester.operator)
    let listed = try await opened.tokens.list(.connector(connector.id), limit: 10)
    let handles = listed.map { "\($0.handle.rawValue)" }
    await opened.close()
    let created = try played.ledger.run(
      "operator", "create", "--issuer", "https://id.example.org", "--subject", "op", "--name", "Ada", "--format", "json"
    )
    let ada = try #require(created.output.firstMatch(of: /account:([0-9]+)/), "\(created.error)").output.1
    let proposed = try played.ledger.run(
      "account", "role", "2", "auditor", "--propose", "--as", "Ada", "--format", "json")
    let proposal = try #require(proposed.output.firstMatch(of: /proposal:([0-9]+)/), "\(proposed.error)").output.1

    let bash = try Bash(played.ledger.path, in: folder.path)
    let grants = ["\(granted.grant.rawValue)", "\(grant.rawValue)"]
    #expect(try bash.offered("grant", "show", "") == grants)
    #expect(try bash.offered("grant", "revoke", "") == grants)
    #expect(try bash.offered("audit", "--grant", "") == grants)
    #expect(try bash.offered("account", "remove-phone", "") == ["\(phone.rawValue)"])
    for command in ["show", "disable", "enable", "delete"] {
      #expect(try bash.offered("webhook", command, "") == ["\(webhook.id.rawValue)"], "\(command)")
    }
    #expect(try bash.offered("resource-server", "delete", "") == ["\(server.id.rawValue)"])
    #expect(try bash.offered("proposal", "approve", "") == [String(proposal)])
    #expect(try bash.offered("erase", "2", "--proposal", "") == [String(proposal)])
    #expect(try bash.offered("account", "enable", "2", "--as", "") == [String(ada)])
    for words in [["explain", ""], ["token", "explain", ""], ["incident", ""], ["audit", "--token", ""]] {
      let offered = try bash.offered(words)
      #expect(Set(offered).isSuperset(of: handles + ["\(played.token)"]), "\(words): \(offered)")
      #expect(offered.allSatisfy { UInt64($0) != nil }, "\(words): \(offered)")
    }
    let subjects = ["grant:\(granted.grant.rawValue)", "connector:\(connector.id.rawValue)"]
    for words in [["token", "list", ""], ["token", "revoke", ""], ["webhook", "list", ""], ["state", "--id", ""]] {
      #expect(try Set(bash.offered(words)).isSuperset(of: subjects), "\(words)")
    }
    #expect(try bash.offered("grant", "list", "").contains("account:2"))
    #expect(try bash.offered("audit", "--actor", "").contains("webhook:\(webhook.id.rawValue)"))
    #expect(try bash.offered("audit", "--subject", "webhook").first?.hasPrefix("webhook:") == true)
    // Nobody's number, nor the beginning of one.
    #expect(try bash.offered("audit", "--phone", "") == ["phone:\(phone.rawValue)"])
    #expect(try bash.offered("group", "add-member", "5", "--number", "").isEmpty)
  }

  @Test("Each command has a manual page") func eachCommand() throws {
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
