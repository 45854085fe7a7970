import ArgumentParser
import CredentialLedger

struct OperatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator",
    abstract: "Register and list operators, and require that they are named, or two for a change.",
    discussion: """
      An operator is an account with the operator role. --as, or CREDLEDGER_OPERATOR, names one for a change, and the log \
      keeps it. Nothing proves the name: it is what somebody says who has the keys of the ledger.

      EXAMPLES
        credledger operator create --issuer https://id.example.org --subject 248289761001 --name Ada --ledger ./ledger
        credledger operator list
        credledger operator require-names --as Ada
        credledger operator require-two erasure roles keys restore --as Ada
        credledger account disable 12 --as Ada --reason "left the company" --ticket HR-77
      """,
    subcommands: [Create.self, List.self, RequireNames.self, RequireTwo.self, Token.self])

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register an account with the operator role, for somebody who has not signed in yet.",
      discussion: """
        On a fresh ledger this makes the first operator. For a person who has an account, use credledger account role. \
        Where the rules need two operators for roles, register the account with --role user, and propose the role for it: the \
        proposal names the account then, whose data the second operator can look at.

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
    @Option(help: "The role that the account gets: user, tenant-admin, auditor or operator.") var role = RoleName
      .operator

    func run() async throws {
      let (issuer, subject, name, role) = (issuer, subject, called, role.role)
      let account = try await ledger.writing(by) { ledger, context in
        try await ledger.operators.create(issuer: issuer, subject: subject, name: name, role: role, context: context)
      }
      Change(target: "\(account)", isNew: true).show(
        output.format, role == .operator ? "is an operator" : "has the role \(self.role.rawValue)")
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
      output.format.show(
        accounts.map { $0.json() }, ["ACCOUNT", "ROLE", "STATE", "ISSUER"], accounts.map(\.row),
        columns: ["account", "role", "state", "issuer", "registeredAt"])
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
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Let changes name nobody again.") var noLonger = false

    func run() async throws {
      let isRequired = !noLonger
      try await OperatorCommand.configure(
        ledger, by, approval, output.format, isRequired ? "must be named from now on" : "need not be named"
      ) { $0.namesOperators = isRequired }
    }
  }

  struct RequireTwo: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "require-two", abstract: "Refuse changes of some kinds that no second operator approved.",
      discussion: """
        KINDS
          erasure  erasures by an operator; people still erase themselves
          roles    roles of accounts, operators that are registered among them
          keys     rotations of all keys, the master key among them, and keys that are dropped
          restore  restore and import, which take both names by --as and --approved-by

        Names the whole set: what is left out needs one operator again; --none is for all. Operators must be named, and two must \
        be there: keep a third, since two that are left can neither be disabled nor erased, nor lose the role. Once anything \
        needs two operators, so does this command: propose it. See credledger proposal.

        EXAMPLES
          credledger operator require-two erasure roles keys restore --as Ada --ticket SEC-9
          credledger operator require-two --none --propose --as Ada
          credledger operator require-two --none --proposal 57 --as Ada
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: ArgumentHelp("What needs two operators from now on.", valueName: "kind")) var kinds:
      [GuardedArgument] = []
    @Flag(help: "Let one operator do everything again.") var none = false

    func validate() throws {
      guard none == kinds.isEmpty else { throw ValidationError("Name the kinds of change, or give --none.") }
    }

    func run() async throws {
      let guarded = Set(kinds.map(\.kind))
      let words = guarded.sorted { $0.rawValue < $1.rawValue }.map(\.word).joined(separator: ", ")
      try await OperatorCommand.configure(
        ledger, by, approval, output.format,
        guarded.isEmpty ? "may do everything alone" : "approve each other's changes from now on: \(words)"
      ) {
        $0.guarded = guarded
        if !guarded.isEmpty { $0.namesOperators = true }
      }
    }
  }

  /// Changes the rules, or proposes that.
  fileprivate static func configure(
    _ ledger: LedgerOptions, _ by: OperatorOptions, _ approval: ApprovalOptions, _ format: OutputFormat, _ done: String,
    _ edit: (inout Oversight) -> Void
  ) async throws {
    func rules(_ ledger: Ledger) throws -> Oversight {
      var rules = try ledger.operators.rules
      edit(&rules)
      return rules
    }
    if try await ledger.proposed(approval, by, format, { .configure(try rules($0)) }) { return }
    let isNew = try await ledger.writing(by, approval) { ledger, context in
      try await ledger.operators.configure(try rules(ledger), context: context)
    }
    Change(target: "operators", isNew: isNew).show(format, done)
  }
}

/// A kind of change by its name on the command line.
struct GuardedArgument: ExpressibleByArgument {
  let kind: Oversight.Guarded

  init?(argument: String) {
    guard let kind = Oversight.Guarded.allCases.first(where: { $0.word == argument }) else { return nil }
    self.kind = kind
  }

  static let allValueStrings = Oversight.Guarded.allCases.map(\.word)
}
