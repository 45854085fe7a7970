import Testing

@testable import credledger

@Suite struct ProgressBarTests {
  @Test(arguments: [5, 12, 20, 30, 40, 60, 80, 200])
  func aBarTakesNoMoreThanALine(columns: Int) {
    for share in [0, 333, 1_000] as [UInt64] {
      let line = ProgressBar.line(share, "1234567 events/s", "12 h 34 min left", columns: columns)
      #expect(line.columns < columns, "\(line)")
      #expect(line.contains("%") || columns < 8, "\(line)")
    }
    #expect(
      ProgressBar.line(500, "7 events/s", "0:09 left", columns: 80).hasPrefix("[############             ] 50 %  7"))
  }
}
