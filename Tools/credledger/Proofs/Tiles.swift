import ArgumentParser
import CredentialLedger

struct Tiles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Publish the log as files, from which everything can be verified (C2SP tlog-tiles).",
    discussion: """
      Writes the checkpoint, tile/ with the hashes and tile/entries/ with the records. Run it again to add what is new; what \
      is complete is never written again. The records are published as they are stored, personal data sealed: the folder \
      is for whoever may read the log, and is made for its owner alone.

      EXAMPLES
        credledger tiles --ledger /var/lib/credledger --out /srv/ledger.example.org
        credledger tiles --out /srv/ledger.example.org --checkpoint cosigned-checkpoint
      """)

  @Option(help: ArgumentHelp("The folder to publish in.", valueName: "folder"))
  var out: String
  @Option(help: "A checkpoint to publish, such as a cosigned one; without it the newest.")
  var checkpoint: String?
  @OptionGroup var signing: SigningOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func run() async throws {
    guard out != "-" else { throw ValidationError("--out: expected a folder.") }
    try OutputFile.requireOutside(ledger, out, "--out")
    let given = try checkpoint.map { String(decoding: try content(of: $0), as: UTF8.self) }
    if given == nil { try await signing.sign(in: ledger) }
    let bar = ProgressBar()
    defer { bar.end() }
    let out = out
    let report = try await ledger.reading { opened in
      if given == nil { _ = try requireCheckpoint(of: opened) }
      return try await opened.exportTiles(to: out, at: given) { done, total in bar.show(done, of: total) }
    }
    let value = JSON.object([
      ("folder", .string(out)), ("size", .number(report.size)), ("oldSize", .number(report.oldSize)),
      ("files", .number(UInt64(report.files))),
    ])
    if let text = output.format.text(value) { return print(text) }
    print(
      "\(out): \(events(report.size)), \(report.size - report.oldSize) of them new; \(count(report.files, "file")) written"
    )
  }
}
