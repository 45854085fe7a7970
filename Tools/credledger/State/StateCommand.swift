public import ArgumentParser
import CredentialLedger
public import LedgerOperations

extension PastState.Selection: ExpressibleByArgument {}

struct StateCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Show the state at any moment.",
    discussion: """
      Replays the events since the nearest snapshot in a scratch folder that is removed afterwards; the ledger is only \
      read. Deleted objects are shown too. Personal data is masked unless --reveal is given. A person who is erased by \
      now is in no state of the past.

      --in reads a folder that credledger replay --to has filled, without another replay.

      A moment is a position, a time in RFC 3339, or how long ago: 1200, 2026-01-31T12:00:00Z, 2h, 7d.

      EXAMPLES
        credledger state --select connectors --ledger /var/lib/credledger
        credledger state --as-of 2026-01-31T12:00:00Z --select grants --format ndjson
        credledger state --as-of 1200 --id grant:17
        credledger state --as-of 7d --id account:3 --reveal --format json
        credledger state --in /var/tmp/then --select grants
      """)

  @Option(help: "A position, a time, or how long ago; without it now.", transform: MomentArgument.parse)
  var asOf: MomentArgument?
  @Option(
    name: .customLong("in"),
    help: ArgumentHelp("The folder of a replay to read, in place of --as-of.", valueName: "dir"),
    completion: .directory)
  var replayed: String?
  @Option(help: "What to list: connectors, groups, grants, tokens or accounts; without it a summary.")
  var select: PastState.Selection?
  @Option(
    help: "One object, such as grant:17.",
    completion: .subjects(madeBy: "connector.created", "group.created", "permission.granted", "account.registered"))
  var id: String?
  @Option(parsing: .unconditional, help: "How many to list at most.")
  var limit: Int?
  @Option(parsing: .unconditional, help: "Only objects with a greater number, to get those that follow a list.")
  var after: UInt64 = 0
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revealing.reveal }
  var besideServer: String? {
    revealing.reveal && replayed != nil ? "it opens no folder; name the moment by --as-of in place of --in" : nil
  }

  func validate() throws {
    if asOf != nil, replayed != nil { throw ValidationError("Give --as-of or --in, not both.") }
    if select != nil, id != nil { throw ValidationError("Give --select or --id, not both.") }
    if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1.") }
    // A kind alone names an object of none.
    if let id, (Subject(id)?.number ?? 0) == 0 {
      throw ValidationError("--id: expected a kind and a number, such as grant:17 or token:42.")
    }
  }

  func run() async throws {
    let disclosure = try await disclosure()
    try await ledger.reading { ledger in
      let bar = ProgressBar(from: nil)
      defer { bar.end() }
      let state =
        if let replayed {
          try await ledger.history.state(in: replayed)
        } else {
          try await ledger.history.state(at: asOf?.moment("--as-of", in: ledger) ?? .latest) { bar.show($0, of: $1) }
        }
      defer { state.close() }
      bar.end()
      let show = Revealing(ledger: ledger, disclosure: disclosure)
      if let id {
        try await showObject(id, state, show)
      } else if let select {
        try await list(select, state, show)
      } else {
        try await summarize(state)
      }
    }
  }

  /// Leave to show the account that is asked about, or else anybody's data.
  private func disclosure() async throws -> Disclosure? {
    guard revealing.reveal else { return nil }
    let account = id.flatMap { Subject($0) }.flatMap { $0.kind == .account ? AccountID(rawValue: $0.number) : nil }
    return try await ledger.writing { opened in
      try await revealing.disclosure(of: account.map { .accounts([$0]) } ?? .everybody, for: "state", in: opened)
    }
  }

  private func head(_ state: PastState) -> [(String, JSON)] {
    [("position", .number(state.position.rawValue)), ("time", .string(state.time.description))]
  }

  private func showObject(_ id: String, _ state: PastState, _ show: Revealing) async throws {
    guard let subject = Subject(id), let object = try state.object(subject) else {
      throw CheckFailed(reason: "--id: there was no \(id) at position \(state.position)")
    }
    let value = JSON.object(head(state) + [("objects", .array([try await show.json(object)]))])
    if let text = output.format.text(value) { return print(text) }
    for line in try await show.lines(object) { print(line) }
  }

  /// Lists a page at a time, so that any number can be listed.
  private func list(_ selection: PastState.Selection, _ state: PastState, _ show: Revealing) async throws {
    var rest = limit ?? .max
    var last = after
    var isFirst = true
    var columns: [String] = []
    if output.format == .json {
      print("{\n  \"position\": \(state.position),\n  \"time\": \"\(state.time)\",\n  \"objects\": [", terminator: "")
    }
    while rest > 0 {
      let page = try await state.objects(selection, after: last, limit: min(rest, 1_000))
      if output.format == .csv, isFirst, !page.isEmpty {
        var objects: [JSON] = []
        for object in page { objects.append(try await show.json(object)) }
        // What few tokens have comes last.
        let rare = selection == .tokens ? ["audiences", "keyThumbprint"] : []
        columns = CSV.columns(of: objects).filter { !rare.contains($0) } + rare
        Output.write(CSV.record(columns))
      }
      for object in page {
        switch output.format {
        case .json:
          print("\(isFirst ? "" : ",")\n    \(try await show.json(object).text(indented: false))", terminator: "")
        case .ndjson: print(try await show.json(object).text(indented: false))
        case .csv: Output.write(CSV.record(of: try await show.json(object), columns))
        case .field: output.format.show([try await show.json(object)], [], [])
        case .table: for line in try await show.lines(object) { print(line) }
        }
        isFirst = false
      }
      guard let end = page.last?.subject.number else { break }
      last = end
      rest -= page.count
    }
    if output.format == .json { print("\(isFirst ? "" : "\n  ")]\n}") }
  }

  private func summarize(_ state: PastState) async throws {
    var counts: [(PastState.Selection, UInt64, UInt64)] = []
    for selection in PastState.Selection.allCases where selection != .tokens {
      var (all, inForce): (UInt64, UInt64) = (0, 0)
      var last: UInt64 = 0
      while true {
        let page = try await state.objects(selection, after: last, limit: 1_000)
        all += UInt64(page.count)
        inForce += UInt64(page.filter { $0.value(of: "inForce") == .flag(true) }.count)
        guard page.count == 1_000, let end = page.last?.subject.number else { break }
        last = end
      }
      counts.append((selection, all, inForce))
    }
    let value = JSON.object(
      head(state) + [
        ("snapshot", state.snapshot.map { .number($0.rawValue) } ?? .null),
        (
          "counts",
          .object(
            counts.map { ($0.rawValue, .object([("all", .number($1)), ("inForce", .number($2))])) })
        ),
      ])
    if let text = output.format.text(value) { return print(text) }
    print("position    \(state.position)")
    print("time        \(state.time)")
    for (selection, all, inForce) in counts {
      print("\(selection.rawValue.padded(to: 12))\(String(all).padded(to: 12))\(inForce) in force")
    }
  }
}
