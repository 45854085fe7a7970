import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write every event as a line of JSON.",
    discussion: """
      Each line has an event in words, its hash, and its record as the log stores it, so that a ledger with the same root \
      can be made of the lines (credledger import). The first line names the ledger, the last one carries a signed \
      checkpoint. Personal data stays sealed. Lines that were changed are refused by the import.

      EXAMPLES
        credledger export --ledger ./ledger | jq -c 'select(.type == "token.issued")'
        credledger export --ledger ./ledger --out events.ndjson
        credledger export --ledger ./ledger | ssh elsewhere credledger import --check
      """)

  @OptionGroup var ledger: LedgerOptions
  @Option(
    help: ArgumentHelp(
      "A new file, private to its owner; without it, or for -, standard output.", valueName: "file"),
    completion: .file())
  var out: String?

  func run() async throws {
    let output = try OutputFile(out ?? "-", "--out", of: ledger)
    try output.requireNew()
    let report = try await Transfer.showing { [self] observe in
      try await ledger.reading { opened in
        if output.kind == .new { return try await opened.backups.export(toFile: output.path, progress: observe) }
        return try await output.withStream { try await opened.backups.export(to: $0, progress: observe) }
      }
    }
    // The standard output is for the lines.
    write("\(events(report.events)); root \(report.root.hex)\n", to: STDERR_FILENO)
  }
}

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Restore a ledger from an export and keys, or check an export.",
    discussion: """
      Checks each line against its sum, its record and those before, and the whole against the signed checkpoint in the \
      last line. The first line that is wrong is named, and nothing is left of the ledger then. --ledger names a folder \
      that does not exist, or is empty. The ledger has the same root as the one that was exported. Keys that are older than \
      the export are refused, and whatever was revoked, disabled or erased after it is undone: do it again. --against \
      and --witness-file hold it against checkpoints kept elsewhere, which shows a tail cut off or a history rewritten whole.

      With --as, --approved-by, --reason or --ticket the next event says who imported it; without, the log stays as it was \
      exported.

      EXAMPLES
        credledger import events.ndjson --keys /safe/keys-2026-11-25 --ledger ./again
        zstd -dc events.ndjson.zst | credledger import --keys ./ledger/keys --ledger ./again
        credledger import events.ndjson --keys /safe/keys-2026-11-25 --ledger ./again --as Ada --ticket DR-4
        credledger import --check events.ndjson --against elsewhere/checkpoint
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The export; the standard input without it.", completion: .file()) var file: String?
  @Flag(help: "Check the export, and make no ledger.") var check = false
  @Option(help: "A backup of the keys, a key folder, or the folder of a ledger.") var keys: String?
  @Flag(
    help: ArgumentHelp(
      "Accept that keys of persons are missing whom the log does not say to be erased.",
      discussion: "Correct only if they were erased after the log was copied; their data stays sealed."))
  var acceptMissingKeys = false
  @Option(name: .customLong("verifier-key"), help: "A key known from elsewhere that must have signed; with --check.")
  var verifierKeys: [String] = []
  @OptionGroup var kept: AgainstOptions
  @OptionGroup(title: "Who and why") var by: RestoreAuthorityOptions

  func validate() throws {
    if !check, !verifierKeys.isEmpty { throw ValidationError("--verifier-key goes with --check.") }
    if !check, keys == nil { throw ValidationError("Name the keys by --keys, or check the export by --check.") }
  }

  func run() async throws {
    guard check else { return try await perform() }
    try await output.checking { try await perform() }
  }

  private func perform() async throws {
    let descriptor = try descriptor()
    defer { close(descriptor) }
    if check {
      let report = try await Transfer.showing { [self] observe in
        try await Backups.checkExport(
          descriptor, verifierKeys: verifierKeys, against: kept.checkpoints(with: ledger), progress: observe)
      }
      let value = JSON.object([
        ("events", .number(report.events)), ("root", .string(report.root.hex)),
        ("checkpoint", .string(report.checkpoint)),
      ])
      return print(output.format.text(value) ?? "\(events(report.events)), sound; root \(report.root.hex)")
    }
    guard let keys else { return }
    let path = try ledger.requireFolder()
    let report = try await Transfer.showing { observe in
      try await Ledger.importing(
        descriptor, keys: keys, at: path, try ledger.configuration(for: .writing),
        record: by.isGiven ? .event : .none, missingKeys: acceptMissingKeys ? .accepted : .refused,
        against: kept.checkpoints(), by: by.authority, progress: observe)
    }
    output.tell(report, at: path)
  }

  private func descriptor() throws -> Int32 {
    guard let file else { return dup(STDIN_FILENO) }
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CannotRead(reason: "\(file) cannot be read") }
    return descriptor
  }
}
