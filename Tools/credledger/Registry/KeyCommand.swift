import ArgumentParser
import CredentialLedger

struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "List and rotate the ledger's keys.",
    discussion: """
      EXAMPLES
        credledger key list --ledger ./ledger
        credledger key rotate --all --overlap 7d
        credledger key drop token-mask
        credledger key rotate-signing
        credledger key rotate-master --to-file /run/secrets/new-key
        credledger key reader-key --to-file /run/secrets/reader-key
      """,
    subcommands: [
      List.self, Rotate.self, Drop.self, RotateSigning.self, RotateMasterKey.self, ReaderKey.self, SignerKey.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the public keys that verify checkpoints, oldest first.",
      discussion: """
        Give them to auditors, by a way that the person who hands over evidence cannot change. A key that was replaced
        ends in an @ and the size of the largest tree that it is valid for: leave that there.
        As JSON, the numbers and times of all other keys follow. Without the master key the keyring is not authenticated:
        somebody who can write its file can have put other keys there.

        EXAMPLES
          credledger key list --ledger ./ledger
          credledger key list --newest > ledger.example.org.key
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Only the key that signs from now on, on a line of its own.") var newest = false

    func run() async throws {
      let (all, master, kept, isKeyed) = try await ledger.reading {
        (try $0.verifierKeys, $0.keys.masterKeyFingerprint, $0.keys.all, $0.hasKeys)
      }
      let keys = newest ? all.suffix(1) : all
      let value = JSON.object([
        ("verifierKeys", .array(keys.map { .string($0) })), ("masterKeyFingerprint", .string(master)),
        ("keys", .array(kept.map(\.json))), ("keyed", .bool(isKeyed)),
      ])
      if let text = output.format.text(value) { return print(text) }
      for key in keys { print(key) }
      if !newest { print("master key fingerprint \(master)") }
      if !isKeyed, !newest {
        print("NOT authenticated, which takes the master key: anybody who can write the keyring chose these")
      }
    }
  }

  struct RotateSigning: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a new key for signing checkpoints.")
    @OptionGroup var ledger: LedgerOptions

    func run() async throws { print(try await ledger.writing { try await $0.keys.rotateSigningKey() }) }
  }
}
