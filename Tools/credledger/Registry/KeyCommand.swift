import ArgumentParser
import CredentialLedger

struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "List and rotate the ledger's keys.",
    discussion: """
      EXAMPLES
        credledger key list --ledger ./ledger
        credledger key rotate-signing
        credledger key rotate-master --to-file /run/secrets/new-key
      """,
    subcommands: [List.self, RotateSigning.self, RotateMaster.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the keys that check checkpoints, oldest first.",
      discussion: """
        They are public: give them to whoever is to check evidence, by a way that whoever hands over evidence cannot change.

        EXAMPLES
          credledger key list --ledger ./ledger
          credledger key list --newest > ledger.example.org.key
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Only the key that signs from now on, on a line of its own.") var newest = false

    func run() async throws {
      let (all, master) = try await ledger.reading { (try $0.verifierKeys, $0.keys.masterKeyFingerprint) }
      let keys = newest ? all.suffix(1) : all
      let value = JSON.object([
        ("verifierKeys", .array(keys.map { .string($0) })), ("masterKeyFingerprint", .string(master)),
      ])
      if let text = output.format.text(value) { return print(text) }
      for key in keys { print(key) }
      if !newest { print("master key \(master)") }
    }
  }

  struct RotateSigning: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a new key that signs checkpoints from now on.")
    @OptionGroup var ledger: LedgerOptions

    func run() async throws { print(try await ledger.writing { try await $0.keys.rotateSigningKey() }) }
  }

  struct RotateMaster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Replace the master key.")
    @OptionGroup var ledger: LedgerOptions
    @Option(help: "The file with the new key, mode 0600.") var toFile: String?
    @Option(help: "The environment variable with the new key.") var toEnvironment: String?

    func run() async throws {
      switch (toFile, toEnvironment) {
      case (let path?, nil): try await ledger.writing { try await $0.keys.rotateMasterKey(to: .file(path)) }
      case (nil, let name?): try await ledger.writing { try await $0.keys.rotateMasterKey(to: .environment(name)) }
      case (nil, nil): try await ledger.writing { try await $0.keys.rotateMasterKey(to: .keysFolder) }
      case (.some, .some): throw ValidationError("Name one place for the new key.")
      }
    }
  }
}
