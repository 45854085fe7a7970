import ArgumentParser
import CredentialLedger

struct WebhookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhook", abstract: "List, show, disable, enable and delete webhooks.",
    discussion: """
      Connectors register webhooks themselves, with an access token. The address of a webhook, its token and its \
      context may be secret and are never printed. Each change is recorded with the operator as its actor.

      EXAMPLES
        credledger webhook list connector:8 --ledger ./ledger
        credledger webhook show 15
        credledger webhook disable 15 --reason "floods the gateway"
        credledger webhook enable 15
        credledger webhook delete 15
      """,
    subcommands: [List.self, Show.self, Disable.self, Enable.self, Delete.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the webhooks of a connector, a grant or a group that are not deleted, oldest first.",
      discussion: """
        Shows for each the reason why it does not deliver, if any, and the number of waiting deliveries.

        EXAMPLES
          credledger webhook list connector:8
          credledger webhook list grant:11 --format ndjson
          credledger webhook list group:5
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(
      help: "Whose webhooks: connector:N, grant:N, or group:N for those that listen to it.",
      completion: .subjects(madeBy: "connector.created", "permission.granted", "group.created"))
    var owner: Subject

    func validate() throws {
      guard [.connector, .grant, .group].contains(owner.kind), owner.number > 0 else {
        throw ValidationError("Name a connector:N, grant:N or group:N.")
      }
    }

    func run() async throws {
      let owner = owner
      let webhooks = try await ledger.reading { ledger in
        try await ledger.requireKnown(owner)
        let states =
          switch owner.kind {
          case .connector: try ledger.webhooks.states(of: ConnectorID(rawValue: owner.number))
          case .grant: try ledger.webhooks.states(of: GrantID(rawValue: owner.number))
          default: try Self.states(on: .group(GroupID(rawValue: owner.number)), in: ledger)
          }
        return try states.map { try ListedWebhook($0, in: ledger) }
      }
      output.format.show(
        webhooks.map(\.json), ["WEBHOOK", "CONNECTOR", "LISTENS TO", "WAITING", "STATE"], webhooks.map(\.row),
        columns: [
          "webhook", "id", "state", "connector", "grant", "objectType", "objectID", "group", "eventTypes", "waiting",
          "registeredAt", "expiresAt", "reason",
        ])
    }

    private static func states(on object: WebhookObject, in ledger: Ledger) throws -> [WebhookState] {
      var states: [WebhookState] = []
      while case let page = try ledger.webhooks.states(on: object, after: states.last?.webhook.id, limit: 1_000),
        !page.isEmpty
      {
        states += page
      }
      return states
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a webhook, deleted or not, and whether it delivers now.",
      discussion: """
        EXAMPLES
          credledger webhook show 15
          credledger webhook show webhook:15 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The webhook, such as webhook:15 or 15.") var webhook: WebhookID

    func run() async throws {
      let id = webhook
      let found = try await ledger.reading { ledger in
        try ledger.webhooks.state(of: id).map { try ListedWebhook($0, in: ledger) }
      }
      guard let found else {
        throw CheckFailed(
          reason: "there is no \(id); credledger webhook list connector:N shows those of a connector [not_found]",
          code: .notFound)
      }
      output.format.show(found.json, found.lines)
    }
  }

  struct Disable: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stop a webhook until it is enabled again.",
      discussion: """
        Its waiting deliveries are dropped.

        EXAMPLES
          credledger webhook disable 15 --reason "floods the gateway"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The webhook, such as webhook:15 or 15.") var webhook: WebhookID

    func validate() throws { _ = try by.requiredReason() }

    func run() async throws {
      let (id, reason) = (webhook, try by.requiredReason())
      let change = try await ledger.changing(id, by, isReasonOfEvent: true) {
        try await $0.webhooks.disable(id, reason: reason, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is disabled")
    }
  }

  struct Enable: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a webhook deliver again after it was disabled.",
      discussion: """
        What happened meanwhile is not told to it.

        EXAMPLES
          credledger webhook enable 15
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The webhook, such as webhook:15 or 15.") var webhook: WebhookID

    func run() async throws {
      let id = webhook
      let change = try await ledger.changing(id, by) {
        try await $0.webhooks.enable(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is enabled")
    }
  }

  struct Delete: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a webhook for good; the key of its address and token is destroyed.",
      discussion: """
        Its waiting deliveries are dropped. Asks first, unless --yes is given.

        EXAMPLES
          credledger webhook delete 15
          credledger webhook delete 15 --yes
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @Argument(help: "The webhook, such as webhook:15 or 15.") var webhook: WebhookID

    func confirm() throws { try confirmation.require(webhook, "Delete \(webhook) for good?") }

    func run() async throws {
      let id = webhook
      try confirm()
      let change = try await ledger.changing(id, by) {
        try await $0.webhooks.delete(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is deleted")
    }
  }
}

/// A webhook as it is printed: without its address, token and context.
private struct ListedWebhook: Sendable {
  private let state: WebhookState
  private let waiting: Int

  init(_ state: WebhookState, in ledger: Ledger) throws {
    self.state = state
    waiting = try ledger.deliveries.waiting(for: state.webhook.id).count
  }

  private var webhook: Webhook { state.webhook }

  private var object: String {
    switch webhook.object {
    case .group(let group): group.description
    case .action(let id, in: _): "action \(id)"
    case .actionPackage(let id, in: _): "action package \(id)"
    }
  }

  private var stateName: String {
    switch state.denialReason {
    case nil: "in-force"
    case .deleted: "deleted"
    case .disabled: "disabled"
    case .expired: "expired"
    case .stopped, .scopeMissing, .notMember, .outOfReach, .unbound: "stopped"
    }
  }

  private var reason: String? {
    switch state.denialReason {
    case nil: nil
    case .deleted: "deleted"
    case .disabled: "disabled"
    case .expired(let time): "expired at \(time)"
    case .stopped(let reason): reason.text
    case .scopeMissing: "the connector has no permission for webhooks any more"
    case .notMember: "the granter is no member of the group any more"
    case .outOfReach: "its group does not lie below the grant's group any more"
    case .unbound: "nobody said which group its action belongs to: have it registered again"
    }
  }

  var row: [String] {
    ["\(webhook.id)", "\(webhook.connector)", object, "\(waiting)", reason ?? stateName]
  }

  var lines: [String] {
    [
      "\(webhook.id)  \(stateName)", "ID          \(webhook.publicID)",
      "connector   \(webhook.connector)", "grant       \(webhook.grant)", "listens to  \(object)",
      "events      \(webhook.details.eventTypes.joined(separator: ", "))", "waiting     \(waiting)",
      "registered  \(webhook.registeredAt)", "expires     \(webhook.expiresAt)",
    ] + (reason.map { ["stopped     \($0)"] } ?? [])
  }

  var json: JSON {
    var members: [(String, JSON)] = [
      ("webhook", JSON(webhook.id)), ("id", .string(webhook.publicID.description)),
      ("state", .string(stateName)), ("connector", JSON(webhook.connector)),
      ("grant", JSON(webhook.grant)), ("objectType", .string(webhook.object.type)),
    ]
    switch webhook.object {
    case .group: break
    case .action(let id, in: _), .actionPackage(let id, in: _): members.append(("objectID", .string(id)))
    }
    if webhook.group.rawValue != 0 { members.append(("group", JSON(webhook.group))) }
    members += [
      ("eventTypes", .array(webhook.details.eventTypes.map { .string($0) })), ("waiting", .number(UInt64(waiting))),
      ("registeredAt", .string(webhook.registeredAt.description)),
      ("expiresAt", .string(webhook.expiresAt.description)),
    ]
    if let reason { members.append(("reason", .string(reason))) }
    return .object(members)
  }
}
