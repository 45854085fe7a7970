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
  @OptionGroup(title: "Two operators") var approval: ApprovalOptions
  @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
  @OptionGroup var confirmation: ConfirmationOptions

  func confirm() throws {
    guard !approval.propose else { return }
    try confirmation.require(account, "Erase the person of \(account) for good?")
  }

  func run() async throws {
    let id = account
    if try await ledger.proposed(approval, by, .table, { _ in .eraseAccount(id) }) { return }
    try confirm()
    try await ledger.writing(by, approval) { try await $0.people.erase(id, by: Requester.operator, context: $1) }
    print("Erased the person of \(account).")
  }
}
