import CPlatform
import CredentialLedger
import Glibc

/// Runs the program once more in a process of its own, since a file whose structure is damaged can end the process that
/// reads it.
enum ExaminingProcess {
  /// Its value is the descriptor of a pipe that ends with the process that is worked for and, where that was given a master
  /// key, after a comma that of a file in memory with the key.
  private static let variable = "CREDLEDGER_EXAMINING"

  /// Whether this process is the one that examines.
  static var isUnderWay: Bool { unsafe getenv(variable) != nil }

  /// The end of the pipe by which a process that examines learns that nobody waits for it any more; -1 in any other.
  static var parent: Int32 {
    guard let descriptor = descriptors.first else { return -1 }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// The descriptor with the master key that the process was given which is worked for; nil where there is none.
  static var masterKey: Int32? { descriptors.dropFirst().first }

  private static var descriptors: [Int32] {
    guard let value = unsafe getenv(variable) else { return [] }
    return unsafe String(cString: value).split(separator: ",").compactMap { Int32($0) }
  }

  /// Ends this process as one does that runs with the same arguments, and whose output is this one's; returns in that one.
  ///
  /// - Parameters:
  ///   - path: the ledger's folder.
  ///   - key: the master key that this process was given, in text; nil where the other finds it as this one does.
  /// - Throws: ``CheckFailed`` if the file brought that process down.
  static func perform(on path: String, key: Secret?) throws {
    guard !isUnderWay else { return }
    let status = try wait(for: start(key))
    switch status & 0x7F {
    case 0: Glibc.exit(status >> 8 & 0xFF)
    case SIGBUS, SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGFPE:
      TemporaryFiles.sweep(beside: path)
      throw CheckFailed(reason: "the structure of \(path)/ledger/data.mdb is damaged; restore a backup")
    case let signal:
      // Somebody ended it, which says nothing of the file.
      TemporaryFiles.sweep(beside: path)
      Interruption.end(by: signal)
    }
  }

  private static func start(_ key: Secret?) throws -> pid_t {
    let keyFile = key.map { key in
      let file = credledger_memory_file()
      unsafe key.withUnsafeBytes { unsafe _ = write(file, $0.baseAddress, $0.count) }
      lseek(file, 0, SEEK_SET)
      _ = fcntl(file, F_SETFD, 0)
      return file
    }
    defer { if let keyFile { close(keyFile) } }
    var ends: [Int32] = [-1, -1]
    // The other process gets the reading end alone.
    guard unsafe credledger_pipe(&ends) == 0, fcntl(ends[0], F_SETFD, 0) == 0 else {
      throw CheckFailed(reason: "no pipe could be made; end some programs, and try again")
    }
    defer { close(ends[0]) }
    unsafe setenv(variable, ([ends[0]] + [keyFile].compactMap(\.self)).map { "\($0)" }.joined(separator: ","), 1)
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
