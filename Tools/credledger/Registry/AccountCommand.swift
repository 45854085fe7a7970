import ArgumentParser
import CredentialLedger

struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: "Create, list, show and administer accounts.",
    discussion: """
      Each change is recorded with the operator as its actor.

      EXAMPLES
        credledger account create --issuer https://id.example.org --subject 7 --name Bo --as Ada
        credledger account list --ledger ./ledger --format ndjson
        credledger account show 12 --reveal
        credledger account disable 12 --reason "left the company"
        credledger account role 12 tenant-admin
        credledger account remove-phone 31
      """,
    subcommands: [Create.self, List.self, Show.self, Disable.self, Enable.self, Role.self, RemovePhone.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List accounts, erased ones included, oldest first; without personal data.",
      discussion: """
        EXAMPLES
          credledger account list --limit 20
          credledger account list --after account:12 --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Option(parsing: .unconditional, help: "Go on after this account.") var after: AccountID?
    @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 100

    func validate() throws { try requireLimit(limit, 1...1_000) }

    func run() async throws {
      let (after, limit) = (after, limit)
      let accounts = try await ledger.reading { opened in
        try opened.accounts.list(after: after, limit: limit)
      }
      output.format.show(
        accounts.map { $0.json() }, ["ACCOUNT", "ROLE", "STATE", "ISSUER"], accounts.map(\.row),
        columns: ["account", "role", "state", "issuer", "registeredAt"])
    }
  }

  struct Show: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show an account.",
      discussion: """
        --reveal shows personal data, which is recorded first: name, e-mail address, and the newest sign-ins with their addresses and programs.

        EXAMPLES
          credledger account show 12
          credledger account show 12 --reveal --as Ada --ticket HR-77 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
    @OptionGroup var revealing: RevealOptions

    var changesLedger: Bool { revealing.reveal }

    func run() async throws {
      let (id, reveal) = (account, revealing.reveal)
      let (found, person) = try await ledger.reading(revealing) { opened in
        let disclosure = try await revealing.disclosure(of: .accounts([id]), for: "account show", in: opened)
        var person: RevealedPerson?
        if let disclosure { person = try await opened.revealed(id, under: disclosure) }
        return (try opened.accounts.account(id), person)
      }
      guard let found else {
        throw CheckFailed(
          reason: "there is no \(account); credledger account list shows those that there are [not_found]",
          code: .notFound)
      }
      output.format.show(
        found.json(person), [found.row.joined(separator: "  ")] + (reveal ? person?.lines ?? ["erased person"] : []))
    }
  }

  struct Disable: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Disable an account; everything that depends on it stops.",
      discussion: """
        Takes --reason, which stays in the log. Nothing is destroyed: credledger account enable ends it.

        EXAMPLES
          credledger account disable 12 --reason "left the company" --as Ada --ticket HR-77
          credledger account disable account:12 --reason "left the company" --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The account, such as account:12 or 12.") var account: AccountID

    func validate() throws { _ = try by.requiredReason() }

    func run() async throws {
      let (id, reason) = (account, try by.requiredReason())
      let change = try await ledger.changing(id, by, isReasonOfEvent: true) {
        _ = try await $0.accounts.disable(id, reason: reason, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is disabled")
    }
  }

  struct Enable: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enable an account that was disabled.",
      discussion: """
        EXAMPLES
          credledger account enable 12
          credledger account enable 12 --revoke-tokens --as Ada --ticket HR-78
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
    @Flag(help: "Leave the tokens issued so far stopped for good; the grants work again.") var revokeTokens = false

    func run() async throws {
      let (id, revokeTokens) = (account, revokeTokens)
      let change = try await ledger.changing(id, by) {
        _ = try await $0.accounts.enable(id, revokingTokens: revokeTokens, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is enabled")
    }
  }

  struct Role: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give an account another role.",
      discussion: """
        EXAMPLES
          credledger account role 12 tenant-admin
          credledger account role 12 auditor --propose --as Ada --reason "audits from October"
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
    @Argument(help: "user, tenant-admin, auditor or operator.") var role: RoleName

    func run() async throws {
      let (id, role) = (account, role.role)
      if try await ledger.proposed(approval, by, output.format, { _ in .changeRole(of: id, to: role) }) { return }
      let isNew = try await ledger.writing(by, approval) {
        try await $0.accounts.changeRole(of: id, to: role, by: Requester.operator, context: $1)
      }
      Change(target: "\(id)", isNew: isNew).show(output.format, "has the role \(self.role.rawValue)")
    }
  }

  struct RemovePhone: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a phone from its account.",
      discussion: """
        The phone is named by its number in the ledger. The column OBJECT of the first example shows those of an account; the \
        second finds a telephone number.

        EXAMPLES
          credledger audit --account 12 --type phone.verified
          credledger audit --phone - --type phone.verified < number.txt
          credledger account remove-phone 31 --as Ada --ticket HR-79
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The phone's number in the ledger, such as phone:31 or 31.") var phone: PhoneID

    func run() async throws {
      let id = phone
      let change = try await ledger.changing(id, by) {
        _ = try await $0.phones.remove(id, by: Requester.operator, context: $1)
      }
      change.show(output.format, "is removed")
    }
  }
}

