import CredentialLedger
import Glibc

/// Runs the program once more in a process of its own, since a file whose structure is damaged can end the process that
/// reads it.
enum Examination {
  /// Its value is the descriptor of a pipe that ends with the process that is worked for.
  private static let variable = "CREDLEDGER_EXAMINING"

  /// Whether this process is the one that examines.
  static var isUnderWay: Bool { unsafe getenv(variable) != nil }

  /// The end of the pipe by which a process that examines learns that nobody waits for it any more; -1 in any other.
  static var parent: Int32 {
    guard let value = unsafe getenv(variable), let descriptor = Int32(unsafe String(cString: value)) else { return -1 }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Ends this process as one does that runs with the same arguments, and whose output is this one's; returns in that one.
  ///
  /// - Parameter path: the ledger's folder.
  /// - Throws: ``CheckFailed`` if the file brought that process down.
  static func perform(on path: String) throws {
    guard !isUnderWay else { return }
    let status = try wait(for: start())
    switch status & 0x7F {
    case 0: Glibc.exit(status >> 8 & 0xFF)
    case SIGBUS, SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGFPE:
      Unfinished.sweep(beside: path)
      throw CheckFailed(reason: "the structure of \(path)/ledger/data.mdb is damaged; restore a backup")
    case let signal:
      // Somebody ended it, which says nothing of the file.
      Unfinished.sweep(beside: path)
      Interruption.end(by: signal)
    }
  }

  private static func start() throws -> pid_t {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else {
      throw CheckFailed(reason: "no pipe could be made; end some programs, and try again")
    }
    defer { close(ends[0]) }
    unsafe setenv(variable, "\(ends[0])", 1)
    // What is damaged is the file, and not the program: no backtrace.
    unsafe setenv("SWIFT_BACKTRACE", "enable=no", 1)
    var arguments = unsafe ProcessArguments.all.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, ProcessArguments.program, nil, nil, &arguments, environ) == 0 else {
      throw CheckFailed(reason: "the process that examines the file could not be started; end some programs, try again")
    }
    Interruption.pass(to: process)
    return process
  }

  private static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    Interruption.pass(to: 0)
    return status
  }
}
