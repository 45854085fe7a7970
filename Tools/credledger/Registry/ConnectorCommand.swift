import ArgumentParser
import CredentialLedger

struct ConnectorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connector", abstract: "List, show and administer connectors.",
    discussion: """
      A connector is named by its number, connector:8 or 8, or by the ID that clients know. Each change is recorded \
      with the operator as its actor.

      EXAMPLES
        credledger connector list --ledger ./ledger
        credledger connector show 8 --format json
        credledger connector create --owner 2 --name Roster --permission group-information --permission text-message
        credledger connector rotate-secret 8 --overlap 1d
        credledger connector deactivate 8 --reason "under review"
        credledger connector delete 8
      """,
    subcommands: [
      List.self, Show.self, Create.self, Update.self, Approve.self, RotateSecret.self, EndOldSecret.self,
      Deactivate.self, Activate.self, Delete.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List connectors, deleted ones included, oldest first.",
      discussion: """
        EXAMPLES
          credledger connector list --limit 20 --format ndjson
          credledger connector list --owner 2
          credledger connector list --name roster --format csv > connectors.csv
          credledger connector list --group 5
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "Only those of this account that are not deleted.") var owner: AccountID?
    @Option(help: "Only those with a grant for this group.") var group: GroupName?
    @Option(parsing: .unconditional, help: "Go on after this connector.") var after: ConnectorID?
    @OptionGroup var naming: NameFilter
    @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 100

    func validate() throws {
      try requireLimit(limit, 1...1_000)
      guard [owner != nil, group != nil, after != nil].count(where: { $0 }) < 2 else {
        throw ValidationError("Give one of --owner, --group and --after.")
      }
    }

    func run() async throws {
      let (owner, group, after, limit, naming) = (owner, group, after, limit, naming)
      let name = { (state: ConnectorState) in state.connector.details.name }
      let connectors = try await ledger.reading { ledger in
        if let owner {
          try await ledger.requireKnown(Subject(owner), "--owner")
          return naming.filtered(try ledger.connectors.states(ownedBy: owner), name)
        }
        if let group { return naming.filtered(try ledger.connectors.states(of: group.find(in: ledger).id), name) }
        return try naming.list(after: after, limit: limit, name, \.connector.id) {
          try ledger.connectors.states(after: $0, limit: $1)
        }
      }
      output.format.show(
        connectors.map(\.json), ["CONNECTOR", "ID", "STATE", "OWNER", "NAME"], connectors.map(\.row),
        columns: [
          "connector", "id", "state", "owner", "name", "publisher", "description", "permissions", "redirectURIs",
          "accessTokenLifetime", "refreshTokenLifetime", "rotation", "requiresPKCE", "ownTokens", "dpopBound",
          "signedTokens", "approvedScopes", "createdAt", "previousSecretUntil", "reason",
        ])
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a connector.",
      discussion: """
        EXAMPLES
          credledger connector show 8
          credledger connector show connector:8 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName

    func run() async throws {
      let name = connector
      let found = try await ledger.reading { ledger in
        let connector = try name.find(in: ledger)
        return try ledger.connectors.state(of: connector.id)
          ?? ConnectorState(connector: connector, denialReason: nil, previousSecretUntil: nil)
      }
      output.format.show(found.json, found.lines)
    }
  }

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a connector for somebody with a verified phone.",
      discussion: """
        Prints its Secret once; the ledger keeps only a digest.

        EXAMPLES
          credledger connector create --owner 2 --name Roster --permission group-information
          credledger connector create --owner 2 --name Web --permission text-message --redirect-uri https://a.example/cb
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "The account that it is for.") var owner: AccountID
    @Option(help: "1 to 100 characters, unique among the owner's.") var name: String
    @Option(help: "What it may be granted; give it several times for several.") var permission: [Permission]
    @OptionGroup var details: ConnectorDetailOptions

    func run() async throws {
      let (owner, name, permissions, details) = (owner, name, Set(permission), details)
      let (connector, secret) = try await ledger.writing(by) { ledger, context in
        try await ledger.connectors.create(
          name: name, permissions: permissions, description: details.description ?? "",
          publisher: details.publisher ?? "", redirectURIs: details.redirectURI,
          accessTokenLifetime: details.accessTokenLifetime ?? 0,
          refreshTokenLifetime: details.refreshTokenLifetime ?? 0, rotation: details.rotation?.value ?? .late,
          requiresPKCE: details.requirePkce ?? true, allowsOwnTokens: details.ownTokens ?? false,
          isDPoPBound: details.dpopBound ?? false,
          hasSignedTokens: details.signedTokens ?? false, for: owner, by: Requester.operator, context: context)
      }
      try output.showOnce(
        connector.json(secret: secret),
        ["Made \(connector.id), which clients know as \(connector.publicID)."] + secret.lines)
    }
  }

  struct Update: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change some of a connector's details; the others stay.",
      discussion: """
        Fewer permissions narrow every live token at once; more do not widen what was granted before.

        EXAMPLES
          credledger connector update 8 --name "Roster two"
          credledger connector update 8 --permission text-message --access-token-lifetime 3600
          credledger connector update 8 --own-tokens --dpop-bound
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName
    @Option(help: "1 to 100 characters, unique among the owner's.") var name: String?
    @Option(help: "What it may be granted from now on; give it several times for several.")
    var permission: [Permission] = []
    @OptionGroup var details: ConnectorDetailOptions
    @Flag(name: .customLong("no-redirect-uris"), help: "Leave it no address for authorization codes.")
    var noRedirectURIs = false

    func validate() throws {
      guard name != nil || !permission.isEmpty || noRedirectURIs || details.nameSomething else {
        throw ValidationError("Name what is to change.")
      }
      guard !noRedirectURIs || details.redirectURI.isEmpty else {
        throw ValidationError("Give either --redirect-uri or --no-redirect-uris.")
      }
    }

    func run() async throws {
      let (connector, name, permissions, details) = (connector, name, Set(permission), details)
      let redirectURIs = noRedirectURIs ? [] : details.redirectURI.isEmpty ? nil : details.redirectURI
      let change = try await ledger.changing(connector, by) { ledger, context in
        try await ledger.connectors.update(
          connector.find(in: ledger).id, name: name, permissions: permissions.isEmpty ? nil : permissions,
          description: details.description, publisher: details.publisher, redirectURIs: redirectURIs,
          accessTokenLifetime: details.accessTokenLifetime, refreshTokenLifetime: details.refreshTokenLifetime,
          rotation: details.rotation?.value, requiresPKCE: details.requirePkce,
          allowsOwnTokens: details.ownTokens, isDPoPBound: details.dpopBound,
          hasSignedTokens: details.signedTokens, by: Requester.operator, context: context)
      }
      change.show(output.format, "is changed")
    }
  }

  struct Approve: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve the scopes of a connector that concern the whole organisation.",
      discussion: """
        Without an approval a connector has no access to the organisation's data, even if its permissions include it \
        and people agree. Scopes that the connector adds later need another approval. --withdraw ends the approval at \
        once.

        EXAMPLES
          credledger connector approve 8
          credledger connector approve 8 --withdraw
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName
    @Flag(help: "Take back what was approved.") var withdraw = false

    func run() async throws {
      let (connector, withdraw) = (connector, withdraw)
      let change = try await ledger.changing(connector, by) { ledger, context in
        let known = try connector.find(in: ledger)
        let asked = Scopes(rawValue: known.details.scopes).intersection(.tenant)
        try await ledger.connectors.approve(
          withdraw ? [] : asked, of: known.id, by: Requester.operator, context: context)
      }
      change.show(output.format, withdraw ? "is approved no more" : "is approved")
    }
  }

  struct RotateSecret: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate-secret", abstract: "Give a connector another Secret.",
      discussion: """
        Prints the new Secret once. The earlier one is accepted for the time of --overlap, at most 30 days. Give 0s if \
        it leaked.

        EXAMPLES
          credledger connector rotate-secret 8 --overlap 7d
          credledger connector rotate-secret 8 --overlap 0s --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName
    @Option(help: "How long the earlier Secret is still accepted, such as 7d or 0s.") var overlap: DurationArgument

    func run() async throws {
      let (name, overlap) = (connector, overlap.duration)
      let (id, secret) = try await ledger.writing(by) { ledger, context in
        let id = try name.find(in: ledger).id
        return (
          id,
          try await ledger.connectors.rotateSecret(of: id, overlap: overlap, by: Requester.operator, context: context)
        )
      }
      try output.showOnce(
        .object([("connector", JSON(id)), ("secret", .string(secret.text))]),
        ["\(id) has another Secret."] + secret.lines)
    }
  }

  struct Delete: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a connector for good; all its tokens stop.",
      discussion: """
        One event, whatever the number of tokens. Its webhooks are deleted with it, and the keys of their addresses and \
        tokens destroyed. Asks first, unless --yes is given.

        EXAMPLES
          credledger connector delete 8
          credledger connector delete 8 --yes
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @Argument(help: "The connector, such as connector:8 or 8.") var connector: ConnectorID

    func confirm() throws { try confirmation.require(connector, "Delete \(connector) for good?") }

    func run() async throws {
      let id = connector
      try confirm()
      let change = try await ledger.changing(id, by) {
        try await $0.connectors.delete(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is deleted")
    }
  }
}
