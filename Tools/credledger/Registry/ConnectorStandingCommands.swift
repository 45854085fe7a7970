import ArgumentParser
import CredentialLedger

/// Subcommands that stop a connector for a while, and an old Secret for good.
extension ConnectorCommand {
  struct Deactivate: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set a connector inactive; all its tokens stop until it is active again.",
      discussion: """
        One event, whatever the number of tokens. Its Secret is refused meanwhile, and no token is issued to it. Its \
        grants stay as they are. Its webhooks are told of nothing meanwhile, and what waits for them is dropped. The \
        owner cannot set it active again. A reason is required.

        EXAMPLES
          credledger connector deactivate 8 --reason "under review"
          credledger connector deactivate 8 --reason "calls too often" --ticket OPS-12 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName

    func validate() throws { _ = try by.requiredReason() }

    func run() async throws {
      let (connector, reason) = (connector, try by.requiredReason())
      let change = try await ledger.changing(connector, by, isReasonOfEvent: true) { ledger, context in
        try await ledger.connectors.deactivate(
          connector.find(in: ledger).id, reason: reason, by: Requester.operator, context: context)
      }
      change.show(output.format, "is inactive")
    }
  }

  struct Activate: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set a connector active that was set inactive.",
      discussion: """
        Its Secret works again, and each token that was neither revoked nor is expired.

        EXAMPLES
          credledger connector activate 8
          credledger connector activate 8 --reason "review passed"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName

    func run() async throws {
      let connector = connector
      let change = try await ledger.changing(connector, by) { ledger, context in
        try await ledger.connectors.activate(
          connector.find(in: ledger).id, by: Requester.operator, context: context)
      }
      change.show(output.format, "is active")
    }
  }

  struct EndOldSecret: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "end-old-secret", abstract: "Refuse the earlier Secret of a connector from now on.",
      discussion: """
        For a rotation whose overlap is not over. The current Secret and all tokens stay as they are.

        EXAMPLES
          credledger connector end-old-secret 8
          credledger connector end-old-secret 8 --reason "found in a repository"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName

    func run() async throws {
      let connector = connector
      let change = try await ledger.changing(connector, by) { ledger, context in
        try await ledger.connectors.endOldSecret(
          of: connector.find(in: ledger).id, by: Requester.operator, context: context)
      }
      change.show(output.format, "accepts its current Secret only")
    }
  }
}
