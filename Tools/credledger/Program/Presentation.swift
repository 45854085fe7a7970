import CredentialLedger
import Glibc
import Synchronization

/// What the present command was told of how to print, and what it could not print.
final class Presentation: Sendable {
  private struct State: Sendable {
    var isQuiet = false
    var isLocal = false
    /// Why a field was not printed.
    var missing: String?
  }

  private let state = Mutex(State())
  private static let own = Presentation()

  /// That of the command that another process sent, or this process's own.
  static var current: Presentation { DoorSession.current?.presentation ?? own }

  /// Whether nothing is to be said of what was done.
  static var isQuiet: Bool { current.state.withLock(\.isQuiet) }
  /// Whether times for people are those of the clock here. Of a command that another process sent, that process makes them so.
  static var isLocal: Bool { current.state.withLock(\.isLocal) }

  func set(isQuiet: Bool, isLocal: Bool) {
    state.withLock { ($0.isQuiet, $0.isLocal) = (isQuiet, isLocal) }
  }

  /// Notes that an object has no field of a name. The command goes on, and fails at its end.
  func noteMissing(_ path: String, in value: JSON) {
    var names = ""
    if case .object(let members) = value { names = members.map(\.0).joined(separator: ", ") }
    let reason = "--field: there is no \(path)\(names.isEmpty ? "" : "; there are \(names)") [not_found]"
    state.withLock { $0.missing = $0.missing ?? reason }
  }

  /// - Throws: ``CheckFailed`` where an object had no field of the name that was asked for.
  func requireFields() throws {
    guard let reason = state.withLock(\.missing) else { return }
    throw CheckFailed(reason: reason, code: .notFound)
  }

  // MARK: Times

  /// A text with its times in RFC 3339 as the clock here has them, with the offset, where that was asked for.
  static func localTimes(in text: String) -> String {
    guard isLocal, DoorSession.current == nil else { return text }
    return text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z/) { match in
      Timestamp(rfc3339: match.output).flatMap { local($0) } ?? String(match.output)
    }
  }

  /// A time as the clock here has it, such as `2026-01-31T13:00:00.000+01:00`; nil where the system does not tell.
  private static func local(_ time: Timestamp) -> String? {
    var clock = time_t(time.milliseconds.quotientAndRemainder(dividingBy: 1_000).quotient)
    var parts = unsafe tm()
    guard unsafe localtime_r(&clock, &parts) != nil else { return nil }
    let east = unsafe parts.tm_gmtoff
    let offset = east / 60
    // The same digits as in UTC, with another offset behind them.
    let shown = time + .seconds(east)
    guard let text = shown.rfc3339 else { return nil }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(text.dropLast())\(offset < 0 ? "-" : "+")\(two(abs(offset) / 60)):\(two(abs(offset) % 60))"
  }

  // MARK: Notes

  /// Tells people something that is no result and no error.
  static func note(_ text: String) {
    if !isQuiet { write("note: \(text)\n", to: STDERR_FILENO) }
  }
}
