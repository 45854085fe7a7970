import ArgumentParser
import CredentialLedger

extension GroupCommand {
  struct Members: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the members that a group has now, in the order in which they were added.",
      discussion: """
        A member by a number that nobody has verified yet has no account. Numbers are shown only with --reveal; those \
        of erased people cannot be shown.

        EXAMPLES
          credledger group members 5
          credledger group members 5 --reveal
          credledger group members 5 --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @OptionGroup var revealing: RevealOptions

    var changesLedger: Bool { revealing.reveal }

    func run() async throws {
      let group = group
      let (members, numbers) = try await ledger.reading(revealing) { ledger in
        let members = try ledger.groups.members(of: group.find(in: ledger).id)
        let disclosure = try await revealing.disclosure(of: .members(members), for: "group members", in: ledger)
        var numbers: [String?]?
        if let disclosure { numbers = try await ledger.groups.revealNumbers(of: members, under: disclosure) }
        return (members, numbers)
      }
      output.format.show(
        members.map(\.json), ["MEMBERSHIP", "ROLE", "ACCOUNT"], members.map(\.row), numbers: numbers,
        columns: ["membership", "group", "role", "account", "byNumber"])
    }
  }

  struct AddMember: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "add-member", abstract: "Add people to a group, each by account or by number.",
      discussion: """
        At most 200 at once. If one person is refused, nobody is added. Prints the new memberships; existing members \
        may be named as well. A number is invited until its holder accepts.

        EXAMPLES
          credledger group add-member 5 --account 3 --account 4 --role admin
          credledger group add-member 5 --number-file -
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @OptionGroup var named: PeopleOptions
    @Option(help: "What the new members may do.") var role = MemberRoleName.member

    var inputs: [CommandInput] { named.inputs }

    func validate() throws { try named.requireSomebody() }

    func run() async throws {
      let (group, role, people) = (group, role.role, try named.people())
      let made = try await ledger.writing(by) { ledger, context in
        let group = try group.find(in: ledger).id
        let made = Set(
          try await ledger.groups.add(
            people.map { .init($0, role: role) }, to: group, by: Requester.operator, context: context))
        return try ledger.groups.members(of: group).filter { made.contains($0.id) }
      }
      if made.isEmpty, output.format == .table { return print("nothing was to be done") }
      output.format.show(
        made.map { .object($0.json) }, ["MEMBERSHIP", "ROLE", "ACCOUNT"], made.map(\.row))
    }
  }

  struct RemoveMember: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove-member", abstract: "Remove members; what they granted for the group stops.",
      discussion: """
        At most 200 at once. If one removal is refused, nobody is removed. Members that were removed before may be \
        named as well.

        EXAMPLES
          credledger group remove-member 5 6
          credledger group remove-member 5 6 9 12
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Argument(help: "The memberships, such as membership:6 or 6, as group members shows them.") var memberships:
      [MembershipID]

    func run() async throws {
      let (group, memberships) = (group, memberships)
      let ended = try await ledger.writing(by) { ledger, context in
        try await ledger.groups.remove(
          memberships, from: group.find(in: ledger).id, by: Requester.operator, context: context)
      }
      let changes = memberships.map { Change(target: "\($0)", isNew: ended.contains($0)) }
      changes.show(output.format, "is removed")
    }
  }

  struct ChangeRole: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Give a member another role; a demoted admin's grants for the group stop.",
      discussion: """
        EXAMPLES
          credledger group role 5 6 admin
          credledger group role 5 membership:6 member --as Ada
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Argument(help: "The membership, such as membership:6 or 6, as group members shows it.") var membership:
      MembershipID
    @Argument(help: "The role.") var role: MemberRoleName

    func run() async throws {
      let (group, membership, role) = (group, membership, role.role)
      let change = try await ledger.changing(membership, by) { ledger, context in
        try await ledger.groups.changeRole(
          of: membership, in: group.find(in: ledger).id, to: role, by: Requester.operator, context: context)
      }
      change.show(output.format, "has another role")
    }
  }
}

/// The roles in a group by their names on the command line.
enum MemberRoleName: String, ExpressibleByArgument, CaseIterable {
  case member
  case admin

  var role: Role { self == .admin ? .admin : .member }
}

extension Membership {
  private var roleName: String { (role == .admin ? MemberRoleName.admin : .member).rawValue }

  fileprivate var row: [String] {
    ["\(id)", roleName, account?.description ?? "invited by number"]
  }

  fileprivate var json: [(String, JSON)] {
    var members: [(String, JSON)] = [
      ("membership", JSON(id)), ("group", JSON(group)), ("role", .string(roleName)),
    ]
    if let account { members.append(("account", JSON(account))) }
    members.append(("byNumber", .bool(number != nil)))
    return members
  }
}
