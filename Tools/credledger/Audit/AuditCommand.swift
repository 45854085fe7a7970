import ArgumentParser
import CredentialLedger
import Glibc

struct AuditCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Search who did what, and when.",
    discussion: """
      Shows the newest events first, also while another process writes. An event must pass all filters. A filter that \
      is given more than once lists alternatives. An object that never existed is an error. If there are more events, \
      the answer prints the --after of the next page.

      Actors, subjects, types and requests have an index; times are found by a binary search. Addresses are sealed \
      under each person's own key, so every event that passes the other filters is opened, about five microseconds \
      each. A search takes at most a million steps, then prints the --after to continue with.

      Arguments are visible in the list of processes and stay in the shell's history. So give a number, a token's text \
      or an address by -, as a line on standard input.

      Personal data is shown only with --reveal, which is recorded first; that of an erased person cannot be shown. In csv, a cell that looks \
      like a formula gets an apostrophe before it.

      If credledger retention removed an event's record, the command shows its position, time, type and object, and \
      the segment of the archive that has it. With --archive DIR it shows the event whole.

      EXAMPLES
        credledger audit --connector 9 --type 'token.*' --since 7d --ledger /var/lib/credledger
        credledger audit --account 3 --reveal --fields time,type,actor,personal
        credledger audit --token - < leaked.txt
        credledger audit --phone - --type 'phone.*' < number.txt
        credledger audit --since 2026-01-01T00:00:00Z --until 2026-02-01T00:00:00Z --format csv --limit 10000 > january.csv
        credledger audit --type '!token.*' --all --format csv > all-but-tokens.csv
        credledger audit --type token.issued --since 30d --group-by day --plot tokens.svg
        credledger audit --connector 9 --count
        credledger audit --follow --type 'permission.*' --format ndjson
        credledger audit --follow --after 4711 --format cloudevents
        credledger audit --follow --after 0 --position-file shipped --format cloudevents >> events.ndjson
        credledger audit --grant 5 --archive /backup/archive
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Filters") var filters: AuditFilterOptions
  @Option(parsing: .unconditional, help: "Continue after this position, in the order of the answer.")
  var after: Position?
  @Option(
    parsing: .unconditional,
    help: "How many events, 1 to 10000; with --follow, how many existing events to show first, 0 for none.")
  var limit = 50
  @Flag(help: "Show the oldest first.")
  var reverse = false
  @Flag(help: "Every event that passes, without pages.")
  var all = false
  @Flag(help: "How many events pass, and none of them.")
  var count = false
  @Option(help: "How many events pass of each type, actor, connector, group, day or hour (in UTC), and none of them.")
  var groupBy: Audit.Grouping?
  @Option(
    help: ArgumentHelp("Draw what --group-by counts into a new file, as SVG.", valueName: "file"), completion: .file())
  var plot: String?
  @Flag(help: "Print new events as they arrive, the oldest first.")
  var follow = false
  @Option(
    help: ArgumentHelp(
      "With --follow, go on after the position in this file, and keep in it how far was printed.", valueName: "file"),
    completion: .file())
  var positionFile: String?
  @Option(
    help: """
      What to show, separated by commas: position, time, type, actor, operator (who was named by --as), reason, ticket, object (what the event made), subjects (what it \
      concerns), request, details, personal, archived (the segment that has the record).
      """)
  var fields: AuditFieldList?
  @OptionGroup var revealing: RevealOptions
  @Option(help: "How to print: table for people, csv for spreadsheets, json, ndjson or cloudevents for programs.")
  var format = AuditFormat.table
  @OptionGroup var presentation: PresentationOptions

  var changesLedger: Bool { revealing.reveal }
  // What follows has no end, and all of it has no bound, and an answer has both.
  var besideServer: String? {
    guard revealing.reveal, follow || all else { return nil }
    return "an answer has an end; read page after page by --limit 10000 and --after, each of which is recorded"
  }
  var inputs: [CommandInput] { filters.inputs }

  func validate() throws {
    try requireLimit(limit, follow ? 0...10_000 : 1...10_000)
    if follow, format == .json { throw ValidationError("--follow has no end: use --format ndjson.") }
    if positionFile != nil, !follow { throw ValidationError("--position-file goes with --follow.") }
    if follow, reverse || filters.until != nil { throw ValidationError("--follow excludes --reverse and --until.") }
    let isCounting = count || groupBy != nil
    if isCounting, follow || all || after != nil || reverse || fields != nil || revealing.reveal {
      throw ValidationError("--count and --group-by show no events: give filters alone with them.")
    }
    if isCounting, format == .cloudevents { throw ValidationError("Counts are no events: use --format json.") }
    if all, follow || format == .json {
      throw ValidationError("--all excludes --follow and --format json: use ndjson.")
    }
    if plot != nil, groupBy == nil { throw ValidationError("--plot goes with --group-by.") }
    if presentation.field != nil, format != .table || fields != nil || isCounting {
      throw ValidationError(
        "--field is a format of its own, of events: give it without --format, --fields and counting.")
    }
    if fields != nil, format == .cloudevents { throw ValidationError("--format cloudevents has its own attributes.") }
  }

  func run() async throws {
    if count || groupBy != nil { return try await EventCountReport(self).show() }
    if all {
      return try await ledger.reading(revealing, anybodyFor: "audit --all") { ledger, disclosure in
        try await showAll(try await filters.filter(in: ledger), in: ledger, disclosure, printer(of: ledger))
      }
    }
    if follow {
      // An event about each event that is shown would be shown in its turn, and so on.
      return try await ledger.reading(revealing, anybodyFor: "audit --follow") { ledger, disclosure in
        try await follow(try await filters.filter(in: ledger), in: ledger, disclosure, printer(of: ledger))
      }
    }
    try await ledger.reading(revealing) { ledger in
      var (page, description) = try await ledger.audit.describedSearch(
        try await filters.filter(in: ledger), order: reverse ? .oldestFirst : .newestFirst, after: after, limit: limit)
      if let disclosure = try await revealing.disclosure(of: .entries(page.entries), for: "audit", in: ledger) {
        description = try await ledger.audit.describe(page.entries, under: disclosure)
      }
      printer(of: ledger).show(page, AuditedEvent.all(page, description, ascending: reverse))
    }
  }

  /// Shows page after page as one answer, up to the newest event at the beginning.
  private func showAll(
    _ filter: Audit.Filter, in ledger: Ledger, _ disclosure: Disclosure?, _ printer: AuditPrinter
  ) async throws {
    let head = try ledger.head()
    var (place, undecided) = (after, 0)
    printer.begin()
    while true {
      let page = try await ledger.audit.search(
        filter, order: reverse ? .oldestFirst : .newestFirst, after: place ?? (reverse ? nil : head.next),
        limit: 10_000)
      let description = try await ledger.audit.describe(page.entries, under: disclosure)
      printer.show(AuditedEvent.all(page, description, ascending: reverse).filter { $0.position <= head })
      try Output.flush()
      undecided += page.undecided
      guard let next = page.next, !reverse || next < head else { break }
      place = next
    }
    AuditPrinter.noteUndecided(undecided)
  }

  private func printer(of ledger: Ledger) -> AuditPrinter {
    AuditPrinter(
      format: format, fields: fields?.fields, bare: presentation.field, origin: ledger.origin, isFollowing: follow)
  }

  private func follow(
    _ filter: Audit.Filter, in ledger: Ledger, _ disclosure: Disclosure?, _ printer: AuditPrinter
  ) async throws {
    let positions = try positionFile.map { try PositionFile($0, of: self.ledger) }
    let known = try positions?.position()
    var start = known ?? after ?? 0
    let head = try ledger.head()
    if let positionFile, let known, known > head {
      throw CheckFailed(
        reason:
          "--position-file: \(positionFile) says that event \(known) was printed, and the ledger ends at \(head), as if restored from a backup; remove the file and begin with --after [invalid_value]"
      )
    }
    printer.begin()
    if known == nil, after == nil, filters.since == nil {
      // As many as were asked for of those that are there, and then whatever comes after them.
      start = head
      if limit > 0 {
        let page = try await ledger.audit.search(filter, after: start.next, limit: limit)
        let description = try await ledger.audit.describe(page.entries, under: disclosure)
        printer.show(AuditedEvent.all(page, description, ascending: false).reversed())
      }
    }
    try Output.flush()
    try positions?.keep(start)
    for try await entry in ledger.audit.follow(filter, after: start) {
      let description = try await ledger.audit.describe([entry], under: disclosure)
      printer.show([AuditedEvent(entry, description)])
      try Output.flush()
      try positions?.keep(entry.position)
    }
  }
}

/// How events are printed.
enum AuditFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json, ndjson, cloudevents
}

/// Prints events in a format.
struct AuditPrinter {
  let format: AuditFormat
  let fields: [AuditField]
  let origin: String
  let isFollowing: Bool
  /// The one field of the JSON form that is printed; nil for all that the format has.
  let bare: String?

  init(format: AuditFormat, fields: [AuditField]?, bare: String?, origin: String, isFollowing: Bool) {
    self.bare = bare
    self.format = format
    self.fields = fields ?? (format == .table ? AuditField.inTables : AuditField.allCases)
    self.origin = origin
    self.isFollowing = isFollowing
  }

  /// Prints what comes before the first event.
  func begin() {
    guard bare == nil else { return }
    switch format {
    case .table: if isFollowing { Output.write(lines(Table(headings, widths: widths), heading: true)) }
    case .csv: Output.write(CSV.record(fields.flatMap(AuditedEvent.headings)))
    case .json, .ndjson, .cloudevents: break
    }
  }

  /// Prints some events.
  func show(_ events: [AuditedEvent]) {
    guard !events.isEmpty else { return }
    if let bare { return OutputFormat.field(bare).show(events.map { $0.json(AuditField.allCases) }, [], []) }
    var text = ""
    switch format {
    case .table:
      var table = Table(headings, widths: isFollowing ? widths : [])
      for event in events { table.append(fields.map(event.text)) }
      text = lines(table, heading: !isFollowing)
    case .csv: for event in events { text += CSV.record(fields.flatMap(event.cells)) }
    case .ndjson, .json: for event in events { text += event.json(fields).text(indented: false) + "\n" }
    case .cloudevents:
      for event in events { text += CloudEvent.json(event, origin: origin).text(indented: false) + "\n" }
    }
    Output.write(text)
  }

  /// Prints an answer, and on standard error how to go on.
  func show(_ page: Audit.Page, _ events: [AuditedEvent]) {
    if format == .json {
      var members: [(String, JSON)] = [("origin", .string(origin)), ("head", .number(page.head.rawValue))]
      if let next = page.next { members.append(("next", .number(next.rawValue))) }
      members += [
        ("steps", .number(UInt64(page.steps))), ("undecided", .number(UInt64(page.undecided))),
        ("events", .array(events.map { $0.json(fields) })),
      ]
      return print(JSON.object(members).text(indented: true))
    }
    begin()
    show(events)
    guard !Presentation.isQuiet else { return }
    if events.isEmpty, format == .table { write("No events.\n", to: STDERR_FILENO) }
    if let next = page.next {
      let why = page.steps < Audit.stepLimit ? "There may be more" : "Stopped after \(page.steps) steps"
      write("\(why): go on with --after \(next).\n", to: STDERR_FILENO)
    }
    Self.noteUndecided(page.undecided)
    if !page.archived.isEmpty {
      write("\(page.archived.count) of them are in the archive: --archive shows them whole.\n", to: STDERR_FILENO)
    }
  }

  /// Says of how many events it is not known whether they pass.
  static func noteUndecided(_ number: some BinaryInteger) {
    guard number > 0, !Presentation.isQuiet else { return }
    write(
      "Of \(number) events nobody can tell the address any more: their people were erased, or their records are in an "
        + "archive that was not named.\n", to: STDERR_FILENO)
  }

  private var headings: [String] { fields.map { $0.rawValue.uppercased() } }

  /// For rows that are printed before the next ones are known.
  private var widths: [Int] {
    fields.map { field in
      switch field {
      case .position: 8
      case .time: 19
      case .type: 28
      case .actor, .operator, .object: 24
      case .reason, .ticket, .subjects, .request, .details, .personal, .archived: 0
      }
    }
  }

  private func lines(_ table: Table, heading: Bool) -> String {
    table.lines(width: Terminal.width, heading: heading).map { $0 + "\n" }.joined()
  }
}
