import ArgumentParser
import CPlatform
import CredentialLedger
import Glibc

/// The command-line program. Exit status: 0 done, 1 a check failed or a command was refused, 2 wrong usage, 3 the ledger,
/// its keys or another file could not be opened, read or written.
@main
struct CredLedger: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credledger", abstract: "An event-sourced credential ledger.",
    discussion: """
      The ledger is named by --ledger, or by the environment variable CREDLEDGER_DIR. --master-key or \
      CREDLEDGER_MASTER_KEY_SOURCE says where its master key is. Without them the key is in the environment variable \
      CREDLEDGER_MASTER_KEY, which the program removes from its environment, or in the ledger's key folder.

      EXIT STATUS
        0  done
        1  a check failed, or a command was refused
        2  wrong usage
        3  the ledger, its keys, another file or standard output could not be
           opened, read or written; or a record was removed to an archive that
           --archive does not name

      OUTPUT
        --format json or ndjson is for programs: jq selects from it. --field NAME prints
        one field bare, csv is for spreadsheets. On a terminal long lists go through
        PAGER (less -FRX), and NO_COLOR turns off colours. Where an argument or a file
        may be -, it is read from standard input.

      On an interrupt the program removes unfinished files. If it is killed, a temporary file NAME.new-... or \
      NAME.credledger-part-... remains beside the ledger or file; the next run for the same name removes it.

      EXAMPLES
        credledger init --ledger /var/lib/credledger --origin ledger.example.org
        credledger walkthrough
        credledger stats --ledger /var/lib/credledger --format json
        credledger verify --ledger /var/lib/credledger
        credledger audit --connector 9 --since 7d --ledger /var/lib/credledger
        credledger explain token:42 --ledger /var/lib/credledger
        credledger audit --type token.issued --since 7d --format ndjson | jq -r .actor.id
      """,
    version: Version.text,
    subcommands: [
      Init.self, Serve.self, Walkthrough.self, Status.self, Doctor.self, Stats.self, Verify.self, AuditCommand.self,
      ExplainCommand.self,
      FindCommand.self, AccountCommand.self, ImportPeople.self, OperatorCommand.self, ProposalCommand.self,
      ReviewCommand.self,
      ConnectorCommand.self, GroupCommand.self, GrantCommand.self, WebhookCommand.self,
      ResourceServerCommand.self,
      ClockCommand.self,
      Token.self, ScanCommand.self, IncidentCommand.self, KeyCommand.self, Erase.self, Simulate.self,
      BackupCommand.self, RestoreCommand.self, MessagesCommand.self,
      ArchiveCommand.self, RetentionCommand.self, ExportCommand.self, ImportCommand.self,
      CheckpointCommand.self, Prove.self, BundleCommand.self, VerifyBundle.self, Tiles.self,
      StateCommand.self, DiffCommand.self, ReplayCommand.self, SnapshotCommand.self,
      Completion.self, Version.self,
    ])

  static func main() async {
    MasterKeyOption.takeGiven()
    StandardStreams.occupy()
    // No core dump has a key in it, and no other process of the user reads one in memory.
    _ = credledger_hide_memory()
    do throws(LedgerError) { try SystemLimits.check() } catch { fail(Ending.describe(error), status: 3) }
    StructureFault.explain()
    Interruption.listen(parent: ExaminingProcess.parent)
    guard !ProcessArguments.areMissing else {
      fail("the program was started without arguments, not even its own name", status: 2)
    }
    var used: any ParsableCommand.Type = CredLedger.self
    do {
      var command = try parseAsRoot(Array(ProcessArguments.all.dropFirst()))
      used = type(of: command)
      Pager.prepare(for: command)
      if let command = command as? any DoorCommand, let status = try await Door.perform(command) {
        try Output.finish()
        Glibc.exit(status)
      }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try Presentation.current.requireFields()
      try Output.finish()
    } catch {
      let ending = Ending(error, of: used, ProcessArguments.all.dropFirst())
      if let text = ending.output {
        print(text)
        do throws(OutputLost) { try Output.finish() } catch { fail(error.reason, status: 3) }
      }
      // What was found before comes before what went wrong; that it was lost is told where nothing else is.
      try? Output.flush()
      if Pager.isRunning {
        Output.abandon()
        Pager.wait()
      }
      write(Terminal.reddened(ending.error), to: STDERR_FILENO)
      Glibc.exit(ending.status)
    }
  }

  private static func fail(_ reason: String, status: Int32) -> Never {
    try? Output.flush()
    // What is wrong may be a text that somebody else chose.
    write("error: \(reason.printable)\n", to: STDERR_FILENO)
    Glibc.exit(status)
  }
}

/// A check came out wrong.
struct CheckFailed: Error {
  let reason: String
  /// What kind of failure it is, where programs are to know.
  var code: LedgerError.Code?
  /// The first position in the log that is wrong.
  var position: Position?
  /// Whether standard output says so already.
  var isTold = false
}

extension CheckFailed {
  /// Something stored is not what it was.
  init(damage error: LedgerError) {
    self.init(
      reason: "\(error.reason)\(error.position.map { " (first bad position: \($0))" } ?? "")", code: error.code,
      position: error.position)
  }
}

/// A file that was named could not be read.
struct CannotRead: Error {
  let reason: String
}

/// Writes text to a descriptor, whole.
func write(_ text: String, to descriptor: Int32) {
  if let session = DoorSession.current { return session.tell(text) }
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}