/// The roles by their names on the command line.
enum RoleName: String, ExpressibleByArgument, CaseIterable {
  case user
  case tenantAdmin = "tenant-admin"
  case auditor
  case `operator`

  var role: AccountRole {
    switch self {
    case .user: .user
    case .tenantAdmin: .tenantAdmin
    case .auditor: .auditor
    case .operator: .operator
    }
  }
}

/// What is opened of a person for --reveal.
private struct RevealedPerson: Sendable {
  let known: Accounts.Revealed
  let signIns: [Accounts.RevealedSignIn]

  var lines: [String] {
    [known.subject, known.name, known.email].compactMap { $0.map { "  \($0)" } }
      + signIns.map { "  \($0.time)  \($0.address ?? "unknown address")  \($0.userAgent ?? "unknown program")" }
  }
}

extension Ledger {
  fileprivate func revealed(
    _ account: AccountID, under disclosure: Disclosure
  ) async throws(LedgerError) -> RevealedPerson? {
    guard let known = try await accounts.reveal(account, under: disclosure),
      let signIns = try await accounts.signIns(of: account, under: disclosure, limit: 20)
    else { return nil }
    return RevealedPerson(known: known, signIns: signIns)
  }
}

extension Accounts.RevealedSignIn {
  fileprivate var json: JSON {
    var members: [(String, JSON)] = [("position", .number(position.rawValue)), ("time", .string(time.description))]
    if let address { members.append(("address", .string(address))) }
    if let userAgent { members.append(("userAgent", .string(userAgent))) }
    return .object(members)
  }
}

extension Account {
  fileprivate var state: String { isErased ? "erased" : isDisabled ? "disabled" : "enabled" }
  fileprivate var roleName: String { RoleName.allCases.first { $0.role == role }?.rawValue ?? "none" }
  var row: [String] { ["\(id)", roleName, state, issuer] }

  fileprivate func json(_ person: RevealedPerson?) -> JSON { json(revealed: person) }

  func json() -> JSON { json(revealed: nil) }

  private func json(revealed person: RevealedPerson?) -> JSON {
    var members: [(String, JSON)] = [
      ("account", JSON(id)), ("role", .string(roleName)), ("state", .string(state)),
      ("issuer", .string(issuer)), ("registeredAt", .string(registeredAt.description)),
    ]
    if let person {
      members.append(("subject", .string(person.known.subject)))
      if let name = person.known.name { members.append(("name", .string(name))) }
      if let email = person.known.email { members.append(("email", .string(email))) }
      members.append(("signIns", .array(person.signIns.map(\.json))))
    }
    return .object(members)
  }
}
