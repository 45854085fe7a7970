import ArgumentParser
import CredentialLedger
import Glibc

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create a new ledger.",
    discussion: """
      The folder must be empty or not exist. Unless CREDLEDGER_MASTER_KEY holds a master key (64 hexadecimal digits or \
      base 64), the command makes one in the key folder: keep a copy elsewhere.

      EXAMPLES
        credledger init --ledger /var/lib/credledger --origin ledger.example.org
        CREDLEDGER_MASTER_KEY=$(cat /run/secrets/ledger-key) credledger init --ledger ./ledger --origin ledger.example.org
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Option(help: "The ledger's name in signed checkpoints, for good; ledger.local unless given.")
  var origin: String?

  func run() async throws {
    let path = try ledger.requireFolder()
    let origin = origin ?? "ledger.local"
    if self.origin == nil {
      write("note: without --origin the ledger is named \(origin), and keeps that name\n", to: STDERR_FILENO)
    }
    let made = try await Ledger.create(at: path, origin: origin, try ledger.configuration(for: .making))
    let key = try made.verifierKey
    await made.close()
    let hasKeyFile = unsafe access("\(path)/keys/master.key", F_OK) == 0
    let value = JSON.object([("ledger", .string(path)), ("origin", .string(origin)), ("verifierKey", .string(key))])
    if let text = output.format.text(value) { return print(text) }
    print("Made the ledger \(origin) in \(path).")
    print("Its checkpoints are checked by this key; keep it where the ledger is not:\n  \(key)")
    if hasKeyFile {
      print(
        "Its master key is in \(path)/keys/master.key: keep a copy elsewhere. Without it nothing personal can be read.")
    }
    print("Back up ledger/ and keys/ apart.")
  }
}
