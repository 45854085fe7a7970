import LedgerOperations

/// Comma-separated values.
enum CSV {
  /// One record, its end of line included; see ``CSVRecord``.
  static func record(_ cells: [String]) -> String { CSVRecord.text(cells) }
}
