import ArgumentParser
import CredentialLedger
import LedgerServer

extension Token {
  /// Writes down when tokens were last used, of a server that has the ledger open: it keeps the newest uses in memory. What
  /// reads them beside the server asks for it; people have no need to.
  struct WriteUses: DoorCommand {
    static let configuration = CommandConfiguration(
      commandName: "write-uses", abstract: "Have a server write down when tokens were last used.", shouldDisplay: false)

    @OptionGroup var ledger: LedgerOptions

    func run() async throws { try await ledger.writing { try await $0.tokens.flushLastUses() } }
  }
}

extension LedgerOptions {
  /// How long a server may take to write the uses down, in seconds; one that hangs does not keep others from reading.
  private static let patience: Int64 = 20

  /// Has the server that has the ledger open, if there is one, write down when tokens were last used, before they are read
  /// beside it. Where it does not, a note says how old they may be.
  func haveUsesWritten() async {
    guard DoorSession.current == nil, let client = namedFolder.flatMap({ OperatorDoorClient(of: $0) }) else { return }
    let request = OperatorRequest(arguments: ["token", "write-uses"])
    if let answer = try? await client.perform(request, within: Self.patience), answer.status == 0 { return }
    Presentation.note(
      "a server has the ledger open, and did not write down the newest uses of tokens: those of the last minute may be "
        + "missing")
  }
}
