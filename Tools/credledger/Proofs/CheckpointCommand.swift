import ArgumentParser
import CredentialLedger
import LedgerOperations

struct CheckpointCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Print a signed checkpoint over every event, and have witnesses cosign it.",
    discussion: """
      A checkpoint (C2SP tlog-checkpoint) commits to the whole log. Keep it where the ledger is not: `credledger verify \
      --against` then shows a tail cut off, an old copy, or a history rewritten. Signs one if the newest does not cover \
      every event and no other process writes.

      With --cosign, witnesses (C2SP tlog-witness) make sure that the ledger was only appended to since they cosigned last. \
      Their cosignatures are added to the checkpoint, in --out together with those that it has there already. Needs curl.

      A file that is there already is replaced if it is a checkpoint of this ledger that the new one extends, and is left as \
      it is otherwise.

      EXAMPLES
        credledger checkpoint --ledger /var/lib/credledger --out elsewhere/checkpoint
        credledger checkpoint --latest --format json
        credledger checkpoint --cosign https://witness.example.org --witness-key witness.example.org+1f2e3d4c+BA... \\
          --out checkpoint
      """)

  @OptionGroup var signing: SigningOptions
  @Option(
    name: .customLong("cosign"),
    help: ArgumentHelp("Where a witness is; may be repeated.", valueName: "url"))
  var addresses: [String] = []
  @Option(
    name: .customLong("witness-key"),
    help: ArgumentHelp("The witness's public key, for each --cosign in the same order.", valueName: "key"))
  var keys: [String] = []
  @Option(
    help: ArgumentHelp(
      "Write the checkpoint to this file, whole or not at all; - is standard output.", valueName: "file"),
    completion: .file())
  var out: String?
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func validate() throws {
    guard addresses.count == keys.count else { throw ValidationError("Give one --witness-key for each --cosign.") }
    for address in addresses where !address.hasPrefix("https://") && !address.hasPrefix("http://") {
      throw ValidationError("--cosign: expected an address that begins with https:// or http://.")
    }
    for key in keys { try requireKey(key, .cosignature, "--witness-key") }
  }

  func run() async throws {
    let file = try out.flatMap { $0 == "-" ? nil : try OutputFile($0, "--out", of: ledger) }
    try await signing.sign(in: ledger)
    let (note, failures) = try await ledger.reading { opened in
      var note = try await merged(requireCheckpoint(of: opened), in: file, opened)
      var failures: [String] = []
      for (address, key) in zip(addresses, keys) {
        do throws(LedgerError) {
          note = try await opened.evidence.cosigned(note, by: key) { try Curl.post($0, to: Self.submission(address)) }
        } catch { failures.append(error.reason) }
      }
      return (note, failures)
    }
    try await file?.write(Array(note.utf8), replacing: true)
    if file?.kind != .standardOutput { try show(note, isWritten: file != nil) }
    if !failures.isEmpty { throw CheckFailed(reason: failures.joined(separator: "; ")) }
  }

  /// The checkpoint with the signatures that it has in the file already. A file that is of another ledger, or ahead of this
  /// one, is not overwritten.
  private func merged(_ newest: String, in file: OutputFile?, _ opened: Ledger) async throws -> String {
    guard let file, file.kind == .file else { return newest }
    let text = try checkpoint(in: file.path, "--out")
    do throws(LedgerError) { try await opened.integrity.verify(against: text) } catch {
      throw CheckFailed(reason: "--out: \(file.path) is left as it is: \(error.reason)")
    }
    let isSame = try SignedNote(decoding: Array(text.utf8)).text == SignedNote(decoding: Array(newest.utf8)).text
    return isSame ? text : newest
  }

  private static func submission(_ address: String) -> String {
    var address = address[...]
    while address.hasSuffix("/") { address = address.dropLast() }
    return address + AddCheckpoint.path
  }

  private func show(_ text: String, isWritten: Bool) throws {
    let note = try SignedNote(decoding: Array(text.utf8))
    let checkpoint = try Checkpoint(noteText: note.text)
    let value = JSON.object([
      ("origin", .string(checkpoint.origin)), ("size", .number(checkpoint.size)),
      ("root", .string(checkpoint.root.hex)), ("signers", .array(note.signatures.map { .string($0.keyName) })),
      ("note", .string(text)),
    ])
    if let text = output.format.text(value) { return print(text) }
    guard let out, isWritten else { return print(text, terminator: "") }
    print("\(out): \(events(checkpoint.size)), root \(checkpoint.root.hex), signed by \(note.signatures.count)")
  }
}
