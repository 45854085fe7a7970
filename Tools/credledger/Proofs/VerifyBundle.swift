import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct VerifyBundle: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check evidence, without the ledger, and show what its records say.",
    discussion: """
      Checks the signatures of the checkpoint, and the way from each record to its root. The key is the ledger's \
      public key, as `credledger init` and `credledger key list --newest` print it there. Get it from the ledger's \
      operator, not from the person who hands over the evidence, and compare all of it. Personal data is sealed in the \
      records and stays so. Exits with status 1, and names the record, where something does not hold.

      A key alone does not tell whether the ledger has replaced it since. A warning says so, and --strict refuses the key. \
      Give it as KEY@SIZE, where SIZE is the number of events up to which it is valid: `credledger key list` prints it for \
      keys that were replaced. For the key in use, it is the number of events at the time when you got the key.

      EXAMPLES
        credledger verify-bundle evidence.json --key ledger.example.org+1f2e3d4c+AQ...
        credledger verify-bundle evidence.json --key ... --witness witness.example.org+5a6b7c8d+BA... --format json
        credledger verify-bundle evidence.json --strict --key ledger.example.org+1f2e3d4c+AQ...@5000
      """)

  @Argument(help: "The file with the evidence, or a page that holds it; - is standard input.", completion: .file())
  var file: String
  @Option(
    name: .customLong("key"),
    help: ArgumentHelp(
      "A public key of the ledger; one of those given must have signed. One that was replaced is valid up to the size after the @.",
      valueName: "key"))
  var keys: [String] = []
  @Option(
    name: .customLong("witness"),
    help: ArgumentHelp("A public key of a witness, which must have cosigned; may be repeated.", valueName: "key"))
  var witnesses: [String] = []
  @Flag(help: "Refuse a key of which it is not known up to which size it counts.")
  var strict = false
  @OptionGroup var output: FormatOptions

  /// More than the largest evidence has.
  private static let limit = 1 << 30

  func validate() throws {
    guard !keys.isEmpty else { throw ValidationError("Give the ledger's public key by --key.") }
    for key in keys { try requireKey(key, .ed25519, "--key") }
    for key in witnesses { try requireKey(key, .cosignature, "--witness") }
  }

  func run() async throws {
    try await output.checking { try check() }
  }

  private func check() throws {
    // What does not begin as evidence does is not read further, however long it is.
    let content = try contents(of: file, limit: Self.limit) { content in
      [EvidenceBundle.beginning, EvidencePage.beginning].contains { content.starts(with: $0.prefix(content.count)) }
    }
    let bundle = try EvidenceBundle(decoding: EvidencePage.evidence(in: content) ?? content)
    let evidence = try bundle.verify(keys: keys, witnesses: witnesses)
    for key in bundle.keys where !keys.contains(where: { $0 == key || $0.hasPrefix("\(key)@") }) {
      write(
        "warning: the evidence comes with a key that you did not give, and that is not vouched for: \(key.printable)\n",
        to: STDERR_FILENO)
    }
    if !evidence.isKeyEndKnown {
      let unknown =
        "this key's end is not known to this verifier; if the ledger has replaced it since, it may be a thief's"
      guard !strict else { throw CheckFailed(reason: "\(unknown): give it as KEY@SIZE", code: .invalidEvidence) }
      write("warning: \(unknown): KEY@SIZE says up to which size it counts\n", to: STDERR_FILENO)
    }
    if let text = output.format.text(JSON(evidence)) { return print(text) }
    let count = evidence.records.count
    print(
      "\(count == 1 ? "1 record is" : "\(count) records are") among the \(events(evidence.size)) of \(evidence.origin)")
    print("root \(evidence.root)")
    for key in evidence.signers { print("signed by \(key)") }
    for cosignature in evidence.cosignatures {
      print("cosigned by \(cosignature.witness) at \(Timestamp(seconds: cosignature.time))")
    }
    // Each event on lines of its own: evidence is not cut to a terminal's width.
    let description = evidence.description
    for record in evidence.records {
      guard let event = record.event(describedBy: description) else {
        print("\nevent \(record.position)  (of a type that this program does not know)")
        continue
      }
      print("\nevent \(record.position)  \(event.text(.time))  \(event.text(.type))")
      for field: AuditField in [.actor, .object, .subjects, .details, .personal] {
        let text = event.text(field)
        if !text.isEmpty { print("  \(field.rawValue.padded(to: 10))\(text.printable)") }
      }
    }
  }
}

extension JSON {
  fileprivate init(_ evidence: VerifiedEvidence) {
    let description = evidence.description
    self = .object([
      ("sound", .bool(true)), ("origin", .string(evidence.origin)), ("size", .number(evidence.size)),
      ("root", .string(evidence.root.hex)),
      ("signers", .array(evidence.signers.map { .string($0) })), ("keyEndKnown", .bool(evidence.isKeyEndKnown)),
      (
        "cosignatures",
        .array(
          evidence.cosignatures.map {
            .object([
              ("witness", .string($0.witness)),
              ("time", .string(Timestamp(seconds: $0.time).description)),
            ])
          })
      ),
      (
        "records",
        .array(
          evidence.records.map { record in
            record.event(describedBy: description)?.json(AuditField.allCases)
              ?? .object([("position", .number(record.position.rawValue))])
          })
      ),
    ])
  }
}

extension VerifiedEvidence.Record {
  /// The event, ready to be written; nil where this program is too old to read it.
  fileprivate func event(describedBy description: Audit.Description) -> AuditedEvent? {
    entry.map { AuditedEvent($0, description) }
  }
}
