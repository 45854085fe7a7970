import ArgumentParser
import CredentialLedger

extension GroupCommand {
  struct Members: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the members that a group has now, in the order in which they were added.",
      discussion: """
        Who was added by a number that nobody has verified yet has no account. Numbers are not shown.

        EXAMPLES
          credledger group members 5
          credledger group members 5 --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName

    func run() async throws {
      let group = group
      let members = try await ledger.reading { try $0.groups.members(of: group.find(in: $0).id) }
      output.format.show(members.map(\.json), ["MEMBERSHIP", "ROLE", "ACCOUNT"], members.map(\.row))
    }
  }

  struct AddMember: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add-member", abstract: "Add somebody to a group, by account or by number.",
      discussion: """
        A number is read from a file, or with - from standard input, so that it stays out of the shell's history. Whoever \
        verifies it becomes the member.

        EXAMPLES
          credledger group add-member 5 --account 3 --role admin
          credledger group add-member 5 --number-file -
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Option(help: "The account, such as account:3 or 3.") var account: AccountID?
    @Option(help: "A file with the number, such as +911199999999; - is standard input.") var numberFile: String?
    @Option(help: "What the new member may do.") var role = MemberRoleName.member

    func validate() throws {
      guard (account == nil) != (numberFile == nil) else {
        throw ValidationError("Give either --account or --number-file.")
      }
    }

    func run() async throws {
      let (group, role, account) = (group, role.role, account)
      let number = try numberFile.map { try PhoneNumber(secret(in: $0)) }
      let made = try await ledger.writing { ledger -> Membership? in
        let group = try group.find(in: ledger).id
        var membership: MembershipID?
        if let account {
          membership = try await ledger.groups.add(account, role: role, to: group, by: Requester.operator)
        } else if let number {
          membership = try await ledger.groups.add(number, role: role, to: group, by: Requester.operator)
        }
        return try ledger.groups.members(of: group).first { $0.id == membership }
      }
      guard let made else { throw CheckFailed(reason: "the new membership cannot be found") }
      output.format.show(made.json, ["Made \(made.id)."])
    }
  }

  struct RemoveMember: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove-member", abstract: "Remove a member; what it granted for the group stops.")
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Argument(help: "The membership, such as membership:6 or 6, as group members shows it.") var membership:
      MembershipID

    func run() async throws {
      let (group, membership) = (group, membership)
      let change = try await ledger.changing(membership) { ledger in
        try await ledger.groups.remove(membership, from: group.find(in: ledger).id, by: Requester.operator)
      }
      change.show(output.format, "is removed")
    }
  }

  struct ChangeRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "role", abstract: "Give a member another role; a demoted admin's grants for the group stop.")
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Argument(help: "The membership, such as membership:6 or 6, as group members shows it.") var membership:
      MembershipID
    @Argument(help: "The role.") var role: MemberRoleName

    func run() async throws {
      let (group, membership, role) = (group, membership, role.role)
      let change = try await ledger.changing(membership) { ledger in
        try await ledger.groups.changeRole(
          of: membership, in: group.find(in: ledger).id, to: role, by: Requester.operator)
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
    ["\(id)", roleName, account?.description ?? "waits for its number"]
  }

  fileprivate var json: JSON {
    var members: [(String, JSON)] = [
      ("membership", .number(id.rawValue)), ("group", .number(group.rawValue)), ("role", .string(roleName)),
    ]
    if let account { members.append(("account", .number(account.rawValue))) }
    members.append(("byNumber", .bool(number != nil)))
    return .object(members)
  }
}
