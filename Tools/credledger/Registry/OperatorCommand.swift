import ArgumentParser
import CredentialLedger

struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Register and list operators, and require that they are named.",
    discussion: """
      An operator is an account with the operator role. --as, or CREDLEDGER_OPERATOR, names one for a change, and the log \
      keeps it. Nothing proves the name: it is what somebody says who has the keys of the ledger.

      EXAMPLES
        credledger operator create --issuer https://id.example.org --subject 248289761001 --name Ada --ledger ./ledger
        credledger operator list
        credledger operator require-names --as Ada
        credledger account disable 12 --as Ada --reason "left the company" --ticket HR-77
      """,
    subcommands: [Create.self, List.self, RequireNames.self, Token.self])

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register an account with the operator role, for somebody who has not signed in yet.",
      discussion: """
        On a fresh ledger this makes the first operator. Who has an account already gets the role by credledger account role.

        EXAMPLES
          credledger operator create --issuer https://id.example.org --subject 248289761001 --name Ada
          credledger operator create --issuer https://id.example.org --subject 7 --name Bo --as Ada --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "The identity provider's issuer URL.") var issuer: String
    @Option(help: "The provider's name for the person.") var subject: String
    @Option(name: .customLong("name"), help: "The name that --as takes; sealed, as all personal data.") var called:
      String

    func run() async throws {
      let (issuer, subject, name) = (issuer, subject, called)
      let account = try await ledger.writing(by) { ledger, context in
        try await ledger.operators.create(issuer: issuer, subject: subject, name: name, context: context)
      }
      Change(target: "\(account)", isNew: true).show(output.format, "is an operator")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the accounts with the operator role, without personal data.",
      discussion: """
        EXAMPLES
          credledger operator list --ledger ./ledger
          credledger operator list --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      let accounts = try await ledger.reading { try $0.operators.list() }
      output.format.show(accounts.map { $0.json() }, ["ACCOUNT", "ROLE", "STATE", "ISSUER"], accounts.map(\.row))
    }
  }

  struct RequireNames: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "require-names", abstract: "Refuse changes at the command line that name no operator.",
      discussion: """
        From then on the last operator can neither be disabled nor erased, nor lose the role. With --no-longer, changes need \
        no name again.

        EXAMPLES
          credledger operator require-names --as Ada --ticket SEC-3
          credledger operator require-names --no-longer --as Ada --reason "trial is over"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Let changes name nobody again.") var noLonger = false

    func run() async throws {
      let isRequired = !noLonger
      let change = try await ledger.changing("operators", by) { ledger, context in
        var rules = try ledger.operators.rules
        rules.namesOperators = isRequired
        try await ledger.operators.configure(rules, context: context)
      }
      change.show(output.format, isRequired ? "must be named from now on" : "need not be named")
    }
  }
}
