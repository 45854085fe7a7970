import ArgumentParser
import CredentialLedger

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show on one screen how the ledger stands, for people and for monitoring.",
    discussion: """
      Some look-ups, whatever the number of events, also while a server writes and without the master key. What needs \
      attention is listed at the end, and makes the exit status 1: credledger doctor says what to do.

      --backups names the folder of a backup, or one that holds backups, of which the newest of this ledger counts; \
      --max-backup-age and --max-unsigned say how old is too old. Nothing of a backup is verified: credledger backup --check does.

      EXAMPLES
        credledger status --ledger /var/lib/credledger
        credledger status --backups /backup --max-backup-age 25h --format json
        credledger status --archive /backup/archive --cosigned checkpoint --witness-key witness.example.org+1f2e3d4c+BA...
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @OptionGroup var copies: CopyOptions

  func run() async throws {
    let copies = copies
    let archive = ledger.namedArchive
    let standing = try await ledger.reading { try await LedgerStanding($0, copies, archive: archive) }
    output.format.show(standing.json, standing.lines)
    guard standing.problems.isEmpty else {
      throw CheckFailed(
        reason: standing.problems.map(\.words).joined(separator: "; "), isTold: output.format != .table)
    }
  }
}

/// Where copies of the ledger are, and from when on something is too old.
struct CopyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The folder of a backup, or one that holds backups.", valueName: "dir"), completion: .directory)
  var backups: String?
  @Option(help: "How old the newest backup may be, such as 25h.", transform: CopyOptions.duration)
  var maxBackupAge: Duration?
  @Option(help: "How long events may wait for a signed checkpoint; 1h by default.", transform: CopyOptions.duration)
  var maxUnsigned: Duration = .seconds(3_600)
  @Option(help: "How many bytes the disk must have left; by default 64 MiB, or a tenth of what the ledger uses.")
  var minFree: UInt64?
  @Option(
    help: ArgumentHelp("A checkpoint with a witness's cosignature, whose age is shown.", valueName: "file"),
    completion: .file())
  var cosigned: String?
  @Option(name: .customLong("witness-key"), help: ArgumentHelp("The witness's public key.", valueName: "key"))
  var witnessKey: String?

  func validate() throws {
    if maxBackupAge != nil, backups == nil { throw ValidationError("--max-backup-age goes with --backups.") }
    guard (cosigned == nil) == (witnessKey == nil) else {
      throw ValidationError("--cosigned and --witness-key go together.")
    }
    if let witnessKey { try requireKey(witnessKey, .cosignature, "--witness-key") }
  }

  private static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(spelled: text) else { throw ValidationError("expected how long, such as 25h or 7d.") }
    return duration
  }
}
