import ArgumentParser
import CredentialLedger
import LedgerOperations

struct Tiles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Publish the log as files, from which everything can be verified (C2SP tlog-tiles).",
    discussion: """
      Writes the checkpoint, tile/ with the hashes and tile/entries/ with the records. Run it again to add what is new; what \
      is complete is never written again. The records are published as they are stored, personal data sealed: the folder \
      is for those who may read the log. Its files can be read by everybody on this machine, as a web server must; --mode 600 \
      leaves them to their owner.

      --check compares what was published with the ledger, and writes nothing. Exits with status 1, and names the file, where \
      they differ.

      EXAMPLES
        credledger tiles --ledger /var/lib/credledger --out /srv/ledger.example.org
        credledger tiles --out /srv/ledger.example.org --checkpoint cosigned-checkpoint
        credledger tiles --out /srv/ledger.example.org --check
      """)

  @Option(help: ArgumentHelp("The folder to publish in.", valueName: "folder"))
  var out: String
  @Option(help: "A checkpoint to publish, such as a cosigned one; without it the newest.")
  var checkpoint: String?
  @Flag(help: "Compare what was published with the ledger.")
  var check = false
  @Option(help: "The permissions of the files, in octal digits; everybody who can read a file can enter its folders.")
  var mode = FileMode(bits: 0o644)
  @OptionGroup var signing: SigningOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func validate() throws {
    if check, checkpoint != nil {
      throw ValidationError("--check is of what was published, and takes no --checkpoint.")
    }
  }

  func run() async throws {
    guard out != "-" else { throw ValidationError("--out: expected a folder.") }
    guard check else { return try await export() }
    try await output.checking {
      let (out, bar) = (out, ProgressBar())
      defer { bar.end() }
      do {
        show(
          try await ledger.reading {
            try await $0.evidence.checkTiles(in: out) { done, total in bar.show(done, of: total) }
          })
      } catch let error as LedgerError where error.code == .damaged { throw CheckFailed(damage: error) }
    }
  }

  private func export() async throws {
    try OutputFile.requireOutside(ledger, out, "--out")
    let given = try checkpoint.map { try credledger.checkpoint(in: $0, "--checkpoint") }
    if given == nil { try await signing.sign(in: ledger) }
    let bar = ProgressBar()
    defer { bar.end() }
    let (out, mode) = (out, mode.bits)
    let report = try await ledger.reading { opened in
      if given == nil { _ = try requireCheckpoint(of: opened) }
      return try await opened.evidence.exportTiles(to: out, at: given, mode: mode) { done, total in
        bar.show(done, of: total)
      }
    }
    show(report)
  }

  private func show(_ report: TileReport) {
    let value = JSON.object([
      ("folder", .string(out)), ("size", .number(report.size)), ("oldSize", .number(report.oldSize)),
      ("files", .number(UInt64(report.files))),
    ])
    if let text = output.format.text(value) { return print(text) }
    guard !check else {
      return print("\(out): \(events(report.size)), \(count(report.files, "file")) as the ledger has them")
    }
    print(
      "\(out): \(events(report.size)), \(report.size - report.oldSize) of them new; \(count(report.files, "file")) written"
    )
  }
}

/// Permissions of a file, in octal digits such as 644.
struct FileMode: ExpressibleByArgument, CustomStringConvertible {
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  init?(argument: String) {
    guard let bits = UInt32(argument, radix: 8), bits & ~0o666 == 0, bits & 0o600 == 0o600 else { return nil }
    self.bits = bits
  }

  var description: String { String(bits, radix: 8) }
}
