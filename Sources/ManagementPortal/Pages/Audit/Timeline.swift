import CredentialLedger

/// Events by kind over time, drawn as bars, with a table of the same numbers.
struct Timeline {
  /// The widths that a bar may stand for, in seconds, with their names.
  private static let units: [(seconds: Int64, name: String)] = [
    (60, "minute"), (300, "5 minutes"), (3_600, "hour"), (21_600, "6 hours"), (86_400, "day"), (604_800, "week"),
    (2_592_000, "30 days"), (31_536_000, "365 days"),
  ]
  private static let mostBars = 60
  /// In which lanes the events of a type are drawn.
  private static let lanes = EventKinds.allCases.enumerated().reduce(into: [EventType: [Int]]()) { lanes, item in
    for type in Set(item.element.types) { lanes[type, default: []].append(item.offset) }
  }

  let unit: (seconds: Int64, name: String)
  /// The beginning of the first bar, in seconds since 1970.
  let start: Int64
  let bars: Int
  private let lanes: [(kind: EventKinds, counts: [Int])]

  /// - Parameter entries: the newest first.
  init?(_ entries: [Audit.Moment], until now: Timestamp) {
    guard let oldest = entries.last else { return nil }
    let (first, last) = (oldest.time.seconds, max(now.seconds, oldest.time.seconds))
    guard
      let unit = Self.units.first(where: { last / $0.seconds - first / $0.seconds < Int64(Self.mostBars) })
        ?? Self.units.last
    else { return nil }
    self.unit = unit
    bars = Int(min(Int64(Self.mostBars), max(24, last / unit.seconds - first / unit.seconds + 1)))
    start = (last / unit.seconds - Int64(bars) + 1) * unit.seconds
    let none = [Int](repeating: 0, count: bars)
    var lanes = EventKinds.allCases.map { (kind: $0, counts: none) }
    for entry in entries {
      let bar = (entry.time.seconds - start) / unit.seconds
      guard entry.time.seconds >= start, bar < Int64(bars) else { continue }
      for lane in Self.lanes[entry.type] ?? [] { lanes[lane].counts[Int(bar)] += 1 }
    }
    self.lanes = lanes
  }

  private func label(_ bar: Int) -> String {
    let text = Timestamp(milliseconds: (start + Int64(bar) * unit.seconds) * 1_000).description
    let date = text.prefix(10)
    return unit.seconds >= 86_400 ? String(date) : "\(date) \(text.dropFirst(11).prefix(5))"
  }

  /// - Parameter link: the address of the page with one kind alone.
  func drawing(link: (EventKinds) -> String, isPartial: Bool) -> HTML {
    let rows = lanes.map { lane -> HTML in
      let total = lane.counts.reduce(0, +)
      let drawn = Bars(title: lane.kind.title, counts: lane.counts, label: label)
      return #"""
        <tr class="lane\#(when(lane.kind == .refusals, " lane-bad"))"><th scope="row"><a href="\#(link(lane.kind))">\#(lane.kind.title)</a></th><td dir="ltr">\#(drawn.drawing)</td><td class="number">\#(Part.number(UInt64(total)))</td></tr>
        """#
    }
    let used = (0..<bars).filter { bar in lanes.contains { $0.counts[bar] > 0 } }
    let heads = lanes.map { #"<th scope="col" class="number">\#($0.kind.title)</th>"# as HTML }
    let table = used.reversed().map { bar -> HTML in
      let cells = lanes.map { #"<td class="number" data-label="\#($0.kind.title)">\#($0.counts[bar])</td>"# as HTML }
      return #"<tr><th scope="row"><bdi dir="ltr">\#(label(bar))</bdi></th>\#(cells)</tr>"#
    }
    return #"""
      <section class="stack" aria-labelledby="timeline-title"><h2 id="timeline-title" class="visually-hidden">Events over time</h2>
      <div class="table-box"><table class="timeline dense"><caption class="visually-hidden">Events by kind</caption><thead class="visually-hidden"><tr><th scope="col">Kind</th><th scope="col">Over time</th><th scope="col">Total</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      <p class="small soft"><bdi dir="ltr">\#(label(0))</bdi> to now (UTC), a bar for each <span>\#(unit.name)</span>. Each row has a scale of its own.\#(when(isPartial, " Only the newest events are drawn; narrow the filters to see others."))</p>
      <details><summary>The same as numbers</summary><div class="table-box"><table class="lists dense"><caption class="visually-hidden">Events over time</caption><thead><tr><th scope="col">From</th>\#(heads)</tr></thead><tbody>\#(table)</tbody></table></div></details></section>
      """#
  }
}

extension Timestamp {
  /// Whole seconds since 1970.
  fileprivate var seconds: Int64 { milliseconds / 1_000 }
}
