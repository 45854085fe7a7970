/// Rows in columns, as wide as what is in them and no wider than the terminal.
struct Table {
  /// How narrow the last column may get before each row takes two lines.
  private static let leastLastWidth = 20

  private let headings: [String]
  private var widths: [Int]
  private var rows: [[String]] = []

  /// - Parameter widths: how wide columns are at least; for rows that are printed as they come.
  init(_ headings: [String], widths: [Int] = []) {
    self.headings = headings
    self.widths = headings.indices.map { max(headings[$0].columns, $0 < widths.count ? widths[$0] : 0) }
  }

  mutating func append(_ row: [String]) {
    let row = row.map { Presentation.localTimes(in: $0.printable) }
    for (index, cell) in row.enumerated() where index < widths.count - 1 {
      widths[index] = max(widths[index], cell.columns)
    }
    rows.append(row)
  }

  /// The lines to print.
  ///
  /// - Parameters:
  ///   - width: how many columns the terminal has; nil for any number.
  ///   - heading: whether to begin with the names of the columns.
  func lines(width: Int?, heading: Bool = true) -> [String] {
    let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    let isStacked = width.map { $0 < before + Self.leastLastWidth } ?? false
    let all = heading ? [headings] + rows : rows
    guard isStacked else {
      return all.enumerated().map { Terminal.emphasized(line($1, width), heading && $0 == 0) }
    }
    // As many of the first columns as fit go into the first line, the others below, each one cut to what there is.
    let width = width ?? 0
    var (count, used) = (0, 0)
    while count < headings.count - 1, used + widths[count] <= width {
      (used, count) = (used + widths[count] + 2, count + 1)
    }
    return all.flatMap { row in
      [line(Array(row.prefix(max(1, count))), width)] + Self.wrapped(row.dropFirst(max(1, count)), width)
    }
  }

  /// Cells side by side on as many lines as they take, indented: only one that is wider than a line is cut.
  private static func wrapped(_ cells: ArraySlice<String>, _ width: Int) -> [String] {
    var lines: [String] = []
    for cell in cells where !cell.isEmpty {
      if let last = lines.last, last.columns + 2 + cell.columns <= width {
        lines[lines.count - 1] = "\(last)  \(cell)"
      } else {
        lines.append("  \(cell)".cut(to: width))
      }
    }
    return lines
  }

  private func line(_ cells: [String], _ width: Int?) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      line += index == cells.count - 1 ? cell : cell.padded(to: widths[index] + 2)
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return width.map { line.cut(to: $0) } ?? line
  }
}
