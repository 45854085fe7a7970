// The text form of times: RFC 3339, section 5.6.

private let millisecondsPerDay: Int64 = 86_400_000

extension Timestamp {
  /// The moments that RFC 3339 can write: years 0000 to 9999 in UTC.
  static let writable =
    Timestamp(rawValue: -62_167_219_200_000)...Timestamp(rawValue: 253_402_300_799_999)

  /// The moment in UTC with milliseconds, always 24 characters: `2026-01-31T23:59:59.999Z`. Nil outside the years
  /// 0000 to 9999, which the format cannot write.
  public var rfc3339: String? {
    guard Timestamp.writable.contains(self) else { return nil }
    let time = ((rawValue % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay
    let date = CivilDate(daysSinceEpoch: (rawValue - time) / millisecondsPerDay)
    var text = DigitWriter()
    text.write(date.year, digits: 4, then: "-")
    text.write(date.month, digits: 2, then: "-")
    text.write(date.day, digits: 2, then: "T")
    text.write(time / 3_600_000, digits: 2, then: ":")
    text.write(time / 60_000 % 60, digits: 2, then: ":")
    text.write(time / 1000 % 60, digits: 2, then: ".")
    text.write(time % 1000, digits: 3, then: "Z")
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Reads a `date-time` of RFC 3339, with any number of fractional digits (those past the third are dropped) and any
  /// offset from UTC.
  ///
  /// Nil results from any other text, from a day or time that does not exist, and from a leap second (`23:59:60`),
  /// for which POSIX time has no number.
  public init?(rfc3339 text: some StringProtocol) { self.init(rfc3339: text, roundingUp: false) }

  /// As ``init(rfc3339:)``, but the first millisecond that is no earlier than what is written where `roundingUp` is set: for
  /// bounds, since what was recorded at .195 is before .1959 and not after it.
  public init?(rfc3339 text: some StringProtocol, roundingUp: Bool) {
    var reader = DigitReader(rest: Substring(text).utf8)
    guard
      let year = reader.number(digits: 4), reader.take("-"),
      let month = reader.number(digits: 2), 1...12 ~= month, reader.take("-"),
      let day = reader.number(digits: 2), 1...CivilDate.days(inMonth: month, of: year) ~= day,
      reader.take("T", or: "t"),
      let hour = reader.number(digits: 2), hour < 24, reader.take(":"),
      let minute = reader.number(digits: 2), minute < 60, reader.take(":"),
      let second = reader.number(digits: 2), second < 60,
      let fraction = reader.milliseconds(roundingUp: roundingUp),
      let offset = reader.offset(), reader.rest.isEmpty
    else { return nil }
    let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
    let seconds = (hour * 60 + minute - offset) * 60 + second
    rawValue = days * millisecondsPerDay + seconds * 1000 + fraction
  }
}

extension Timestamp: CustomStringConvertible {
  /// The text of ``rfc3339``; the number of milliseconds, such as `9223372036854775807 ms`, outside its years.
  public var description: String { rfc3339 ?? "\(rawValue) ms" }
}

/// Writes decimal numbers of fixed width.
private struct DigitWriter {
  var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(24) }

  mutating func write(_ number: Int64, digits: Int, then separator: Unicode.Scalar) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
    bytes.append(UInt8(ascii: separator))
  }
}

/// Takes a text apart from its front.
private struct DigitReader {
  var rest: Substring.UTF8View

  mutating func take(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
    guard let first = rest.first, first == UInt8(ascii: character) || other.map({ first == UInt8(ascii: $0) }) == true
    else { return false }
    rest.removeFirst()
    return true
  }

  mutating func digit() -> Int64? {
    guard let first = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= first else { return nil }
    rest.removeFirst()
    return Int64(first - UInt8(ascii: "0"))
  }

  mutating func number(digits: Int) -> Int64? {
    var number: Int64 = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  /// What may follow the seconds: a point and digits. 0 if there is no point.
  mutating func milliseconds(roundingUp: Bool) -> Int64? {
    guard take(".") else { return 0 }
    guard let tenths = digit() else { return nil }
    var milliseconds = tenths * 100
    var weight: Int64 = 10
    var isLonger = false
    while let digit = digit() {
      milliseconds += digit * weight
      if weight == 0, digit > 0 { isLonger = true }
      weight /= 10
    }
    return milliseconds + (roundingUp && isLonger ? 1 : 0)
  }

  /// The offset from UTC, in minutes.
  mutating func offset() -> Int64? {
    if take("Z", or: "z") { return 0 }
    let isWest = take("-")
    guard
      isWest || take("+"), let hours = number(digits: 2), hours < 24, take(":"),
      let minutes = number(digits: 2), minutes < 60
    else { return nil }
    return (hours * 60 + minutes) * (isWest ? -1 : 1)
  }
}
