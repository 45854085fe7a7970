public import ArgumentParser
import CredentialLedger
public import LedgerOperations

extension Projection: ExpressibleByArgument {}

struct ReplayCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Compute the projections from the log: to compare them, to inspect them, or to replace the live ones.",
    discussion: """
      Name one of --verify, --to, --rebuild, --step and --profile.

      --verify rebuilds the projections in a scratch folder and compares them with the live ones; at a difference it names \
      the first row, both values with personal data masked, and the event that touched the row last, and \
      exits with status 1. --to leaves a working \
      set in a folder of its own, for credledger state --in; it holds what people are found by: remove it after use. \
      --rebuild makes the live ones anew beside them and swaps both in one commit. Whatever stops --to or --rebuild, the \
      same command goes on from there.

      --step reads commands, also from a pipe: forward (or an empty line), forward 10, back, next connector:9, go 1200, \
      show grant:17, quit.

      EXAMPLES
        credledger replay --verify --ledger /var/lib/credledger
        credledger replay --verify --only validity
        credledger replay --to 2026-01-31T12:00:00Z --out /var/tmp/then
        credledger replay --to 1200 --out /var/tmp/directory --only directory --from-snapshot
        credledger replay --rebuild
        credledger replay --step --from 1200
        credledger replay --profile --format json
      """)

  @Flag(help: "Rebuild, and compare with the live projections.")
  var verify = false
  @Option(help: "Replay up to a position, a time, or how long ago, into --out.", transform: MomentArgument.parse)
  var to: MomentArgument?
  @Option(help: "The folder for --to: empty, not there, or with a replay to go on with.", completion: .directory)
  var out: String?
  @Flag(help: "Rebuild the live projections.")
  var rebuild = false
  @Flag(help: "Step forward and back by single events.")
  var step = false
  @Option(help: "Where --step begins; without it before the first event.", transform: MomentArgument.parse)
  var from: MomentArgument?
  @Flag(help: "Show the cost of each type of event.")
  var profile = false
  @Option(help: "Only this projection: directory, validity or audit; may be repeated.")
  var only: [Projection] = []
  @Flag(help: "Begin with the nearest snapshot (--to); saves the directory's part, the rest is made of the log anyway.")
  var fromSnapshot = false
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func validate() throws {
    let modes = [verify, to != nil, rebuild, step, profile].filter { $0 }.count
    guard modes == 1 else { throw ValidationError("Name one of --verify, --to, --rebuild, --step and --profile.") }
    guard (to != nil) == (out != nil) else { throw ValidationError("--to and --out go together.") }
    guard !fromSnapshot || to != nil else { throw ValidationError("--from-snapshot goes with --to.") }
    guard !revealing.reveal || step else { throw ValidationError("--reveal goes with --step.") }
    guard from == nil || step else { throw ValidationError("--from goes with --step.") }
    guard only.isEmpty || !(rebuild || step) else {
      throw ValidationError("--only goes with --verify, --to and --profile: live projections are swapped together.")
    }
    guard !profile || only.isEmpty || Set(only) != [.audit] else {
      throw ValidationError("--profile takes the directory and validity; the audit trail is made from headers alone.")
    }
  }

  var changesLedger: Bool { false }
  var besideServer: String? {
    if rebuild { return "it reads the projections all the time; stop it for --rebuild, or compare them by --verify" }
    guard revealing.reveal else { return nil }
    return "steps are read from a terminal; see the state of a moment by credledger state --as-of POSITION --reveal"
  }

  private var projections: Set<Projection> { only.isEmpty ? Set(Projection.allCases) : Set(only) }

  func run() async throws {
    if rebuild { return try await runRebuild() }
    // A damaged file can end the process that reads it.
    if verify { try ledger.examineApart(ledger.requireFolder()) }
    if step {
      return try await ledger.reading(revealing, anybodyFor: "replay --step") { try await runSteps($0, $1) }
    }
    try await ledger.reading { ledger in
      if verify {
        try await runVerify(ledger)
      } else if let to, let out {
        try await runTo(to, out, ledger)
      } else {
        try await runProfile(ledger)
      }
    }
  }

  // MARK: Verify

  private func runVerify(_ ledger: Ledger) async throws {
    let bar = ProgressBar()
    defer { bar.end() }
    let report: ProjectionReport
    do throws(LedgerError) {
      report = try await ledger.integrity.compareProjections(only: projections) { bar.show($0, of: $1) }
    } catch {
      guard error.code == .damaged else { throw error }
      throw CheckFailed(reason: "\(error.reason)\(error.position.map { " (position \($0))" } ?? "")")
    }
    bar.end()
    let value = JSON.object([
      ("events", .number(report.events)), ("matches", .bool(report.matches)), ("live", Self.json(report.live)),
      ("rebuilt", Self.json(report.rebuilt)),
      ("difference", report.difference.map { Self.json($0) } ?? .null),
    ])
    if let text = output.format.text(value) {
      print(text)
    } else {
      for projection in Projection.allCases {
        guard let live = report.live[projection], let rebuilt = report.rebuilt[projection] else { continue }
        print("\(projection.rawValue.padded(to: 12))\(live.hex)\(live == rebuilt ? "" : "  rebuilt: \(rebuilt.hex)")")
      }
    }
    guard let row = report.difference else {
      if output.format == .table {
        print("\(events(report.events)) make\(report.events == 1 ? "s" : "") the live projections")
      }
      return
    }
    let event = row.event.map { "touched last by event \($0.position), \($0.type)" } ?? "touched by no event"
    throw CheckFailed(
      reason: "\(row.projection.rawValue): \(row.key) is \(row.live ?? "not there"); the log makes it "
        + "\(row.rebuilt ?? "no such row"); \(event). Make the projections anew by replay --rebuild")
  }

  private static func json(_ digests: [Projection: Digest]) -> JSON {
    .object(Projection.allCases.compactMap { name in digests[name].map { (name.rawValue, .string($0.hex)) } })
  }

  private static func json(_ row: RowDifference) -> JSON {
    .object([
      ("projection", .string(row.projection.rawValue)), ("key", .string(row.key)),
      ("live", row.live.map { .string($0) } ?? .null), ("rebuilt", row.rebuilt.map { .string($0) } ?? .null),
      ("event", row.event.map { .number($0.position.rawValue) } ?? .null),
      ("eventType", row.event.map { .string($0.type.description) } ?? .null),
    ])
  }

  // MARK: Into a folder, and in place

  private func runTo(_ to: MomentArgument, _ out: String, _ ledger: Ledger) async throws {
    let bar = ProgressBar(from: nil)
    defer { bar.end() }
    let start = ContinuousClock.now
    let replayed = try await ledger.integrity.replay(
      to: to.moment("--to", in: ledger), into: out, only: projections, fromSnapshot: fromSnapshot
    ) { bar.show($0, of: $1) }
    bar.end()
    show(replayed.position, replayed.start, out, start, replayed.digests)
  }

  private func runRebuild() async throws {
    let opened = try await Ledger.open(at: try ledger.requireFolder(), try ledger.configuration(for: .writing))
    let bar = ProgressBar(from: nil)
    let start = ContinuousClock.now
    do {
      let first = try await opened.integrity.rebuildProjections { bar.show($0, of: $1) }
      bar.end()
      let digests = try await opened.integrity.projectionDigests()
      let position = try opened.head()
      await opened.close()
      show(
        position, first, nil, start,
        [.directory: digests.directory, .validity: digests.tokenValidity, .audit: digests.auditTrail])
    } catch {
      bar.end()
      await opened.close()
      throw error
    }
  }

  private func show(
    _ position: Position, _ first: Position, _ out: String?, _ start: ContinuousClock.Instant,
    _ digests: [Projection: Digest]
  ) {
    let milliseconds = UInt64((ContinuousClock.now - start) / .milliseconds(1))
    let value = JSON.object([
      ("position", .number(position.rawValue)), ("from", .number(first.rawValue)), ("out", out.map { .string($0) } ?? .null),
      ("milliseconds", .number(milliseconds)), ("digests", Self.json(digests)),
    ])
    if let text = output.format.text(value) { return print(text) }
    let began = first == 0 ? "the first event" : "position \(first)"
    print("replayed from \(began) to position \(position) in \(milliseconds) ms\(out.map { ", in \($0)" } ?? "")")
    for projection in Projection.allCases {
      if let digest = digests[projection] { print("\(projection.rawValue.padded(to: 12))\(digest.hex)") }
    }
  }

  // MARK: Profile

  private func runProfile(_ ledger: Ledger) async throws {
    let bar = ProgressBar()
    defer { bar.end() }
    let costs = try await ledger.integrity.replayCosts(only: projections) { bar.show($0, of: $1) }
    bar.end()
    let events = costs.reduce(0) { $0 + $1.events }
    let total = costs.reduce(Duration.zero) { $0 + $1.duration }
    let value = JSON.object([
      ("events", .number(events)), ("milliseconds", .number(UInt64(total / .milliseconds(1)))),
      (
        "types",
        .array(
          costs.map {
            .object([
              ("type", .string($0.type.description)), ("events", .number($0.events)), ("rows", .number($0.rows)),
              ("microseconds", .number(UInt64($0.duration / .microseconds(1)))),
            ])
          })
      ),
    ])
    if let text = output.format.text(value) { return print(text) }
    print("\("type".padded(to: 30))\("events".padded(to: 12))\("rows".padded(to: 12))\("ms".padded(to: 10))us an event")
    for cost in costs {
      let tenths = UInt64(cost.duration / .microseconds(1) * 10 / Double(max(cost.events, 1)))
      print(
        "\(cost.type.description.padded(to: 30))\(String(cost.events).padded(to: 12))\(String(cost.rows).padded(to: 12))"
          + "\(String(UInt64(cost.duration / .milliseconds(1))).padded(to: 10))\(tenths / 10).\(tenths % 10)")
    }
  }

  // MARK: Steps

  private func runSteps(_ ledger: Ledger, _ disclosure: Disclosure?) async throws {
    let steps = try await ledger.history.steps(from: from?.moment("--from", in: ledger))
    do {
      try await Stepping(
        ledger: ledger, steps: steps, show: Revealing(ledger: ledger, disclosure: disclosure), format: output.format
      ).run()
      await steps.close()
    } catch {
      await steps.close()
      throw error
    }
  }
}
