import ArgumentParser
import CredentialLedger

struct Erase: DoorCommand {
  static let configuration = CommandConfiguration(
    abstract: "Erase the person of an account, for good.",
    discussion: """
      Afterwards nobody can read the person's data, and the account's grants stop. Asks first, unless --yes is given.

      EXAMPLES
        credledger erase 12 --ledger ./ledger
        credledger erase 12 --yes
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
  @OptionGroup var confirmation: ConfirmationOptions

  func confirm() throws { try confirmation.require(account, "Erase the person of \(account) for good?") }

  func run() async throws {
    try confirm()
    let id = account
    try await ledger.writing(by) { try await $0.people.erase(id, by: Requester.operator, context: $1) }
    print("Erased the person of \(account).")
  }
}
