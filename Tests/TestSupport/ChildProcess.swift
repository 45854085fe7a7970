import Glibc
import Synchronization

/// A program of this package that runs beside the test: spoken to line by line, and killed or let end.
public struct ChildProcess {
  private let process: pid_t

  /// Its process ID.
  public var id: Int32 { process }
  private let output: Int32
  private let input: Int32
  private let ending = Ending()

  /// Starts a program that was built beside the tests.
  ///
  /// - Parameter environment: what to set besides this process's own environment, as `NAME=value`.
  public init(_ program: String, _ arguments: [String], environment: [String] = []) throws {
    var (toChild, fromChild): ([Int32], [Int32]) = ([0, 0], [0, 0])
    let arePiped = Program.starting.withLock { _ -> Bool in
      guard unsafe pipe(&toChild) == 0 && pipe(&fromChild) == 0 else { return false }
      for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      return true
    }
    guard arePiped else { throw ProgramFailure.notStarted(program) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
    process = try unsafe Program.start(program, arguments, environment: environment, &actions)
    close(toChild[0])
    close(fromChild[1])
    input = toChild[1]
    output = fromChild[0]
  }

  /// The lines that the program has written so far; waits for the first. Ends in the middle of none.
  public func read() -> [Substring] { Self.lines(of: readBytes()) }

  private func readBytes() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var (count, failure) = (-1, EINTR)
    // A signal that interrupts a read is not the end of what comes.
    while count < 0 && failure == EINTR {
      (count, failure) = unsafe buffer.withUnsafeMutableBytes {
        let count = unsafe Glibc.read(output, $0.baseAddress, $0.count)
        return (count, errno)
      }
    }
    return count > 0 ? Array(buffer.prefix(count)) : []
  }

  private static func lines(of bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0 }
  }

  /// Kills the program (SIGKILL), and waits until it is gone.
  /// - Returns: the lines that were not read before.
  public func kill() -> [Substring] {
    if !ending.isOver { Glibc.kill(process, SIGKILL) }
    return finish()
  }

  /// Sends the program a signal, and does not wait.
  public func send(_ signal: Int32) { Glibc.kill(process, signal) }

  /// Sends the program a signal, and waits until it is gone, with all that has its output.
  /// - Returns: the exit status; 128 and the signal's number where a signal ended it, as a shell has it.
  public func end(by signal: Int32) -> Int32 {
    guard ending.begins() else { return -1 }
    Glibc.kill(process, signal)
    close(input)
    while !readBytes().isEmpty {}
    close(output)
    return Program.wait(for: process)
  }

  /// Lets the program end, and waits until it has.
  /// - Returns: the lines that were not read before.
  @discardableResult
  public func finish() -> [Substring] {
    guard ending.begins() else { return [] }
    close(input)
    var bytes: [UInt8] = []
    while case let more = readBytes(), !more.isEmpty { bytes += more }
    close(output)
    _ = Program.wait(for: process)
    return Self.lines(of: bytes)
  }
}

/// Whether a program was ended. Its descriptors are closed once: their numbers may be another's afterwards.
private final class Ending: Sendable {
  private let isBegun = Atomic(false)

  var isOver: Bool { isBegun.load(ordering: .relaxed) }
  func begins() -> Bool { !isBegun.exchange(true, ordering: .relaxed) }
}
