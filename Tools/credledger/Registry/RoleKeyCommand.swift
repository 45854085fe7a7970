import ArgumentParser
import CredentialLedger

extension KeyCommand {
  struct ReaderKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reader-key", abstract: "Write out a key that opens the ledger for reading only.",
      discussion: """
        It takes the place of the master key wherever that is named, on a host that reads a copy, or for a process that only \
        reads: it verifies all that there is, finds people, and opens what is personal. It performs no command, signs nothing, \
        and opens none of the keys for that. Rotating the master key, or the keys of persons, ends it: then write out another.

        EXAMPLES
          credledger key reader-key --to-file /run/secrets/reader-key --ledger ./ledger
          credledger verify --ledger ./ledger --master-key file:/run/secrets/reader-key
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: RoleKeyOutput

    func run() async throws { try await output.write(.reader, of: ledger) }
  }

  struct SignerKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "signer-key", abstract: "Write out a key that signs checkpoints of copies, and opens nothing else.",
      discussion: """
        It takes the place of the master key for commands that read the log and sign what they make: an archive or an \
        export. It opens no personal data, and performs no command. Somebody who has it can sign for the ledger. Rotating \
        the master key, or the keys of persons, ends it.

        EXAMPLES
          credledger key signer-key --to-file /run/secrets/signer-key --ledger ./ledger
          credledger export --ledger ./ledger --master-key file:/run/secrets/signer-key --out export
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: RoleKeyOutput

    func run() async throws { try await output.write(.signer, of: ledger) }
  }
}

/// Where the key of a role is written.
struct RoleKeyOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The new file, which only its owner may read; - is standard output.", valueName: "file"))
  var toFile: String
  @OptionGroup var format: FormatOptions

  func write(_ role: KeyRole, of ledger: LedgerOptions) async throws {
    let file = try OutputFile(toFile, "--to-file", of: ledger)
    try file.requireNew()
    let (key, fingerprint) = try await ledger.reading { opened in
      (try opened.keys.key(of: role), opened.keys.masterKeyFingerprint)
    }
    try await file.write(unsafe key.withUnsafeBytes { unsafe Array($0) })
    guard file.kind != .standardOutput else { return }
    format.format.show(
      .object([
        ("role", .string(role.rawValue)), ("file", .string(toFile)), ("masterKeyFingerprint", .string(fingerprint)),
      ]),
      [
        "\(toFile) has the \(role.rawValue) key",
        "it opens the ledger until the master key, or the keys of persons, are rotated",
      ])
  }
}
