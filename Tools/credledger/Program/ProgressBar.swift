import Glibc
import Synchronization

/// A bar on the standard error of a terminal, with rate and time left; nothing elsewhere.
///
/// Any thread may report. Work that goes on where an earlier run stopped names how much was done then, so that the rate
/// is this run's.
///
/// ```swift
/// let bar = ProgressBar()
/// defer { bar.end() }
/// try await ledger.integrity.verify { done, total in bar.show(done, of: total) }
/// ```
final class ProgressBar: Sendable {
  private static let width = 25
  /// What narrow terminals have no room for goes first: the bar, then rate and unit.
  private static let leastWidth = 10

  private let isTerminal = DoorSession.current == nil && isatty(STDERR_FILENO) == 1 && !Presentation.isQuiet
  private let start = ContinuousClock.now
  private let unit: String
  /// What was done before, and the last per mille and second shown.
  private let state: Mutex<(first: UInt64?, shown: UInt64, second: Int64)>

  /// - Parameters:
  ///   - unit: what is counted.
  ///   - first: how much was done before; nil takes the first report.
  init(unit: String = "events", from first: UInt64? = 0) {
    self.unit = unit
    state = Mutex((first, .max, -1))
  }

  /// Shows how much is done; cheap when there is nothing new to show.
  func show(_ done: UInt64, of total: UInt64) {
    guard isTerminal, total > 0 else { return }
    let elapsed = ContinuousClock.now - start
    let share = min(done, total) * 1_000 / total
    let first = state.withLock { state -> UInt64? in
      let first = state.first ?? done
      state.first = first
      guard share != state.shown || elapsed.components.seconds != state.second else { return nil }
      (state.shown, state.second) = (share, elapsed.components.seconds)
      return first
    }
    guard let first else { return }
    let seconds = max(elapsed / .seconds(1), 0.001)
    let rate = Double(done > first ? done - first : 0) / seconds
    let left = rate > 0 ? Self.clock(Double(total > done ? total - done : 0) / rate) : "?"
    let line = Self.line(
      share, "\(UInt64(rate)) \(unit)/s", "\(left) left", columns: Terminal.width(of: STDERR_FILENO) ?? 80)
    write("\r\(line)\u{1B}[K", to: STDERR_FILENO)
  }

  /// The line for a share in thousandths, in as much room as there is: one that wraps would leave scraps behind.
  static func line(_ share: UInt64, _ rate: String, _ left: String, columns: Int) -> String {
    let rest = " \(share / 10) %  \(rate)  \(left)"
    // The last column stays free: some terminals wrap when it is written.
    let room = columns - 1
    let width = min(Self.width, room - rest.columns - 2)
    guard width >= leastWidth else { return "\(share / 10) %  \(left)".cut(to: max(0, room)) }
    let filled = Int(share) * width / 1_000
    return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled) + "]" + rest
  }

  /// Takes the bar away.
  func end() {
    if isTerminal { write("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  /// Seconds as minutes and seconds, or hours and minutes.
  private static func clock(_ seconds: Double) -> String {
    let whole = UInt64(min(seconds.rounded(.up), 359_999))
    func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return whole < 3_600 ? "\(whole / 60):\(two(whole % 60))" : "\(whole / 3_600) h \(two(whole % 3_600 / 60)) min"
  }
}
