import LedgerOperations

/// How large commits are and how long they take, drawn as bars, with tables of the same numbers.
struct CommitCharts {
  /// One histogram, and the words for it.
  private struct Chart {
    let title: String
    /// What a range holds values of.
    let measured: HTML
    let counts: [UInt64]
    let labels: [String]

    var total: UInt64 { counts.reduce(0, +) }

    var row: HTML {
      let bars = Bars(title: title, counts: counts.map { Int(clamping: $0) }) {
        labels.indices.contains($0) ? labels[$0] : ""
      }
      return #"""
        <tr class="lane"><th scope="row">\#(title)</th><td dir="ltr">\#(bars.drawing)</td><td class="number">\#(Part.number(total))</td></tr>
        """#
    }

    var table: HTML {
      let rows = zip(labels, counts).map { label, count -> HTML in
        #"<tr><th scope="row"><bdi dir="ltr">\#(label)</bdi></th><td class="number" data-label="Commits">\#(Part.number(count))</td></tr>"#
      }
      return #"""
        <div class="table-box"><table class="lists dense"><caption class="visually-hidden">\#(title)</caption><thead><tr><th scope="col">\#(measured)</th><th scope="col" class="number">Commits</th></tr></thead><tbody>\#(rows)</tbody></table></div>
        """#
    }
  }

  private let charts: [Chart]

  init(of vitals: Vitals) {
    charts = [
      Chart(
        title: "Batch sizes", measured: "Events in a commit", counts: vitals.batches.counts,
        labels: Self.labels(of: vitals.batches) { Part.number(UInt64(max(0, $0))) }),
      Chart(
        title: "Commit latency", measured: "How long a commit took", counts: vitals.commits.counts,
        labels: Self.labels(of: vitals.commits) { "\(Self.milliseconds($0)) ms" }),
    ].filter { $0.total > 0 }
  }

  /// What each range holds; the last has no upper end.
  private static func labels(of spread: Vitals.Spread, _ text: (Double) -> String) -> [String] {
    spread.bounds.map { "≤ \(text($0))" } + spread.bounds.suffix(1).map { "> \(text($0))" }
  }

  /// Seconds as milliseconds, to the microsecond and without zeros at the end.
  static func milliseconds(_ seconds: Double) -> String {
    let micros = Int((min(max(0, seconds), 1e6) * 1_000_000).rounded())
    let whole = Part.number(UInt64(micros / 1_000))
    guard micros % 1_000 > 0 else { return whole }
    var digits = String(micros % 1_000 + 1_000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  var drawing: HTML {
    guard !charts.isEmpty else {
      return #"""
        <section class="stack" aria-labelledby="commits-title"><h2 id="commits-title">Commits</h2><div class="card"><p>Nothing was committed since the server started.</p></div></section>
        """#
    }
    return #"""
      <section class="stack" aria-labelledby="commits-title"><h2 id="commits-title">Commits</h2>
      <div class="table-box"><table class="timeline dense"><caption class="visually-hidden">How large commits are, and how long they take</caption><thead class="visually-hidden"><tr><th scope="col">What is measured</th><th scope="col">From small to large</th><th scope="col">Total</th></tr></thead><tbody>\#(charts.map(\.row))</tbody></table></div>
      <p class="small soft">Commits since the server started, a bar for each range, from small to large. Each row has a scale of its own.</p>
      <details><summary>The same as numbers</summary>\#(charts.map(\.table))</details></section>
      """#
  }
}
