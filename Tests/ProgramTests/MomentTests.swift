import CredentialLedger
import Testing

@testable import credledger

/// Times and places in the log, as options take them.
@Suite struct MomentTests {
  @Test(
    "Durations are read with their units",
    arguments: [
      ("90s", 90), ("2h", 7_200), ("7d", 604_800), ("1w", 604_800), ("1h30m", 5_400), ("1d12h", 129_600), ("0s", 0),
    ])
  func durationsRead(text: String, seconds: Int) {
    #expect(Duration(spelled: text) == .seconds(seconds))
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "", "7", "d", "-2h", "+2h", "2h ", "2 h", "1m2h", "1h1h", "1.5h", "2y", "9999999999999s", "999999999999w", "٣h",
    ])
  func durationRefused(text: String) {
    #expect(Duration(spelled: text) == nil)
  }

  @Test("Times are moments or ago") func timesAreMomentsOrAgo() throws {
    let now = Timestamp(milliseconds: 1_767_225_600_000)
    #expect(TimeArgument(argument: "2026-01-31T12:00:00Z")?.timestamp(now: now).rfc3339 == "2026-01-31T12:00:00.000Z")
    #expect(TimeArgument(argument: "2h")?.timestamp(now: now) == now - .seconds(7_200))
    #expect(TimeArgument(argument: "yesterday") == nil)
    #expect(TimeArgument(argument: "2026-01-31")?.timestamp(now: now).rfc3339 == "2026-01-31T00:00:00.000Z")
    for text in ["2026-02-30", "2026-13-01", "2026-1-31", "2026", "2026-01"] {
      #expect(TimeArgument(argument: text) == nil, "\(text)")
    }
  }

  @Test("Numbers are positions") func numbersArePositions() {
    guard case .position(12) = MomentArgument(argument: "12") else {
      Issue.record("12 is a position")
      return
    }
    guard case .time(.ago(.seconds(43_200))) = MomentArgument(argument: "12h") else {
      Issue.record("12h is a time")
      return
    }
    for text in ["", "-1", "+1", "12 ", "99999999999999999999"] { #expect(MomentArgument(argument: text) == nil) }
  }
}
