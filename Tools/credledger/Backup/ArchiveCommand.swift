import ArgumentParser
import CredentialLedger
import LedgerOperations

struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Add what is new to an archive of the log, or check an archive.",
    discussion: """
      An archive is a folder of segments. A segment holds a range of events as the log stores them, and a signed \
      checkpoint over everything up to its end. The first run writes the whole log, each later run the new events. A \
      server may go on writing meanwhile. An archive has no keys.

      A ledger is made of an archive by: credledger restore

      The command signs only a tree that is proven to extend the newest signed checkpoint. With --check, --against and \
      --witness-file compare the archive with checkpoints kept elsewhere, which detects a truncated log or a rewritten \
      history.

      EXAMPLES
        credledger archive /backup/archive --ledger /var/lib/credledger
        credledger archive --check /backup/archive
        credledger archive --check /backup/archive --verifier-key "$KEY" --format json
        credledger archive --check /backup/archive --against elsewhere/checkpoint
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The archive's folder; created if it does not exist.", completion: .directory) var folder: String
  @Flag(help: "Check an archive.") var check = false
  @Option(help: "How many events a segment holds at most.") var eventsPerSegment = Archive.eventsPerSegment
  @Option(name: .customLong("verifier-key"), help: "A key known from elsewhere that must have signed; with --check.")
  var verifierKeys: [String] = []
  @OptionGroup var kept: AgainstOptions

  func validate() throws {
    if !check, !verifierKeys.isEmpty { throw ValidationError("--verifier-key goes with --check.") }
    if !check, !kept.against.isEmpty { throw ValidationError("--against goes with --check.") }
    if eventsPerSegment == 0 { throw ValidationError("A segment holds at least one event.") }
  }

  func run() async throws {
    guard check else { return try await perform() }
    try await output.checking { try await perform() }
  }

  private func perform() async throws {
    let report = try await Transfer.showing { [self] observe in
      if check {
        return try await Archive.check(
          at: folder, verifierKeys: verifierKeys, against: kept.checkpoints(with: ledger), progress: observe)
      }
      return try await ledger.reading {
        try await $0.archive.append(to: folder, eventsPerSegment: eventsPerSegment, progress: observe)
      }
    }
    let value = JSON.object([
      ("archive", .string(folder)), ("segments", .number(UInt64(report.segments))),
      ("added", .number(UInt64(report.added))), ("position", .number(report.position.rawValue)),
      ("root", .string(report.root.hex)), ("checkpoint", .string(report.checkpoint)),
    ])
    if let text = output.format.text(value) { return print(text) }
    let added = check ? "sound" : "\(report.added) new"
    print("\(events(report.position.rawValue)) in \(count(report.segments, "segment")), \(added); root \(report.root.hex)")
  }
}
