public import ArgumentParser
public import CredentialLedger

extension Audit.Grouping: ExpressibleByArgument {}

/// What `audit --count` and `audit --group-by` print.
struct EventCountReport {
  private let command: AuditCommand

  init(_ command: AuditCommand) { self.command = command }

  func show() async throws {
    let grouping = command.groupBy
    let plot = try command.plot.map { try OutputFile($0, "--plot", of: command.ledger) }
    try plot?.requireNew()
    let (counts, names) = try await command.ledger.reading { ledger in
      let counts = try await ledger.audit.count(try await command.filters.filter(in: ledger), by: grouping)
      let subjects = counts.groups.prefix(10_000).compactMap { Subject($0.key) }
      return (counts, try await ledger.audit.labels(of: subjects, under: nil))
    }
    let rows = counts.groups.map { group in
      (key: group.key, name: Subject(group.key).flatMap { names[$0]?.name }, count: group.count)
    }
    if let plot, let grouping {
      try await plot.write(
        Array(BarChart.svg(rows.map { ($0.name ?? $0.key, $0.count) }, title: "Events by \(grouping)").utf8))
    }
    let groups = rows.map { row in
      var members: [(String, JSON)] = [("key", .string(row.key))]
      if let name = row.name { members.append(("name", .string(name))) }
      return JSON.object(members + [("count", .number(row.count))])
    }
    if command.format != .json { AuditPrinter.noteUndecided(counts.undecided) }
    switch command.format {
    case .json:
      var members: [(String, JSON)] = [("total", .number(counts.total))]
      if grouping != nil { members.append(("groups", .array(groups))) }
      if counts.undecided > 0 { members.append(("undecided", .number(counts.undecided))) }
      print(JSON.object(members).text(indented: true))
    case .ndjson, .cloudevents:
      if grouping == nil { print(JSON.object([("total", .number(counts.total))]).text(indented: false)) }
      for group in groups { print(group.text(indented: false)) }
    case .csv:
      Output.write(CSV.record(grouping.map { ["\($0)", "name", "count"] } ?? ["count"]))
      if grouping == nil { Output.write(CSV.record(["\(counts.total)"])) }
      for row in rows { Output.write(CSV.record([row.key, row.name ?? "", "\(row.count)"].map(\.printable))) }
    case .table:
      guard let grouping else { return print("\(counts.total)") }
      var table = Table(["\(grouping)".uppercased(), "COUNT", ""])
      let bars = BarChart.bars(rows.map(\.count), columns: 40)
      for (row, bar) in zip(rows, bars) {
        table.append([row.name.map { "\($0) (\(row.key))" } ?? row.key, "\(row.count)", bar])
      }
      for line in table.lines(width: Terminal.width) { print(line) }
      print("\(counts.total) in all")
    }
  }
}

/// Bars, for a terminal and as a picture.
enum BarChart {
  /// A bar for each number, the longest as wide as there are columns; one that is not 0 has a mark at least.
  static func bars(_ numbers: [UInt64], columns: Int) -> [String] {
    let most = numbers.max() ?? 0
    return numbers.map { number in
      guard most > 0, number > 0 else { return "" }
      return String(repeating: "#", count: max(1, Int(Double(number) / Double(most) * Double(columns))))
    }
  }

  /// A picture (SVG 1.1) with a bar for each number, that says the same in words to those who do not see it.
  static func svg(_ rows: [(name: String, count: UInt64)], title: String) -> String {
    let (left, bar, line) = (220, 480, 22)
    let most = max(1, rows.map(\.count).max() ?? 1)
    let height = 40 + rows.count * line
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(left + bar + 100)" height="\(height)" role="img" \
      font-family="sans-serif" font-size="13">
      <title>\(escaped(title))</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="10" y="22" font-weight="bold">\(escaped(title))</text>

      """
    for (index, row) in rows.enumerated() {
      let y = 36 + index * line
      let width = max(row.count > 0 ? 1 : 0, Int(Double(row.count) / Double(most) * Double(bar)))
      text += """
        <text x="\(left - 8)" y="\(y + 14)" text-anchor="end">\(escaped(row.name.printable.cut(to: 30)))</text>
        <rect x="\(left)" y="\(y + 2)" width="\(width)" height="16" fill="#2b6cb0"/>
        <text x="\(left + width + 6)" y="\(y + 14)">\(row.count)</text>

        """
    }
    return text + "</svg>\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
