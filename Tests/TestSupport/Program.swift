import Glibc
import Synchronization

/// What a program printed, and how it ended.
public struct ProgramResult: Sendable {
  /// The exit status; 128 and the signal's number where a signal ended it, as a shell has it.
  public let status: Int32
  public let output: String
  public let error: String
}

/// Why a program could not be run.
public enum ProgramFailure: Error {
  /// Nothing of this name was built beside the tests.
  case missing(String)
  case notStarted(String)
}

/// Runs `credledger` to its end.
///
/// - Parameters:
///   - program: another program to run, by its path.
///   - input: what it reads from its standard input.
///   - environment: what to set besides this process's own environment, as `NAME=value`.
public func runProgram(
  _ arguments: [String], of program: String = "credledger", input: String = "", environment: [String] = []
) throws -> ProgramResult {
  // Files rather than pipes, so that neither side ever waits for the other.
  let folder = TemporaryFolder()
  let files = ["input", "output", "error"].map { "\(folder.path)/\($0)" }
  let descriptors = files.map { unsafe open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
  defer { for descriptor in descriptors { close(descriptor) } }
  write(input, to: descriptors[0])
  lseek(descriptors[0], 0, SEEK_SET)
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  for (index, descriptor) in descriptors.enumerated() {
    unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(index))
  }
  let process = try unsafe Program.start(program, arguments, environment: environment, &actions)
  let status = Program.wait(for: process)
  return ProgramResult(status: status, output: contents(of: descriptors[1]), error: contents(of: descriptors[2]))
}

private func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}

private func contents(of descriptor: Int32) -> String {
  var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
  let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// Programs and libraries that were built beside the tests.
public enum Program {
  /// Held while a program is started, and from the making of a pipe until it is closed to other programs: one that is started in
  /// between would keep the pipe open, and whoever waits for its end would wait for that program.
  static let starting = Mutex(())

  /// The path of a built file.
  public static func file(_ name: String) throws -> String {
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
    throw ProgramFailure.missing(name)
  }

  /// Runs a program of the system; false if it fails, or is missing.
  public static func run(_ program: String, _ arguments: [String]) -> Bool {
    var process: pid_t = 0
    let status = starting.withLock { _ in
      unsafe withPointers([program] + arguments) { arguments in
        unsafe posix_spawnp(&process, program, nil, nil, arguments, environ)
      }
    }
    return status == 0 && wait(for: process) == 0
  }

  /// Whether a file system may be mounted here, as a test of a full disk needs.
  public static let canMount: Bool = {
    let folder = TemporaryFolder()
    guard run("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", folder.path]) else { return false }
    return run("umount", ["-l", folder.path])
  }()

  static func start(
    _ program: String, _ arguments: [String], environment: [String], _ actions: inout posix_spawn_file_actions_t
  ) throws -> pid_t {
    let path = program.contains("/") ? program : try file(program)
    var process: pid_t = 0
    // Threads that run tests block signals, and whoever started the tests may ignore some: a program would inherit both.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let inherited = inheritedEnvironment()
    let status = starting.withLock { _ in
      unsafe withPointers([path] + arguments) { arguments in
        unsafe withPointers(environment + inherited) { environment in
          unsafe posix_spawn(&process, path, &actions, &attributes, arguments, environment)
        }
      }
    }
    guard status == 0 else { throw ProgramFailure.notStarted(program) }
    return process
  }

  /// Waits until a process has ended.
  static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

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
