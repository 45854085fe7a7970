import ArgumentParser
import CredentialLedger

extension AccountCommand {
  struct Create: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register the account of somebody who has not signed in yet.",
      discussion: """
        The first sign-in with the same issuer and subject finds the account. With --phone the operator vouches for the number: \
        it counts as verified without a PIN, and --reason says why. Arguments are visible in the list of processes: give the \
        number by -, as a line on standard input. For many people at once see credledger import-people.

        EXAMPLES
          credledger account create --issuer https://id.example.org --subject 248289761001 --name Ada --email ada@example.org
          credledger account create --issuer https://id.example.org --subject 7 --name Bo --phone - --reason "staff list" --as Ada
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "The identity provider's issuer URL.") var issuer: String
    @Option(help: "The provider's name for the person.") var subject: String
    @Option(name: .customLong("name"), help: "The person's name; sealed, as all personal data.") var called: String
    @Option(help: "The person's e-mail address.") var email: String?
    @Option(help: "user, tenant-admin, auditor or operator.") var role = RoleName.user
    @Option(help: "A number that the operator vouches for, such as +911199999999; - reads it from standard input.")
    var phone: String?

    var inputs: [CommandInput] { phone == "-" ? [CommandInput(name: "-", prompt: "number")] : [] }

    func validate() throws {
      guard phone == nil || by.reason != nil else {
        throw ValidationError("--phone needs --reason: why the number counts as verified without a PIN.")
      }
    }

    func run() async throws {
      var number: PhoneNumber?
      if let phone {
        let lines = try values(of: phone, "number")
        guard lines.count == 1 else { throw ValidationError("--phone: expected one number.") }
        number = try PhoneNumber(lines[0])
      }
      let new = NewAccount(
        issuer: issuer, subject: subject, name: called, email: email, role: role.role, phone: number)
      let account = try await ledger.writing(by) { try await $0.accounts.create(new, context: $1) }
      Change(target: "\(account)", isNew: true).show(output.format, "is registered")
    }
  }
}
