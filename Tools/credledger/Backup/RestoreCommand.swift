import ArgumentParser
import CredentialLedger
import LedgerOperations

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Restore a ledger from a backup or an archive, and from keys.",
    discussion: """
      Checks everything first, and never overwrites: --ledger names a folder that is empty or does not exist. The keys \
      come from their own backup, from a key folder, or from the folder of the old ledger. From an archive the \
      projections are rebuilt. Keys that are older than the log are refused, since people who were added in between \
      would look erased.

      Every revocation, disabling and erasure after the copy is undone: repeat it. --against and --witness-file \
      compare the copy with checkpoints kept elsewhere, which detects a truncated log or a rewritten history.

      The next event says how far the copy reached, which explains why a later checkpoint no longer fits. --exact \
      leaves the log as it was copied: for a ledger that moves and of which nothing is missing.

      EXAMPLES
        credledger restore /backup/2026-11-25 --keys /safe/keys-2026-11-25 --ledger /var/lib/credledger
        credledger restore /backup/archive --keys /safe/keys-2026-11-25 --ledger ./again
        credledger restore /backup/2026-11-25 --keys /safe/keys --ledger ./again --as Ada --approved-by Bo --ticket DR-4
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The folder of a backup or of an archive.", completion: .directory) var source: String
  @Option(help: "A backup of the keys, a key folder, or the folder of a ledger.", completion: .directory)
  var keys: String
  @Flag(help: "Append no event about the restore.") var exact = false
  @Flag(
    help: ArgumentHelp(
      "Accept that keys of persons are missing whom the log does not say to be erased.",
      discussion: "Correct only if they were erased after the log was copied; their data stays sealed."))
  var acceptMissingKeys = false
  @OptionGroup var kept: AgainstOptions
  @OptionGroup(title: "Who and why") var by: RestoreAuthorityOptions

  func run() async throws {
    let path = try ledger.requireFolder()
    let report = try await Transfer.showing { [self] observe in
      try await Ledger.restore(
        from: source, keys: keys, at: path, try ledger.configuration(for: .writing), record: exact ? .none : .event,
        missingKeys: acceptMissingKeys ? .accepted : .refused, against: kept.checkpoints(),
        by: by.authority, progress: observe)
    }
    output.tell(report, at: path)
  }
}

/// Who restores a ledger, and who approved that.
struct RestoreAuthorityOptions: ParsableArguments {
  @OptionGroup var by: OperatorOptions
  @Option(
    help: ArgumentHelp(
      "Another operator, who approved it: an account or an exact name.",
      discussion:
        "Needed where the rules of the ledger need two operators for it. No proposal can be made of a restore.",
      valueName: "operator"))
  var approvedBy: String?

  /// Whether anything was said of it.
  var isGiven: Bool { by.given != nil || approvedBy != nil || by.reason != nil || by.ticket != nil }

  var authority: RestoreAuthority {
    RestoreAuthority(named: by.given, approver: approvedBy, reason: by.reason, ticket: by.ticket)
  }
}

extension FormatOptions {
  /// Prints what was restored or imported.
  func tell(_ report: RestoreReport, at path: String) {
    var members: [(String, JSON)] = [
      ("ledger", .string(path)), ("events", .number(report.events)), ("root", .string(report.root.hex)),
      ("newest", .string("\(report.newest)")), ("missingKeys", .number(report.missingKeys)),
    ]
    if let position = report.recordedAt { members.append(("recordedAt", .number(position.rawValue))) }
    if let text = format.text(.object(members)) { return print(text) }
    print("\(events(report.events)) in \(path); root \(report.root.hex)")
    if report.missingKeys > 0 {
      print(missingKeys(report.missingKeys))
    }
    if let position = report.recordedAt { print("ledger.restored is event \(position)") }
    print(
      "the copy ends with event \(report.events), \(report.newest): whatever was revoked, disabled or erased after that is "
        + "undone; do it again")
  }
}
