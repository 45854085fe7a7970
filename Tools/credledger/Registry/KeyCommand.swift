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
      """,
    subcommands: [List.self, Rotate.self, Drop.self, RotateSigning.self, RotateMaster.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the keys that check checkpoints, oldest first.",
      discussion: """
        They are public: give them to whoever is to check evidence, by a way that whoever hands over evidence cannot change.
        A key that was replaced has the size of the largest tree that it counts for after an @: leave it there.
        As JSON, the numbers and times of all other keys follow.

        EXAMPLES
          credledger key list --ledger ./ledger
          credledger key list --newest > ledger.example.org.key
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Only the key that signs from now on, on a line of its own.") var newest = false

    func run() async throws {
      let (all, master, kept) = try await ledger.reading {
        (try $0.verifierKeys, $0.keys.masterKeyFingerprint, $0.keys.all)
      }
      let keys = newest ? all.suffix(1) : all
      let value = JSON.object([
        ("verifierKeys", .array(keys.map { .string($0) })), ("masterKeyFingerprint", .string(master)),
        ("keys", .array(kept.map(\.json))),
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
    static let configuration = CommandConfiguration(
      abstract: "Replace the master key, and say where the new one is.",
      discussion: """
        The new key is taken from a file or from an environment variable, or drawn and put into keys/master.key of the \
        ledger. Without options it is drawn where the present one lies in the key folder; where that comes from the \
        environment, nothing is changed, since a variable set elsewhere cannot be.

        Afterwards the old key opens this ledger no more, only backups of its keys from before. Keep a copy of the new one \
        elsewhere. A key from a file or a variable is not stored: set CREDLEDGER_MASTER_KEY to it from then on. One in \
        keys/master.key is found only where CREDLEDGER_MASTER_KEY is not set.

        EXAMPLES
          credledger key rotate-master --ledger ./ledger
          (umask 077 && openssl rand -hex 32 > /run/secrets/new-key)
          credledger key rotate-master --to-file /run/secrets/new-key --ledger ./ledger
          export NEW_KEY=$(cat /run/secrets/new-key) && credledger key rotate-master --to-environment NEW_KEY
          credledger key rotate-master --to-key-folder --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Option(help: "The file with the new key, mode 0600.") var toFile: String?
    @Option(help: "The environment variable with the new key.") var toEnvironment: String?
    @Flag(help: "Draw the new key, and put it into keys/master.key.") var toKeyFolder = false

    func validate() throws {
      let named = [toFile != nil, toEnvironment != nil, toKeyFolder].count { $0 }
      guard named <= 1 else { throw ValidationError("Name one place for the new key.") }
      guard named == 0, case .environment(let name) = LedgerConfiguration().masterKeySource else { return }
      throw ValidationError(
        "The present key comes from the environment variable \(name), which this program cannot set for others: name where "
          + "the new one is by --to-file or --to-environment, or have it drawn by --to-key-folder.")
    }

    func run() async throws {
      let folder = try ledger.requireFolder()
      let kept: (kind: String, place: String)
      let fingerprint: String
      switch (toFile, toEnvironment) {
      case (let path?, _):
        kept = ("file", path)
        fingerprint = try await rotate { try await $0.rotateMasterKey(to: .file(path)) }
      case (nil, let name?):
        kept = ("environment", name)
        fingerprint = try await rotate { try await $0.rotateMasterKey(to: .environment(name)) }
      case (nil, nil):
        kept = ("key_folder", "\(folder)/keys/master.key")
        fingerprint = try await rotate { try await $0.rotateMasterKey(to: .keysFolder) }
      }
      output.format.show(
        .object([
          ("masterKeyFingerprint", .string(fingerprint)), ("keptIn", .string(kept.kind)),
          ("place", .string(kept.place)),
        ]), lines(fingerprint, kept.kind, kept.place))
    }

    private func rotate(_ body: (Keys) async throws -> Void) async throws -> String {
      try await ledger.writing {
        try await body($0.keys)
        return $0.keys.masterKeyFingerprint
      }
    }

    private func lines(_ fingerprint: String, _ kind: String, _ place: String) -> [String] {
      let name = "CREDLEDGER_MASTER_KEY"
      let next =
        switch kind {
        case "file": "it is in \(place), and not stored: set \(name) to it from now on"
        case "environment":
          "it is in the environment variable \(place), and not stored: set \(name) to it from now on"
        default: "it is in \(place), where it is found while \(name) is not set"
        }
      return [
        "master key \(fingerprint)", next, "keep a copy elsewhere; the old copy opens this ledger no more",
      ]
    }
  }
}
