import Glibc
import Synchronization

/// A command whose answer may be longer than a screen.
protocol PagedCommand {
  /// Whether the answer has an end, and nothing is asked meanwhile.
  var isPaged: Bool { get }
}

extension PagedCommand {
  var isPaged: Bool { true }
}

extension AuditCommand: PagedCommand { var isPaged: Bool { !follow } }
extension ReviewCommand.Grants: PagedCommand {}
extension ReviewCommand.Connectors: PagedCommand {}
extension ReviewCommand.People: PagedCommand {}
extension FindCommand: PagedCommand {}
extension ExplainCommand: PagedCommand {}
extension StateCommand: PagedCommand {}
extension DiffCommand: PagedCommand {}
extension AccountCommand.List: PagedCommand {}
extension ConnectorCommand.List: PagedCommand {}
extension GroupCommand.List: PagedCommand {}
extension ResourceServerCommand.List: PagedCommand {}

/// The program that shows long answers on a terminal: PAGER, or `less -FRX` where there is one, which shows short answers as
/// they are. None where PAGER is empty or `cat`, nor without a terminal.
enum Pager {
  private enum State {
    case none
    /// To be started with the first output: what is asked before goes past it.
    case due(command: String)
    case running(Stream)
  }

  /// `@unchecked Sendable`: used only by the caller that takes it out of the lock.
  @safe private final class Stream: @unchecked Sendable {
    let file: UnsafeMutablePointer<FILE>
    init(_ file: UnsafeMutablePointer<FILE>) { unsafe self.file = file }
  }

  private static let state = Mutex(State.none)

  /// Has standard output go through it, once there is any.
  static func prepare(for command: some Any) {
    guard let command = command as? any PagedCommand, command.isPaged, Output.isTerminal,
      isatty(STDIN_FILENO) == 1, Terminal.isSmart
    else { return }
    let named = unsafe getenv("PAGER").map { unsafe String(cString: $0) }
    guard let pager = named ?? (hasLess ? "less -FRX" : nil), !pager.isEmpty, pager != "cat" else { return }
    Terminal.keep()
    state.withLock { $0 = .due(command: pager) }
  }

  private static var hasLess: Bool {
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
    return path.split(separator: ":").contains { unsafe access("\($0)/less", X_OK) == 0 }
  }

  /// Starts it if it is due.
  static func startIfDue() {
    state.withLock { state in
      guard case .due(let command) = state else { return }
      state = .none
      // `e`: no other program that is started inherits it.
      guard let file = unsafe popen(command, "we") else { return }
      guard Output.lead(to: unsafe fileno(file)) else {
        unsafe pclose(file)
        return
      }
      state = unsafe .running(Stream(file))
    }
  }

  /// Whether somebody looks at the output by way of it: who has seen enough ends it, which is no failure.
  static var isRunning: Bool { state.withLock { if case .running = $0 { true } else { false } } }

  /// Waits for its end, once standard output is closed.
  static func wait() {
    let taken = state.withLock { state -> Stream? in
      defer { state = .none }
      guard case .running(let stream) = state else { return nil }
      return stream
    }
    if let taken { unsafe pclose(taken.file) }
  }
}
