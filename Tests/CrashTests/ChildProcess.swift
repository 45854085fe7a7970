import Glibc
import Testing

/// A process of the program that works on a ledger while it is killed, or its disk fails.
struct ChildProcess {
  private let process: pid_t
  private let output: Int32
  private let input: Int32

  /// Starts the program.
  ///
  /// - Parameter environment: what to set besides this process's own environment, as `NAME=value`.
  init(_ arguments: [String], environment: [String] = []) throws {
    var (toChild, fromChild): ([Int32], [Int32]) = ([0, 0], [0, 0])
    try #require(unsafe pipe(&toChild) == 0 && pipe(&fromChild) == 0)
    for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
    let program = try Self.program()
    var process: pid_t = 0
    let inherited = Self.inheritedEnvironment()
    let status = unsafe Self.withPointers([program] + arguments) { arguments in
      unsafe Self.withPointers(environment + inherited) { environment in
        unsafe posix_spawn(&process, program, &actions, nil, arguments, environment)
      }
    }
    try #require(status == 0, "the program could not be started")
    close(toChild[0])
    close(fromChild[1])
    self.process = process
    input = toChild[1]
    output = fromChild[0]
  }

  /// The lines that the program has written so far; waits for the first. Ends in the middle of none.
  func read() -> [Substring] { Self.lines(of: readBytes()) }

  private func readBytes() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress, $0.count) }
    return count > 0 ? Array(buffer.prefix(count)) : []
  }

  private static func lines(of bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0 }
  }

  /// Kills the program (SIGKILL), and waits until it is gone.
  /// - Returns: the lines that were not read before.
  func kill() -> [Substring] {
    Glibc.kill(process, SIGKILL)
    return finish()
  }

  /// Lets the program end, and waits until it has.
  /// - Returns: the lines that were not read before.
  @discardableResult
  func finish() -> [Substring] {
    close(input)
    var bytes: [UInt8] = []
    while case let more = readBytes(), !more.isEmpty { bytes += more }
    close(output)
    var status: Int32 = 0
    unsafe waitpid(process, &status, 0)
    return Self.lines(of: bytes)
  }

  // MARK: Starting

  private static func program() throws -> String { try file("LedgerCrashChild") }

  /// Runs a program of the system; false if it fails, or is missing.
  static func run(_ program: String, _ arguments: [String]) -> Bool {
    var process: pid_t = 0
    let status = unsafe withPointers([program] + arguments) { arguments in
      unsafe posix_spawnp(&process, program, nil, nil, arguments, environ)
    }
    guard status == 0 else { return false }
    var result: Int32 = 0
    unsafe waitpid(process, &result, 0)
    return result == 0
  }

  /// A file that was built beside the test bundle.
  static func file(_ name: String) throws -> String {
    let places = CommandLine.arguments.filter { $0.contains(".xctest") } + ["/proc/self/exe"]
    for place in places {
      guard let resolved = unsafe realpath(place, nil) else { continue }
      defer { unsafe free(resolved) }
      var folder = unsafe String(cString: resolved)
      while let slash = folder.lastIndex(of: "/") {
        folder = String(folder[..<slash])
        if unsafe access("\(folder)/\(name)", R_OK) == 0 { return "\(folder)/\(name)" }
      }
    }
    throw FileMissing()
  }

  private struct FileMissing: Error {}

  private static func inheritedEnvironment() -> [String] {
    var variables: [String] = []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      variables.append(unsafe String(cString: variable))
      unsafe next += 1
    }
    return variables
  }

  private static func withPointers<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { unsafe pointers[index] = unsafe strdup(string) }
    unsafe pointers[strings.count] = nil
    defer {
      for index in strings.indices { unsafe free(pointers[index]) }
      unsafe pointers.deallocate()
    }
    return unsafe body(pointers)
  }
}
