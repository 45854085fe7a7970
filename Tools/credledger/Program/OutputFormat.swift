import ArgumentParser
import CredentialLedger

/// How results are printed.
enum OutputFormat: Hashable {
  case table
  case json
  case ndjson
  case csv
  /// The bare value of one field, a line for each object.
  case field(String)
}

extension OutputFormat: ExpressibleByArgument {
  private static let named: [(String, OutputFormat)] = [
    ("table", .table), ("json", .json), ("ndjson", .ndjson), ("csv", .csv),
  ]

  init?(argument: String) {
    guard let format = Self.named.first(where: { $0.0 == argument })?.1 else { return nil }
    self = format
  }

  static var allValueStrings: [String] { named.map(\.0) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
  var defaultValueDescription: String { Self.named.first { $0.1 == self }?.0 ?? "" }
}

struct FormatOptions: ParsableArguments {
  @Option(
    name: .customLong("format"),
    help: "How to print: table for people, csv for spreadsheets, json or ndjson for programs.")
  var chosen = OutputFormat.table
  @OptionGroup var presentation: PresentationOptions

  var format: OutputFormat { presentation.field.map { .field($0) } ?? chosen }

  func validate() throws {
    if presentation.field != nil, chosen != .table { throw ValidationError("Give --field or --format, not both.") }
  }
}

/// What the output of every command may be like.
struct PresentationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Print only this field of the JSON form, bare, a line for each object; such as state, or events.0.type.",
      valueName: "name"))
  var field: String?
  @Flag(help: "Say nothing of what was done, show no progress, and give no notes.") var quiet = false
  @Flag(help: "Times for people in UTC, or as the clock here has them (TZ); for programs they are in UTC always.")
  var times = DisplayedTimes.utc

  func validate() throws { Presentation.current.set(isQuiet: quiet, isLocal: times == .local) }
}

/// In which zone times are shown to people.
enum DisplayedTimes: String, EnumerableFlag {
  case utc, local
}

extension OutputFormat {
  /// Prints a list: an array for json, a value a line for ndjson, a record a line for csv, and a table for people.
  ///
  /// - Parameter columns: those that csv has whatever the objects have, in this order, so that all pages of a list, and an
  ///   empty one, have the same; others that the objects have follow.
  func show(_ values: [JSON], _ headings: [String], _ rows: [[String]], columns: [String] = []) {
    switch self {
    case .json: print(JSON.array(values).text(indented: true))
    case .ndjson: for value in values { print(value.text(indented: false)) }
    case .csv:
      let all = columns + CSV.columns(of: values).filter { !columns.contains($0) }
      if !all.isEmpty { Output.write(CSV.record(all)) }
      for value in values { Output.write(CSV.record(of: value, all)) }
    case .field(let name):
      for value in values { print(value.bare(name)) }
    case .table:
      var table = Table(headings)
      for row in rows { table.append(row) }
      for line in table.lines(width: Terminal.width) { print(line) }
    }
  }

  /// Prints one object, for people as these lines.
  func show(_ value: JSON, _ lines: [String]) {
    if self == .csv { return show([value], [], []) }
    if let text = text(value) { return print(text) }
    for line in lines { print(Presentation.localTimes(in: line.printable)) }
  }

  /// One object as this format has it; nil where it is for people.
  func text(_ value: JSON) -> String? {
    switch self {
    case .table: return nil
    case .json: return value.text(indented: true)
    case .ndjson: return value.text(indented: false)
    case .field(let name): return value.bare(name)
    case .csv:
      let columns = CSV.columns(of: [value])
      // The caller ends the line by a line feed; the carriage return before it is here.
      return CSV.record(columns) + String(CSV.record(of: value, columns).dropLast()) + "\r"
    }
  }
}

extension CSV {
  /// The names of all members that some objects have, each where it came first.
  static func columns(of values: [JSON]) -> [String] {
    var (columns, known): ([String], Set<String>) = ([], [])
    for case .object(let members) in values {
      for (name, _) in members where known.insert(name).inserted { columns.append(name) }
    }
    return columns
  }

  /// A record of an object: of a list the items with spaces between, of other values within values their JSON.
  static func record(of value: JSON, _ columns: [String]) -> String {
    record(columns.map { value[$0]?.cell.printable ?? "" })
  }
}

extension JSON {
  /// The value of a field as it is, without quotes; empty where it is null, or not there, which is told at the end.
  ///
  /// - Parameter path: names of members, and numbers of items from 0, with dots between.
  fileprivate func bare(_ path: String) -> String {
    guard let value = value(at: path[...]) else {
      Presentation.current.noteMissing(path, in: self)
      return ""
    }
    return value.cell.printable
  }

  private func value(at path: Substring) -> JSON? {
    // A name may have dots in it, as those of events.
    if let whole = self[String(path)] { return whole }
    let end = path.firstIndex(of: ".") ?? path.endIndex
    let first: JSON?
    switch self {
    case .object: first = self[String(path[..<end])]
    case .array(let items): first = Int(path[..<end]).flatMap { items.indices.contains($0) ? items[$0] : nil }
    default: first = nil
    }
    return end == path.endIndex ? first : first?.value(at: path[path.index(after: end)...])
  }

  fileprivate var cell: String {
    switch self {
    case .null: return ""
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number): return "\(number)"
    case .string(let text): return text
    case .array(let items):
      let texts = items.map { item in if case .object = item { nil as String? } else { item.cell } }
      guard !texts.contains(nil) else { return text(indented: false) }
      return texts.compactMap(\.self).joined(separator: " ")
    case .object: return text(indented: false)
    }
  }
}
