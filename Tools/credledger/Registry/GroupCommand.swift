import ArgumentParser
import CredentialLedger

struct GroupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group", abstract: "List, show and administer groups, their members and subscribers.",
    discussion: """
      A group is named by its number, group:5 or 5, or by the ID that clients know. Each change is recorded with the \
      operator as its actor.

      EXAMPLES
        credledger group list --ledger ./ledger
        credledger group members 5 --format ndjson
        credledger group create --name "Field team" --creator 2
        credledger group add-member 5 --account 3 --account 4 --role admin
        credledger group subscribe 9 --number-file numbers.txt
        credledger group attach 7 --to 5
        credledger group delete 5
      """,
    subcommands: [
      List.self, Show.self, Create.self, Rename.self, Delete.self, Members.self, AddMember.self, RemoveMember.self,
      ChangeRole.self, Subscribers.self, Subscribe.self, Unsubscribe.self, Attach.self, Detach.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List groups, deleted ones included, oldest first.",
      discussion: """
        EXAMPLES
          credledger group list --limit 20
          credledger group list --member 2
          credledger group list --name team --field id
          credledger group list --below 5
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "Only those that this account is a member of.") var member: AccountID?
    @Option(help: "Only those directly below this group.") var below: GroupName?
    @Option(parsing: .unconditional, help: "Go on after this group.") var after: GroupID?
    @OptionGroup var naming: NameFilter
    @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 100

    func validate() throws {
      try requireLimit(limit, 1...1_000)
      guard [member != nil, below != nil, after != nil].count(where: { $0 }) < 2 else {
        throw ValidationError("Give one of --member, --below and --after.")
      }
    }

    func run() async throws {
      let (member, below, after, limit, naming) = (member, below, after, limit, naming)
      let groups = try await ledger.reading { ledger in
        if let member {
          try await ledger.requireKnown(Subject(member), "--member")
          return naming.filtered(try ledger.groups.joined(by: member), \.name)
        }
        if let below { return naming.filtered(try ledger.groups.subgroups(of: below.find(in: ledger).id), \.name) }
        return try naming.list(after: after, limit: limit, \.name, \.id) { try ledger.groups.all(after: $0, limit: $1) }
      }
      output.format.show(
        groups.map { $0.json() }, ["GROUP", "ID", "STATE", "MEMBERS", "NAME"], groups.map(\.row),
        columns: ["group", "id", "state", "name", "kind", "welcomeMessage", "members", "admins", "createdAt"])
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a group and the groups below it.",
      discussion: """
        EXAMPLES
          credledger group show 5
          credledger group show group:5 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName

    func run() async throws {
      let name = group
      let (found, below) = try await ledger.reading { ledger in
        let found = try name.find(in: ledger)
        return (found, try ledger.groups.subgroups(of: found.id).map(\.id))
      }
      output.format.show(found.json(subgroups: below), found.lines(below))
    }
  }

  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a group, with its creator as its first admin.",
      discussion: """
        The named people, at most 200, are its members from the start.

        EXAMPLES
          credledger group create --name "Field team" --creator 2 --account 3 --account 4
          credledger group create --name News --creator 2 --kind connect-group --welcome-message "Good to have you"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "1 to 100 characters.") var name: String
    @Option(help: "The account that it is for.") var creator: AccountID
    @Option(help: "What sort of group.") var kind = GroupKindName.group
    @Option(help: "Shown to new members, at most 1000 characters.") var welcomeMessage = ""
    @OptionGroup var named: PeopleOptions

    func run() async throws {
      let (name, creator, kind, message, people) = (name, creator, kind.kind, welcomeMessage, try named.people())
      let made = try await ledger.writing(by) { ledger, context in
        try await ledger.groups.create(
          name: name, kind: kind, welcomeMessage: message, members: people.map { .init($0) }, for: creator,
          by: Requester.operator, context: context)
      }
      output.format.show(made.json(), ["Made \(made.id), which clients know as \(made.publicID)."])
    }
  }

  struct Rename: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a group another name.",
      discussion: """
        EXAMPLES
          credledger group rename 5 "Field team north" --as Ada
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Argument(help: "1 to 100 characters.") var name: String

    func run() async throws {
      let (group, name) = (group, name)
      let change = try await ledger.changing(group, by) { ledger, context in
        try await ledger.groups.rename(group.find(in: ledger).id, to: name, by: Requester.operator, context: context)
      }
      change.show(output.format, "is renamed")
    }
  }

  struct Delete: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a group for good; the access that was given to it stops.",
      discussion: """
        One event, whatever the number of tokens. Asks first, unless --yes is given.

        EXAMPLES
          credledger group delete 5
          credledger group delete 5 --yes
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @OptionGroup var confirmation: ConfirmationOptions
    @Argument(help: "The group, such as group:5 or 5.") var group: GroupID

    func confirm() throws { try confirmation.require(group, "Delete \(group) for good?") }

    func run() async throws {
      let id = group
      try confirm()
      let change = try await ledger.changing(id, by) {
        try await $0.groups.delete(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is deleted")
    }
  }

  struct Attach: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a group below another.",
      discussion: """
        EXAMPLES
          credledger group attach 7 --to 5
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The lower group, such as group:7 or 7, or its ID.") var group: GroupName
    @Option(help: "The upper group.") var to: GroupName

    func run() async throws {
      let (lower, upper) = (group, to)
      let change = try await ledger.changing(lower, by) { ledger, context in
        try await ledger.groups.attach(
          lower.find(in: ledger).id, to: upper.find(in: ledger).id, by: Requester.operator, context: context)
      }
      change.show(output.format, "is below \(upper)")
    }
  }

  struct Detach: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a group from below another.",
      discussion: """
        EXAMPLES
          credledger group detach 7 --from 5
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The lower group, such as group:7 or 7, or its ID.") var group: GroupName
    @Option(help: "The upper group.") var from: GroupName

    func run() async throws {
      let (lower, upper) = (group, from)
      let change = try await ledger.changing(lower, by) { ledger, context in
        try await ledger.groups.detach(
          lower.find(in: ledger).id, from: upper.find(in: ledger).id, by: Requester.operator, context: context)
      }
      change.show(output.format, "is no longer below \(upper)")
    }
  }
}

/// The kinds of group by their names on the command line.
enum GroupKindName: String, ExpressibleByArgument, CaseIterable {
  case group
  case connectGroup = "connect-group"

  var kind: GroupKind { self == .group ? .group : .connectGroup }
}

extension Group {
  private var state: String { isDeleted ? "deleted" : "active" }
  private var kindName: String { (kind == .connectGroup ? GroupKindName.connectGroup : .group).rawValue }

  fileprivate var row: [String] { ["\(id)", "\(publicID)", state, "\(memberCount)", name] }

  fileprivate func lines(_ below: [GroupID]) -> [String] {
    [
      "\(id)  \(state)", "ID        \(publicID)", "name      \(name)", "kind      \(kindName)",
      "welcome   \(welcomeMessage.replacing("\n", with: " "))",
      "members   \(memberCount), of whom \(adminCount) administer it",
      "below it  \(below.isEmpty ? "none" : below.map(\.description).joined(separator: ", "))",
      "created   \(createdAt)",
    ]
  }

  fileprivate func json(subgroups: [GroupID]? = nil) -> JSON {
    var members: [(String, JSON)] = [
      ("group", JSON(id)), ("id", .string(publicID.description)), ("state", .string(state)),
      ("name", .string(name)), ("kind", .string(kindName)), ("welcomeMessage", .string(welcomeMessage)),
      ("members", .number(memberCount)), ("admins", .number(adminCount)),
      ("createdAt", .string(createdAt.description)),
    ]
    if let subgroups { members.append(("subgroups", .array(subgroups.map { JSON($0) }))) }
    return .object(members)
  }
}
