import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct BundleCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "Put evidence of events into one file, to be checked without the ledger.",
    discussion: """
      The file holds the records, a proof for each, the signed checkpoint that they lead to, and the public keys that signed \
      it. For a token, grant, connector or account these are the events by which it is valid or not, as `credledger explain` \
      shows them. Personal data stays sealed in it. It proves that the events are in the ledger, and not that \
      no others are. A file that is there already is not replaced.

      With --complete the file also holds every event from the making of what is named to the last one under the checkpoint, so it \
      proves that none in between is left out: for small ledgers, or objects that are new.

      --html writes a page for a lay reader besides, to be printed or sent: the question, the verdict, the chain of events, what \
      it proves and what not, and the evidence itself, which verify-bundle takes out of it. It has names of people only with --reveal, \
      which is recorded first. While a server has the ledger open, it makes that page, and the files are written here.

      EXAMPLES
        credledger bundle token:13 --out evidence.json
        credledger bundle token:13 --html report.html
        credledger bundle token:13 --complete --html report.html --reveal --as Ada --ticket AUD-4
        credledger bundle 3 7 12 --checkpoint cosigned-checkpoint > evidence.json
        credledger bundle - --at 2026-01-31T12:00:00Z --out evidence.json < leaked.txt
      """)

  @Argument(
    help:
      "Positions, or token:N, grant:N, connector:N, account:N, or - for the texts of tokens on standard input, a line each."
  )
  var what: [String] = []
  @Option(help: "A file with the texts of tokens, a line each; - is standard input.", completion: .file())
  var file: String?
  @Option(
    help: "A position, a time in RFC 3339 or how long ago, such as 7d; the events until then. Without it now.",
    transform: MomentArgument.parse)
  var at: MomentArgument?
  @Option(help: "A checkpoint to prove by, such as a cosigned one; without it the newest.", completion: .file())
  var checkpoint: String?
  @Option(
    help: ArgumentHelp(
      "A new file, private to its owner; without it, or for -, standard output.", valueName: "file"),
    completion: .file())
  var out: String?
  @Option(
    help: ArgumentHelp(
      "A new page with the evidence in it; then --out is written only if it is given.", valueName: "file"),
    completion: .file())
  var html: String?
  @Flag(
    help: "Add every event from the making of the object that is named to the checkpoint; 10,000 at most.")
  var complete = false
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var signing: SigningOptions
  @OptionGroup var ledger: LedgerOptions

  /// How many events a complete file has at most.
  private static let completeLimit = 10_000

  func validate() throws {
    if revealing.reveal, html == nil { throw ValidationError("--reveal goes with --html: the evidence has no names.") }
  }

  var changesLedger: Bool { revealing.reveal }
  var inputs: [CommandInput] {
    (what.contains("-") ? ["-"] : []).map { CommandInput(name: $0, prompt: "token") }
      + [file, checkpoint].compactMap { $0 }.map { CommandInput(name: $0) }
  }

  /// The files that are written. A server that makes the page for another process writes none.
  private func outputs() throws -> (evidence: OutputFile, page: OutputFile?)? {
    guard DoorSession.current == nil else { return nil }
    let output = try OutputFile(out ?? "-", "--out", of: ledger)
    try output.requireNew()
    let page = try html.map { try OutputFile($0, "--html", of: ledger) }
    try page?.requireNew()
    return (output, page)
  }

  func confirm() throws { _ = try outputs() }

  func take(_ output: String) async throws {
    let page = Array(output.utf8)
    guard let outputs = try self.outputs(), let evidence = EvidencePage.evidence(in: page) else {
      throw CannotRead(reason: "the server answered with no page of evidence [\(LedgerError.Code.outcomeUnknown)]")
    }
    try await write(page, evidence, to: outputs)
  }

  private func write(
    _ page: [UInt8], _ evidence: [UInt8], to outputs: (evidence: OutputFile, page: OutputFile?)
  ) async throws {
    try await outputs.page?.write(page)
    if outputs.page?.kind != .standardOutput {
      credledger.write("\(html ?? ""): a page with the evidence\n", to: STDERR_FILENO)
    }
    if out != nil { try await write(evidence, to: outputs.evidence) }
  }

  private func write(_ evidence: [UInt8], to output: OutputFile) async throws {
    try await output.write(evidence)
    guard let out, output.kind != .standardOutput else { return }
    let count = try EvidenceBundle(decoding: evidence).entries.count
    print("\(out): evidence of \(events(count))")
  }

  /// What to prove: positions, and objects whose events are looked up.
  private func named() throws -> (positions: [Position], objects: [Ledger.Explained]) {
    var positions: [Position] = []
    var objects: [Ledger.Explained] = []
    for text in what {
      if let position = Position(text) {
        positions.append(position)
      } else if text == "-" {
        objects += try tokens(in: text).map { .presented($0) }
      } else if let object = Ledger.Explained(text) {
        objects.append(object)
      } else {
        throw ValidationError(
          "Name positions, token:N, grant:N, connector:N or account:N, or give a token's text by - or --file.")
      }
    }
    if let file { objects += try tokens(in: file).map { .presented($0) } }
    guard !positions.isEmpty || !objects.isEmpty else { throw ValidationError("Name what to prove.") }
    return (positions, objects)
  }

  func run() async throws {
    let (numbers, objects) = try named()
    let outputs = try self.outputs()
    let given = try checkpoint.map { try credledger.checkpoint(in: $0, "--checkpoint") }
    if given == nil { try await signing.sign(in: ledger) }

    guard !complete || objects.count == 1 && numbers.isEmpty else {
      throw ValidationError("--complete: name one object.")
    }
    let (at, isComplete) = (at, complete)
    let isPaged = html != nil
    let (bundle, report) = try await ledger.reading(revealing) { opened in
      var all = numbers
      var explanations: [Explanation] = []
      for object in objects {
        let explanation = try await opened.explain(object, at: at)
        guard let subject = explanation.subject else {
          throw CheckFailed(
            reason: "that is no token of this ledger: mistyped, cut off, or another ledger's [not_found]")
        }
        guard !explanation.steps.isEmpty else {
          throw CheckFailed(reason: "there are no events of \(subject)\(at == nil ? "" : " until then") [not_found]")
        }
        all += explanation.steps.map(\.position)
        explanations.append(explanation)
      }
      if given == nil { _ = try requireCheckpoint(of: opened) }
      var checkpoint = given
      if isComplete, let subject = explanations.first?.subject {
        let first = try await opened.evidence.bundle(of: [Position(subject.number)], at: given)
        let size = try first.verify(keys: first.keys).size
        // It is covered by then, so the range is one.
        let range = subject.number...size
        guard range.count <= Self.completeLimit else {
          throw CheckFailed(
            reason: "--complete: there are \(range.count) events since \(subject) was made, more than "
              + "\(Self.completeLimit) [invalid_value]")
        }
        all += range.map { Position($0) }
        checkpoint = first.checkpoint
      }
      let bundle = try await opened.evidence.bundle(of: all, at: checkpoint)
      guard isPaged else { return (bundle, EvidencePage?.none) }
      // A page has one question; of several objects it has the events alone.
      let explanation = explanations.count == 1 && numbers.isEmpty ? explanations[0] : nil
      let verified = try bundle.verify(keys: bundle.keys)
      let people = EvidencePage.people(explanation, verified)
      // The reading is recorded after the checkpoint that the file is of.
      let disclosure = try await revealing.disclosure(of: .subjects(people), for: "bundle", in: opened)
      return (
        bundle,
        EvidencePage(
          bundle: bundle, explanation: explanation,
          labels: try await opened.audit.labels(of: people, under: disclosure),
          evidence: verified,
          note: try SignedNote(decoding: Array(bundle.checkpoint.utf8)))
      )
    }
    guard let outputs else { return print(String(decoding: report?.encoded ?? [], as: UTF8.self), terminator: "") }
    guard let report else { return try await write(bundle.encoded, to: outputs.evidence) }
    try await write(report.encoded, bundle.encoded, to: outputs)
  }
}
