import ArgumentParser
import CredentialLedger

struct GrantCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grant", abstract: "List, show, give and revoke the access that connectors have.",
    discussion: """
      Each change is recorded with the operator as its actor.

      EXAMPLES
        credledger grant list connector:8 --ledger ./ledger
        credledger grant show 11
        credledger grant create --connector 8 --group 5 --granter 2
        credledger grant revoke 11
      """,
    subcommands: [List.self, Show.self, Create.self, Revoke.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the grants of a connector, a group or an account that are not revoked, oldest first.",
      discussion: """
        Shows for each the reason why it gives no access, if any. Revoked grants are in the audit trail.

        EXAMPLES
          credledger grant list connector:8
          credledger grant list group:5 --format ndjson
          credledger grant list account:2
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(
      help: "Whose grants: connector:N, group:N or account:N.",
      completion: .subjects(madeBy: "connector.created", "group.created", "account.registered"))
    var owner: Subject

    func validate() throws {
      guard [.connector, .group, .account].contains(owner.kind), owner.number > 0 else {
        throw ValidationError("Name a connector:N, group:N or account:N.")
      }
    }

    func run() async throws {
      let owner = owner
      let states = try await ledger.reading { ledger in
        try await ledger.requireKnown(owner)
        return switch owner.kind {
        case .connector: try ledger.grants.states(to: ConnectorID(rawValue: owner.number))
        case .group: try ledger.grants.states(of: GroupID(rawValue: owner.number))
        default: try ledger.grants.states(by: AccountID(rawValue: owner.number))
        }
      }
      output.format.show(
        states.map(\.json), ["GRANT", "CONNECTOR", "ACCESS", "GRANTER", "STATE"], states.map(\.row),
        columns: ["grant", "state", "connector", "granter", "group", "scopes", "family", "grantedAt", "reason"])
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a grant, and whether it gives access now.",
      discussion: """
        EXAMPLES
          credledger grant show 11
          credledger grant show grant:11 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The grant, such as grant:11 or 11.") var grant: GrantID

    func run() async throws {
      let id = grant
      guard let state = try await ledger.reading({ try $0.grants.state(of: id) }) else {
        throw CheckFailed(
          reason: "there is no \(id); credledger grant list connector:N shows those of a connector [not_found]",
          code: .notFound)
      }
      output.format.show(state.json, state.lines)
    }
  }

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a connector access: to a group that the granter administers, or to the granter's own data.",
      discussion: """
        Prints a refresh token once; the ledger keeps only a digest. An earlier token for the same access stops. The \
        connector gets the named permissions that it also asks for; without --permission it gets all that it asks for.

        EXAMPLES
          credledger grant create --connector 8 --group 5 --granter 2
          credledger grant create --connector 8 --own --granter 2 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "The connector, such as connector:8 or 8, or its ID.") var connector: ConnectorName
    @Option(help: "Access to this group.") var group: GroupName?
    @Flag(help: "Access to what the granter may do.") var own = false
    @Option(help: "The account that gives it: an admin of the group, with a verified phone.") var granter: AccountID
    @Option(help: "What the granter agreed to; give it several times for several.") var permission: [Permission] = []

    func validate() throws {
      guard (group == nil) == own else { throw ValidationError("Give either --group or --own.") }
    }

    func run() async throws {
      let (connector, group, granter, permissions) = (connector, group, granter, permission)
      let granted = try await ledger.writing(by) { ledger, context in
        let access: GrantAccess.Access = if let group { .group(try group.find(in: ledger).id) } else { .user }
        let known = try connector.find(in: ledger)
        return try await ledger.grants.grant(
          known.id, consent: permissions.isEmpty ? .details(asOf: known.setBy) : .scopes(Scopes(permissions)),
          access: access, for: granter, by: Requester.operator, context: context)
      }
      let token = granted.refreshToken.text
      try output.showOnce(
        .object([
          ("grant", JSON(granted.grant)), ("refreshToken", .string(token)),
          ("expiresAt", .string(granted.expiresAt.description)),
        ]),
        [
          "\(granted.grant) gives access until \(granted.expiresAt).",
          "Its refresh token follows, this once: the ledger keeps a digest only. Its holder, with the connector's "
            + "Secret, has the access.", token,
        ])
    }
  }

  struct Revoke: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a grant for good; all its tokens stop.",
      discussion: """
        One event, whatever the number of tokens. To stop the tokens and leave the grant, see credledger token revoke.

        EXAMPLES
          credledger grant revoke 11
          credledger grant revoke grant:11 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The grant, such as grant:11 or 11.") var grant: GrantID

    func run() async throws {
      let id = grant
      let change = try await ledger.changing(id, by) {
        try await $0.grants.revoke(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is revoked")
    }
  }
}

extension GrantState {
  private var state: String { grant.isRevoked ? "revoked" : isInForce ? "in-force" : "stopped" }
  private var target: String { grant.group?.description ?? "the granter's own" }

  fileprivate var row: [String] {
    ["\(grant.id)", "\(grant.connector)", target, "\(grant.granter)", denialReason?.text ?? state]
  }

  fileprivate var lines: [String] {
    [
      "\(grant.id)  \(state)", "connector  \(grant.connector)", "access     \(target)", "granter    \(grant.granter)",
      "scopes     \(grant.scopes.description.replacing(",", with: ", "))",
      "family     \(grant.family?.description ?? "none")", "granted    \(grant.grantedAt)",
    ] + (denialReason.map { ["stopped    \($0.text)"] } ?? [])
  }

  fileprivate var json: JSON {
    var members: [(String, JSON)] = [
      ("grant", JSON(grant.id)),
      ("state", .string(state)),
      ("connector", JSON(grant.connector)), ("granter", JSON(grant.granter)),
    ]
    if let group = grant.group { members.append(("group", JSON(group))) }
    members.append(
      ("scopes", .array(grant.scopes.description.split(separator: ",").map { .string(String($0)) })))
    if let family = grant.family { members.append(("family", JSON(family))) }
    members.append(("grantedAt", .string(grant.grantedAt.description)))
    if let denialReason { members.append(("reason", .string(denialReason.text))) }
    return .object(members)
  }
}
