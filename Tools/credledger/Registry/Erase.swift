import ArgumentParser
import CredentialLedger
import Glibc

struct Erase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Erase the person of an account, for good.",
    discussion: """
      Nobody can read the person's data afterwards, and what the account granted stops. Asks first, unless --yes is given.

      EXAMPLES
        credledger erase 12 --ledger ./ledger
        credledger erase 12 --yes
      """)

  @OptionGroup var ledger: LedgerOptions
  @Argument(help: "The account, such as account:12 or 12.") var account: AccountID
  @Flag(help: "Do not ask.") var yes = false

  func run() async throws {
    if !yes {
      guard isatty(STDIN_FILENO) == 1 else { throw ValidationError("Without a terminal to ask on, --yes is needed.") }
      print("Erase the person of \(account) for good? Type the account's number:")
      guard readLine().flatMap({ AccountID($0) }) == account else { throw CheckFailed(reason: "nothing was erased") }
    }
    let id = account
    try await ledger.writing { try await $0.people.erase(id, by: Requester.operator) }
    print("Erased the person of \(account).")
  }
}
