import ArgumentParser
import CredentialLedger
import LedgerOperations

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Back the log up while it is written, or check a backup.",
    discussion: """
      Copies the compacted log. The folder appears once every record is hashed again, the tree is compared with a \
      signed checkpoint, each row is checked and everything is on the device. A server may go on writing meanwhile.

      A backup has no keys: keys that are kept with a backup of the log undo every later erasure. --keys copies them \
      into a folder of their own; keep it elsewhere, keep few, and let them expire. A restore needs keys at least as \
      new as the log. After an erasure delete older backups of keys, since they would undo it.

      With --check nothing is written. Keys that are older than the log are refused, since people who were added in \
      between would look erased. Without keys a backup is only compared with itself; --verifier-key, a key kept \
      elsewhere, also detects a backup that was rewritten as a whole.

      Records that credledger retention removed are not in it: keep the archive that has them as well. --projections \
      needs that archive, named by --archive.

      EXAMPLES
        credledger backup /backup/2026-11-25 --ledger /var/lib/credledger
        credledger backup /backup/2026-11-25 --keys /safe/keys-2026-11-25 --projections
        credledger backup --check /backup/2026-11-25
        credledger backup --check /backup/2026-11-25 --keys /safe/keys-2026-11-25 --projections
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The backup's folder; for a new backup it must be empty or not exist.", completion: .directory)
  var folder: String
  @Flag(help: "Check a backup.") var check = false
  @Option(
    help: "The folder for a backup of the keys; with --check, a backup of keys or a key folder.", completion: .directory
  )
  var keys: String?
  @Flag(help: "Compare the projections with a rebuild.") var projections = false
  @Option(name: .customLong("verifier-key"), help: "A key known from elsewhere that must have signed; with --check.")
  var verifierKeys: [String] = []
  @OptionGroup var kept: AgainstOptions

  @Flag(
    help: ArgumentHelp(
      "With --check, accept that keys of persons are missing whom the log does not say to be erased.",
      discussion: "Correct only if they were erased after the log was copied; their data stays sealed."))
  var acceptMissingKeys = false

  func validate() throws {
    if !check, acceptMissingKeys { throw ValidationError("--accept-missing-keys goes with --check.") }
    if !check, !verifierKeys.isEmpty { throw ValidationError("--verifier-key goes with --check.") }
    if !check, !kept.against.isEmpty { throw ValidationError("--against goes with --check.") }
    if check, projections, keys == nil { throw ValidationError("--check --projections needs --keys.") }
  }

  func run() async throws {
    guard check else { return try await perform() }
    try await output.checking { try await perform() }
  }

  private func perform() async throws {
    let report = try await Transfer.showing { [self] observe in
      if check {
        return try await Backups.check(
          at: folder, keys: keys, verifierKeys: verifierKeys, against: kept.checkpoints(),
          comparingProjections: projections,
          missingKeys: acceptMissingKeys ? .accepted : .refused,
          LedgerConfiguration(masterKey: MasterKeyOption.source(ledger.masterKey), archive: ledger.namedArchive),
          progress: observe)
      }
      return try await ledger.reading {
        try await $0.backups.make(at: folder, keys: keys, comparingProjections: projections, progress: observe)
      }
    }
    let manifest = report.manifest
    var members: [(String, JSON)] = [
      ("backup", .string(folder)), ("origin", .string(manifest.origin)),
      ("createdAt", .string("\(manifest.createdAt)")), ("position", .number(manifest.position.rawValue)),
      ("root", .string(manifest.root.hex)), ("checkpoint", .string(manifest.checkpoint)),
      ("dataBytes", .number(manifest.dataByteCount)), ("rows", .number(manifest.rows)),
      ("projectionsCompared", .bool(projections)),
    ]
    if let keys, let report = report.keys {
      members.append(
        (
          "keys",
          .object([
            ("backup", .string(keys)), ("position", .number(report.position.rawValue)), ("persons", .number(report.persons)),
            ("masterKeyFingerprint", .string(report.masterKeyFingerprint)),
            ("hasMasterKey", .bool(report.hasMasterKey)),
          ])
        ))
    }
    if let missing = report.missingKeys { members.append(("missingKeys", .number(missing))) }
    if let text = output.format.text(.object(members)) { return print(text) }
    print(
      "\(events(manifest.position.rawValue)) of \(manifest.origin.printable) up to \(manifest.createdAt) in \(folder), \(check ? "sound" : "verified")"
    )
    print("root \(manifest.root.hex)")
    print(
      "\(count(manifest.rows, "row")) \(manifest.rows == 1 ? "matches its check" : "match their checks")"
        + (projections ? ", and rebuilt state equals copied state" : ""))
    if let missing = report.missingKeys, missing > 0 {
      print(missingKeys(missing))
    }
    guard let keys, let keysReport = report.keys else { return }
    print("keys of \(count(keysReport.persons, "person")) in \(keys): keep them where the log's backups are not")
    if keysReport.hasMasterKey { print("the master key is with them, since the ledger keeps it in its key folder") }
  }
}

/// What subcommands that copy a log from one place to another have in common.
enum Transfer {
  /// Runs `body` with a bar for each stage, and takes damage for a check that failed.
  static func showing<Result: Sendable>(
    _ body: (@escaping TransferProgress.Observer) async throws -> Result
  ) async throws -> Result {
    let bars = StageBars()
    defer { bars.end() }
    do {
      return try await body { bars.show($0) }
    } catch let error as LedgerError where error.code == .damaged {
      throw CheckFailed(damage: error)
    }
  }
}
