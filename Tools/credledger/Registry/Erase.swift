import ArgumentParser
import CredentialLedger

struct Erase: DoorCommand {
  static let configuration = CommandConfiguration(
    abstract: "Erase the person of an account, for good.",
    discussion: """
      Afterwards nobody can read the person's data, and the account's grants stop. Asks first, unless --yes is given.

      EXAMPLES
        credledger erase 12 --ledger ./ledger
        credledger erase 12 --yes --as Ada --ticket DP-3 --format json
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @OptionGroup(title: "Two operators") var approval: ApprovalOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
  @OptionGroup var confirmation: ConfirmationOptions

  func confirm() throws {
    guard !approval.propose else { return }
    try confirmation.require(account, "Erase the person of \(account) for good?")
  }

  func run() async throws {
    let (id, proposal) = (account, approval.proposal)
    if try await ledger.proposed(approval, by, output.format, { _ in .eraseAccount(id) }) { return }
    try confirm()
    let change = try await ledger.changing(id, by) { ledger, context in
      var context = context
      context.proposal = proposal
      try await ledger.people.erase(id, by: Requester.operator, context: context)
    }
    guard output.format == .table else { return change.show(output.format, "is erased") }
    // Also where it was recorded before: the keys are destroyed, whatever stopped an earlier run.
    if !Presentation.isQuiet { print("Erased the person of \(account).") }
  }
}
