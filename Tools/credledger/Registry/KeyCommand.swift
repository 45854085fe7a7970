import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "List and rotate the ledger's keys.",
    discussion: """
      EXAMPLES
        credledger key list --ledger ./ledger
        credledger key rotate --all --overlap 7d
        credledger key drop token-mask
        credledger key rotate-signing
        credledger key rotate-signing --external 'pkcs11:token=ledger;object=signing?module-path=/usr/lib/module.so'
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

  struct RotateSigning: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replace the key that signs checkpoints.",
      discussion: """
        Without --external a key is made, and kept in the keyring. With it the key is kept elsewhere, and the ledger has its \
        public key only: name the same source by --signing-key or CREDLEDGER_SIGNING_KEY_SOURCE from then on. While it is out \
        of reach, events are recorded and no checkpoint is signed. Keys of before stay, to check what they signed.

        SOURCES
          pkcs11:URI                an Ed25519 key in a hardware module, which signs by CKM_EDDSA
          command:PATH ARGUMENT...  a program that reads the bytes to sign, and prints the signature: 64 bytes, or in
                                    hexadecimal digits or Base64; give its public key by --public-key

        EXAMPLES
          credledger key rotate-signing --ledger ./ledger
          credledger key rotate-signing --field verifierKey > ledger.example.org.key
          credledger key rotate-signing --external 'pkcs11:token=ledger;object=signing?module-path=/usr/lib/module.so'
          credledger key rotate-signing --external 'command:/usr/local/bin/sign ledger' --public-key MCowBQ...
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Option(help: ArgumentHelp("Where the new key is kept.", valueName: "source")) var external: String?
    @Option(
      help: ArgumentHelp(
        "The public key of the new one: a verifier key, or 32 bytes in Base64.", valueName: "key"))
    var publicKey: String?

    // A key that is kept elsewhere is named by what is opened or run to use it, and the server signs by the one it opened.
    var besideServer: String? {
      external.map { _ in
        "stop the server, give the command again, and start it with --signing-key, so that it signs by the new key"
      }
    }

    func validate() throws {
      guard external != nil || publicKey == nil else {
        throw ValidationError("--public-key is of a key that is kept elsewhere: name that by --external.")
      }
    }

    func run() async throws {
      guard let external else {
        if try await ledger.proposed(approval, by, output.format, { _ in .rotateSigningKey() }) { return }
        return show(try await ledger.writing(by, approval) { try await $0.keys.rotateSigningKey(context: $1) })
      }
      let provider = try SigningKeyOption.provider(external, "--external")
      let isProposed = try await ledger.proposed(approval, by, output.format) {
        .rotateSigningKey(to: try $0.keys.signingKey(of: provider, verifierKey: publicKey))
      }
      if isProposed { return }
      var options = ledger
      // What is signed last, when the ledger is closed, is signed by it.
      options.signingKey = external
      show(
        try await options.writing(by, approval) {
          try await $0.keys.rotateSigningKey(to: provider, verifierKey: publicKey, context: $1)
        })
      write(
        "it signs from now on: name it by --signing-key, or \(SigningKeySource.environmentVariable)\n",
        to: STDERR_FILENO)
    }

    /// Prints the public key that verifies checkpoints from now on.
    private func show(_ verifierKey: String) {
      output.format.show(.object([("verifierKey", .string(verifierKey))]), [verifierKey])
    }
  }
}

/// Where the signing key is that is kept elsewhere.
enum SigningKeyOption {
  /// The provider that an option or the environment names; nil where none does.
  static func provider(_ option: String?) throws -> (any SigningKeyProvider)? {
    if let option { return try provider(option, "--signing-key") }
    guard let value = unsafe getenv(SigningKeySource.environmentVariable) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : try provider(text, SigningKeySource.environmentVariable)
  }

  static func provider(_ text: String, _ option: String) throws -> any SigningKeyProvider {
    do { return try SigningKeySource.provider(text) } catch {
      throw ValidationError("\(option): \(error.reason).")
    }
  }
}
