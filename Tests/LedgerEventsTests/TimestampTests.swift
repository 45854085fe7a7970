import TestSupport
import Testing

@testable import LedgerEvents

@Suite struct TimestampTests {
  @Test(
    "Known moments are written and read",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"),
      (482_196_050_520, "1985-04-12T23:20:50.520Z"),  // RFC 3339, section 5.8
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_234_567_890_123, "2009-02-13T23:31:30.123Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func knownMoments(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
  }

  @Test(
    "Other forms of the same moment are read",
    arguments: [
      ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
      ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"),  // RFC 3339, section 5.8
      ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"),  // RFC 3339, section 5.8
      ("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"),
      ("2026-01-31T12:00:00.1239999999999999999999Z", "2026-01-31T12:00:00.123Z"),
      ("2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00.000Z"),
    ])
  func otherForms(text: String, same: String) {
    #expect(Timestamp(rfc3339: text)?.rfc3339 == same)
  }

  @Test(
    "Other text is refused",
    arguments: [
      "", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-1-31T12:00:00Z",
      "2026-00-10T12:00:00Z", "2026-13-10T12:00:00Z", "2026-01-00T12:00:00Z", "2026-04-31T12:00:00Z",
      "2026-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
      "1990-12-31T23:59:60Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+01:60",
      "2026-01-31T12:00:00+0100", "2026-01-31T12:00:00ZZ", "+026-01-31T12:00:00Z", "12026-01-31T12:00:00Z",
      "２026-01-31T12:00:00Z",
    ])
  func otherText(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test("A moment that the format cannot write prints its milliseconds")
  func beyondTheFormat() {
    for number in [Int64.min, -62_167_219_200_001, 253_402_300_800_000, .max] {
      #expect(Timestamp(milliseconds: number).rfc3339 == nil)
      #expect(Timestamp(milliseconds: number).description == "\(number) ms")
    }
  }

  @Test("Any writable moment goes round through its text, in the same order")
  func roundTrip() {
    var random = SeededRandom()
    var times: [Timestamp] = []
    for _ in 0..<2000 {
      let range = Timestamp.writable.lowerBound.rawValue...Timestamp.writable.upperBound.rawValue
      let time = Timestamp(milliseconds: Int64.random(in: range, using: &random))
      #expect(Timestamp(rfc3339: "\(time)") == time, "seed \(random.seed)")
      times.append(time)
    }
    #expect(times.sorted().map(\.description) == times.map(\.description).sorted(), "seed \(random.seed)")
  }

  @Test("Arithmetic with durations stops at the ends of time and drops what is finer than a millisecond")
  func arithmetic() {
    let time = Timestamp(milliseconds: 1000)
    #expect(time + .seconds(2) == Timestamp(milliseconds: 3000))
    #expect(time - .seconds(2) == Timestamp(milliseconds: -1000))
    #expect(time + .microseconds(1999) == Timestamp(milliseconds: 1001))
    #expect(time - .microseconds(1999) == Timestamp(milliseconds: 999))
    #expect(time + .microseconds(-1999) == Timestamp(milliseconds: 999))
    #expect(time + .seconds(Int64.max) == Timestamp(milliseconds: .max))
    #expect(time - .seconds(Int64.min) == Timestamp(milliseconds: .max))
    #expect(Timestamp(milliseconds: -1000) + .seconds(Int64.min) == Timestamp(milliseconds: .min))
    #expect(Timestamp(milliseconds: -1000) - .seconds(Int64.max) == Timestamp(milliseconds: .min))
    #expect(Timestamp(milliseconds: .max) + .milliseconds(1) == Timestamp(milliseconds: .max))
    #expect(Timestamp(milliseconds: .min) - .milliseconds(1) == Timestamp(milliseconds: .min))
    #expect(
      Timestamp(milliseconds: .max) - Timestamp(milliseconds: .min) == .milliseconds(Int64.max) * 2 + .milliseconds(1))
    #expect(time - Timestamp(milliseconds: 1500) == .milliseconds(-500))
  }
}

@Suite struct CivilDateTests {
  @Test("Each day of 800 years follows the day before")
  func dayByDay() {
    // A walk by the rules as school teaches them: 2000-01-01 was day 10,957.
    var date = CivilDate(year: 1600, month: 1, day: 1)
    var day = date.daysSinceEpoch
    var wrong = 0
    while date.year < 2400 {
      if CivilDate(daysSinceEpoch: day) != date || date.daysSinceEpoch != day { wrong += 1 }
      if date == CivilDate(year: 2000, month: 1, day: 1) { #expect(day == 10_957) }
      day += 1
      date = next(after: date)
    }
    #expect(wrong == 0)
    #expect(day == 157_054)  // 2400-01-01: 10,957 and the 146,097 days of 400 years
  }

  @Test("Any date has the number that counting years and months gives")
  func counted() {
    var random = SeededRandom()
    for _ in 0..<300 {
      let year = Int64(random.below(10_000))
      let month = Int64(1 + random.below(12))
      let date = CivilDate(
        year: year, month: month, day: Int64(1 + random.below(Int(CivilDate.days(inMonth: month, of: year)))))
      var days = date.day - 1
      for month in 1..<date.month { days += lengthOfMonth(month, year: year) }
      for year in min(year, 1970)..<max(year, 1970) { days += (date.year < 1970 ? -1 : 1) * (isLeap(year) ? 366 : 365) }
      #expect(date.daysSinceEpoch == days, "seed \(random.seed)")
      #expect(CivilDate(daysSinceEpoch: days) == date, "seed \(random.seed)")
    }
  }

  private func next(after date: CivilDate) -> CivilDate {
    if date.day < lengthOfMonth(date.month, year: date.year) {
      return CivilDate(year: date.year, month: date.month, day: date.day + 1)
    }
    if date.month < 12 { return CivilDate(year: date.year, month: date.month + 1, day: 1) }
    return CivilDate(year: date.year + 1, month: 1, day: 1)
  }

  private func isLeap(_ year: Int64) -> Bool {
    if year % 400 == 0 { return true }
    if year % 100 == 0 { return false }
    return year % 4 == 0
  }

  private func lengthOfMonth(_ month: Int64, year: Int64) -> Int64 {
    let lengths: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return lengths[Int(month) - 1]
  }
}
