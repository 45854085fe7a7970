import ArgumentParser
import CredentialLedger

/// A time as options take it: RFC 3339, such as `2026-01-31T12:00:00Z`; a date alone, such as `2026-01-31`, for its
/// beginning in UTC; or how long ago, such as `2h`, `7d` or `1h30m`.
enum TimeArgument {
  /// - Parameter bound: the first millisecond that is no earlier, where the time is given more finely.
  case at(Timestamp, bound: Timestamp)
  case ago(Duration)

  /// Reads what an option was given.
  ///
  /// - Throws: `ValidationError` that names the part which no time has.
  static func parse(_ argument: String) throws -> TimeArgument {
    guard let time = TimeArgument(argument: argument) else {
      throw ValidationError("\(ImpossibleTime.reason(argument)).")
    }
    return time
  }

  init?(argument: String) {
    let texts = [argument, argument + "T00:00:00Z"]
    if let text = texts.first(where: { Timestamp(rfc3339: $0) != nil }), let time = Timestamp(rfc3339: text),
      let bound = Timestamp(rfc3339: text, roundingUp: true)
    {
      self = .at(time, bound: bound)
    } else if let duration = Duration(spelled: argument) {
      self = .ago(duration)
    } else {
      return nil
    }
  }

  /// The time that is meant.
  ///
  /// - Parameter now: what durations are counted back from.
  func timestamp(now: Timestamp) -> Timestamp {
    switch self {
    case .at(let time, _): time
    case .ago(let duration): now - duration
    }
  }

  /// As ``timestamp(now:)``, for the beginning or the end of a range of time.
  func bound(now: Timestamp) -> Timestamp {
    if case .at(_, let bound) = self { bound } else { timestamp(now: now) }
  }
}

/// A place in the log as options take it: a position, or a time, which stands for the newest event recorded until then.
enum MomentArgument {
  case position(Position)
  case time(TimeArgument)

  /// As ``TimeArgument/parse(_:)``.
  static func parse(_ argument: String) throws -> MomentArgument {
    guard let moment = MomentArgument(argument: argument) else {
      throw ValidationError("\(ImpossibleTime.reason(argument)).")
    }
    return moment
  }

  init?(argument: String) {
    if argument.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let position = Position(argument) {
      self = .position(position)
    } else if let time = TimeArgument(argument: argument) {
      self = .time(time)
    } else {
      return nil
    }
  }

  /// The position that is meant; 0 for a time before the first event. One that is beyond the head is given as it is.
  func position(in ledger: Ledger) throws(LedgerError) -> Position {
    switch self {
    case .position(let position): position
    case .time(let time): try ledger.position(at: time.timestamp(now: ledger.now))
    }
  }
}

extension Ledger {
  /// Explains an object at a moment as options take it; now without one.
  func explain(_ explained: Explained, at moment: MomentArgument?) async throws(LedgerError) -> Explanation {
    switch moment {
    case nil: try await explain(explained)
    case .position(let position): try await explain(explained, at: LedgerMoment.position(position))
    case .time(let time): try await explain(explained, at: time.timestamp(now: now))
    }
  }
}

extension Timestamp {
  /// What the system's clock says.
  static var now: Timestamp { Timestamp(milliseconds: LedgerConfiguration.systemClock()) }
}

extension Duration {
  /// Reads numbers with units, the greatest first and each once: weeks, days, hours, minutes, seconds (`w d h m s`), as
  /// in `90s`, `2h`, `1d12h`. Nil for any other text, and for more than 10,000 years.
  init?(spelled text: String) {
    let units: [(name: Character, seconds: Int64)] = [
      ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]
    var rest = text[...]
    var left = units[...]
    var sum: Int64 = 0
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard (1...12).contains(digits.count), let number = Int64(digits), let name = rest.popFirst(),
        let index = left.firstIndex(where: { $0.name == name })
      else { return nil }
      let (seconds, overflow) = number.multipliedReportingOverflow(by: units[index].seconds)
      sum += min(overflow ? .max : seconds, 316_000_000_000)
      left = units[(index + 1)...]
    } while !rest.isEmpty
    guard sum < 316_000_000_000 else { return nil }
    self = .seconds(sum)
  }
}
