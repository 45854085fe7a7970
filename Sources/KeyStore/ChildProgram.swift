import CPlatform
import Glibc
import LedgerCrypto

/// A program that is started with as little as possible: no descriptor of this process but its standard ones, none of the
/// signals that are blocked here, and the variables that are named.
package struct ChildProgram: Sendable {
  /// Why it could not be run to its end.
  package struct Failure: Error {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
  }

  /// How it ended.
  package struct Result: Sendable {
    /// The exit status; -1 where a signal ended it.
    package let status: Int32
    package var output: [UInt8]
    /// What it said on standard error, at most some lines.
    package let error: String

    /// What to tell of a status that is not 0.
    package func failure(of path: String) -> String {
      let told = error.split(separator: "\n").last.map { ": \($0)" } ?? ""
      return "\(path) ended with status \(status)\(told)"
    }
  }

  /// From the root.
  package let path: String
  private let arguments: [String]
  private let passes: @Sendable (_ name: Substring) -> Bool

  /// - Parameter passes: whether a variable of this process's environment is the program's too.
  package init(
    _ path: String, _ arguments: [String], inheriting passes: @escaping @Sendable (_ name: Substring) -> Bool
  ) {
    self.path = path
    self.arguments = arguments
    self.passes = passes
  }

  /// The first of some folders that has a program of a name; nil if none has.
  package static func find(_ name: String, in folders: [String]) -> String? {
    folders.map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - input: what it reads.
  ///   - outputLimit: how many bytes of output are taken; it is killed at more.
  ///   - seconds: how long it may take; it is killed then.
  package func run(input: [UInt8] = [], outputLimit: Int, seconds: Int = 30) throws(Failure) -> Result {
    // Files in memory for what goes in and for messages, so that nobody waits for the other; a pipe for the output, so
    // that one without end takes no memory.
    let (given, told) = (credledger_memory_file(), credledger_memory_file())
    var pipe: [Int32] = [-1, -1]
    defer { for descriptor in [given, told, pipe[0]] where descriptor >= 0 { close(descriptor) } }
    guard given >= 0, told >= 0, unsafe credledger_pipe(&pipe) == 0 else {
      throw Failure("\(path) could not be started: no descriptor is left")
    }
    var rest = input[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(given, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    lseek(given, 0, SEEK_SET)
    let process: pid_t
    do throws(Failure) {
      process = try start(input: given, output: pipe[1], error: told)
      close(pipe[1])
    } catch {
      close(pipe[1])
      throw error
    }
    let output = Self.read(pipe[0], limit: outputLimit, seconds: seconds)
    if case .failure = output { kill(process, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    switch output {
    case .failure(let failure): throw Failure("\(path): \(failure.reason)")
    case .success(let bytes):
      return Result(
        status: status & 0x7F == 0 ? status >> 8 & 0xFF : -1, output: bytes, error: Self.beginning(of: told))
    }
  }

  private func start(input: Int32, output: Int32, error: Int32) throws(Failure) -> pid_t {
    var variables: [String] = []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      let text = unsafe String(cString: variable)
      if passes(text.prefix { $0 != "=" }) { variables.append(text) }
      unsafe next += 1
    }
    var process: pid_t = 0
    let status = unsafe Self.withPointers([path] + arguments) { arguments in
      unsafe Self.withPointers(variables) { environment in
        unsafe credledger_spawn(&process, path, arguments, environment, input, output, error)
      }
    }
    guard status == 0 else {
      let text = unsafe strerror(status).map { unsafe String(cString: $0) } ?? "error \(status)"
      throw Failure("\(path) could not be started: \(text)")
    }
    return process
  }

  private static func withPointers<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a list with its end is never empty") }
      return unsafe body(base)
    }
  }

  /// All that comes until the end.
  private static func read(_ descriptor: Int32, limit: Int, seconds: Int) -> Swift.Result<[UInt8], Failure> {
    var content: [UInt8] = []
    // Never copied while it grows, so that what is secret is nowhere else.
    content.reserveCapacity(limit + 4_096)
    var chunk = [UInt8](repeating: 0, count: 4_096)
    defer { _ = Secret(wiping: &chunk) }
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(seconds))
    while true {
      let left = (end - clock.now).components.seconds
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waiting, 1, Int32(clamping: max(left, 0) * 1_000 + 1))
      if ready < 0, errno == EINTR { continue }
      guard ready > 0 else { return .failure(Failure("it took more than \(seconds) seconds")) }
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .success(content) }
      content += chunk[..<count]
      guard content.count <= limit else { return .failure(Failure("the output has more than \(limit) bytes")) }
    }
  }

  private static func beginning(of file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }
}
