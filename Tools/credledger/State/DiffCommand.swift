import ArgumentParser
import CredentialLedger
import LedgerOperations

struct DiffCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what changed in the state between two moments.",
    discussion: """
      By object and field: what was made (+), changed (~) or removed (-). Tokens that were issued and not touched since \
      are counted only. Personal data are masked unless --reveal is given. A moment is a position, a time in RFC 3339, or \
      how long ago, such as 2h or 7d.

      EXAMPLES
        credledger diff 1200 1300 --ledger /var/lib/credledger
        credledger diff 7d --format json
        credledger diff 2026-01-31T12:00:00Z 2026-02-01T12:00:00Z
      """)

  @Argument(help: "The earlier moment.", transform: MomentArgument.parse)
  var from: MomentArgument
  @Argument(help: "The later moment; without it now.", transform: MomentArgument.parse)
  var to: MomentArgument?
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revealing.reveal }

  func run() async throws {
    try await ledger.reading(revealing, anybodyFor: "diff") { ledger, disclosure in
      let bar = ProgressBar(from: nil)
      defer { bar.end() }
      let (from, to) = try (from.moment("FROM", in: ledger), to?.moment("TO", in: ledger) ?? .latest)
      let changes = try await ledger.history.changes(from: from, to: to) { bar.show($0, of: $1) }
      bar.end()
      try await show(changes, Revealing(ledger: ledger, disclosure: disclosure))
    }
  }

  private func show(_ changes: StateChanges, _ show: Revealing) async throws {
    let events = changes.events.map { ($0.type.description, $0.count) }
    guard output.format == .table else {
      var objects: [JSON] = []
      for change in changes.objects { objects.append(try await show.json(change)) }
      let value = JSON.object([
        ("from", Self.json(changes.from)), ("to", Self.json(changes.to)),
        ("events", .object(events.map { ($0, .number($1)) })), ("objects", .array(objects)),
      ])
      return print(output.format.text(value) ?? "")
    }
    print("from \(changes.from.position), \(changes.from.time)")
    print("to   \(changes.to.position), \(changes.to.time)")
    for (name, count) in events { print("  \(name.padded(to: 30))\(count)") }
    if changes.objects.isEmpty { print("no object changed") }
    for change in changes.objects {
      for line in try await show.lines(change) { print(line) }
    }
  }

  private static func json(_ moment: (position: Position, time: Timestamp)) -> JSON {
    .object([("position", .number(moment.position.rawValue)), ("time", .string(moment.time.description))])
  }
}
