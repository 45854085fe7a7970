import Glibc

/// Runs the program once more in a process of its own, since a file whose structure is damaged can end the process that
/// reads it.
enum Examination {
  private static let variable = "CREDLEDGER_EXAMINING"

  /// Whether this process is the one that examines.
  static var isUnderWay: Bool { unsafe getenv(variable) != nil }

  /// Runs this program with its own arguments in a child process, whose output is this one's.
  ///
  /// - Returns: the child's exit status; nil if the file brought it down, or it could not be started.
  static func run() -> Int32? {
    unsafe setenv(variable, "1", 1)
    // What is damaged is the file, and not the program: no backtrace.
    unsafe setenv("SWIFT_BACKTRACE", "enable=no", 1)
    var arguments = unsafe CommandLine.arguments.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var process: pid_t = 0
    guard unsafe posix_spawn(&process, "/proc/self/exe", nil, nil, &arguments, environ) == 0 else { return nil }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
  }
}
