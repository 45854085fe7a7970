import ArgumentParser
import CredentialLedger

struct ResourceServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resource-server", abstract: "List and administer resource servers.",
    discussion: """
      A resource server is a program that is shown access tokens, and asks the server at /oauth2/introspect whether they are \
      good. It goes by its number, as resource-server:8 or 8, or by its ID. Clients name it as the target of a token by its \
      audience (RFC 8707).

      EXAMPLES
        credledger resource-server create --name Archive --audience https://archive.example.org
        credledger resource-server list --ledger ./ledger
        credledger resource-server rotate-secret 8 --overlap 1d
        credledger resource-server delete 8
      """,
    subcommands: [List.self, Create.self, RotateSecret.self, Delete.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List resource servers, deleted ones included, oldest first.",
      discussion: """
        EXAMPLES
          credledger resource-server list
          credledger resource-server list --limit 20 --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Option(parsing: .unconditional, help: "Go on after this resource server.") var after: ResourceServerID?
    @OptionGroup var naming: NameFilter
    @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 100

    func validate() throws { try requireLimit(limit, 1...1_000) }

    func run() async throws {
      let (after, limit, naming) = (after, limit, naming)
      let servers = try await ledger.reading { ledger in
        try naming.list(after: after, limit: limit, \.name, \.id) {
          try ledger.resourceServers.all(after: $0, limit: $1)
        }
      }
      output.format.show(
        servers.map { .object($0.members) }, ["RESOURCE SERVER", "ID", "STATE", "AUDIENCE", "NAME"], servers.map(\.row),
        columns: ["resourceServer", "id", "state", "name", "audience", "createdAt"])
    }
  }

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register a resource server.",
      discussion: """
        Prints its Secret, this once: the ledger keeps a digest of it. With an audience, clients may restrict tokens to it, \
        and it hears of tokens that are restricted to others that they are not active. Without one it hears of all, with \
        their audiences, and has to look at those itself.

        EXAMPLES
          credledger resource-server create --name Archive --audience https://archive.example.org
          credledger resource-server create --name Gateway --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "1 to 100 characters.") var name: String
    @Option(help: "The absolute URI, without fragment, by which clients name it.") var audience: String?

    func run() async throws {
      let (name, audience) = (name, audience)
      let (server, secret) = try await ledger.writing(by) { ledger, context in
        try await ledger.resourceServers.create(
          name: name, audience: audience, by: Requester.operator, context: context)
      }
      try output.showOnce(
        .object(server.members + [("secret", .string(secret.text))]),
        [
          "Made \(server.id), which authenticates as \(server.publicID).",
          "Its Secret follows, this once: the ledger keeps a digest only. It lets its holder ask about every token.",
          secret.text,
        ])
    }
  }

  struct RotateSecret: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate-secret", abstract: "Give a resource server another Secret.",
      discussion: """
        Prints the new Secret, this once. The one before is accepted for as long as --overlap says, at most 30 days: give 0s \
        where it leaked.

        EXAMPLES
          credledger resource-server rotate-secret 8 --overlap 7d
          credledger resource-server rotate-secret 8 --overlap 0s --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The resource server, such as resource-server:8 or 8, or its ID.") var server: ResourceServerName
    @Option(help: "For how long the Secret before is accepted still, such as 7d or 0s.") var overlap: DurationArgument

    func run() async throws {
      let (name, overlap) = (server, overlap.duration)
      let (id, secret) = try await ledger.writing(by) { ledger, context in
        let id = try name.find(in: ledger).id
        return (
          id,
          try await ledger.resourceServers.rotateSecret(
            of: id, overlap: overlap, by: Requester.operator, context: context)
        )
      }
      try output.showOnce(
        .object([("resourceServer", JSON(id)), ("secret", .string(secret.text))]),
        [
          "\(id) has another Secret.",
          "It follows, this once: the ledger keeps a digest only. It lets its holder ask about every token.",
          secret.text,
        ])
    }
  }

  struct Delete: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a resource server for good.",
      discussion: """
        It asks about no token any more, and tokens that are restricted to it alone are good nowhere. Asks first, unless \
        --yes is given.

        EXAMPLES
          credledger resource-server delete 8
          credledger resource-server delete 8 --yes
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @Argument(help: "The resource server, such as resource-server:8 or 8.") var server: ResourceServerID

    func confirm() throws { try confirmation.require(server, "Delete \(server) for good?") }

    func run() async throws {
      let id = server
      try confirm()
      let change = try await ledger.changing(id, by) { ledger, context in
        try await ledger.resourceServers.delete(id, by: Requester.operator, context: context)
      }
      change.show(output.format, "is deleted")
    }
  }
}

extension ResourceServer {
  fileprivate var state: String { isDeleted ? "deleted" : "active" }

  /// The resource server in a list.
  fileprivate var row: [String] { ["\(id)", "\(publicID)", state, audience ?? "", name] }

  /// The resource server for programs.
  fileprivate var members: [(String, JSON)] {
    [
      ("resourceServer", JSON(id)), ("id", .string(publicID.description)), ("state", .string(state)),
      ("name", .string(name)), ("audience", audience.map { .string($0) } ?? .null),
      ("createdAt", .string(createdAt.description)),
    ]
  }
}
