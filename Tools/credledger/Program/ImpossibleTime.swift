/// Which part of a text keeps it from being a time.
enum ImpossibleTime {
  private static let expected =
    "expected a time such as 2026-01-31T12:00:00Z, a date such as 2026-01-31, or how long ago, such as 2h or 7d"

  static func reason(_ text: String) -> String {
    let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard date.count == 3, date.map(\.count) == [4, 2, 2], let year = Int(date[0]), let month = Int(date[1]),
      let day = Int(date[2])
    else { return expected }
    guard (1...12).contains(month) else { return "there is no month \(date[1])" }
    let days = days(in: month, of: year)
    guard (1...days).contains(day) else { return "there is no day \(date[2]): \(date[0])-\(date[1]) has \(days)" }
    guard parts.count == 2 else { return expected }
    let time = parts[1].prefix { $0.isNumber || $0 == ":" }.split(separator: ":", omittingEmptySubsequences: false)
    for (name, value, limit) in zip3(["hour", "minute", "second"], time, [23, 59, 59]) {
      guard value.count == 2, let number = Int(value) else { return expected }
      if name == "second", number == 60 { return "there is no second 60: leap seconds are not counted" }
      guard number <= limit else { return "there is no \(name) \(value)" }
    }
    guard time.count == 3 else { return expected }
    let rest = parts[1].drop { $0.isNumber || $0 == ":" || $0 == "." }
    return rest.isEmpty ? "the time lacks its offset from UTC: Z, or such as +02:00" : expected
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: (year.isMultiple(of: 4) && !year.isMultiple(of: 100)) || year.isMultiple(of: 400) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func zip3(
    _ names: [String], _ values: [Substring], _ limits: [Int]
  ) -> [(name: String, value: Substring, limit: Int)] {
    zip(zip(names, values), limits).map { ($0.0, $0.1, $1) }
  }
}
