import Glibc
import Synchronization

/// Standard output did not take what was written to it.
struct OutputLost: Error {
  /// The error number of the system.
  let code: Int32

  var reason: String { "standard output could not be written: \(unsafe String(cString: strerror(code))) [storage]" }
}

/// Standard output, of which every write is checked, and the last one too: what nobody has received must not look like an
/// answer that was given.
///
/// A failure is kept until somebody asks, so that a command ends as it would, and its ledger is closed.
enum Output {
  private struct State: Sendable {
    var bytes: [UInt8] = []
    var failure: Int32?
  }

  private static let state = Mutex(State())
  static let isTerminal = isatty(STDOUT_FILENO) == 1
  /// How much is gathered for one write, where nobody watches.
  private static let pieceSize = 1 << 16

  /// Writes text, on a terminal at once and otherwise in pieces.
  static func write(_ text: String) {
    if let session = DoorSession.current { return session.print(text) }
    state.withLock { state in
      guard state.failure == nil else { return }
      state.bytes += text.utf8
      if isTerminal || state.bytes.count >= pieceSize { flush(&state) }
    }
  }

  /// Has what is written go to another descriptor from now on.
  ///
  /// - Returns: whether it does.
  static func lead(to descriptor: Int32) -> Bool { dup2(descriptor, STDOUT_FILENO) >= 0 }

  /// Closes standard output, so that its reader sees the end.
  static func abandon() { _ = close(STDOUT_FILENO) }

  /// Writes all that was gathered.
  ///
  /// - Throws: where any of it could not be written, or of what was written before.
  static func flush() throws(OutputLost) {
    guard DoorSession.current == nil else { return }
    let failure = state.withLock { state in
      flush(&state)
      return state.failure
    }
    if let failure { throw OutputLost(code: failure) }
  }

  /// The same, and has a file's content on the device, where a lack of room may show late.
  static func sync() throws(OutputLost) {
    try flush()
    guard DoorSession.current == nil else { return }
    guard fsync(STDOUT_FILENO) != 0, ![EINVAL, EROFS, ENOTSUP].contains(errno) else { return }
    throw OutputLost(code: errno)
  }

  /// Writes what is left, and closes standard output, where the last failure may show.
  static func finish() throws(OutputLost) {
    try flush()
    defer { Pager.wait() }
    guard close(STDOUT_FILENO) != 0 else { return }
    throw OutputLost(code: errno)
  }

  private static func flush(_ state: inout State) {
    var rest = state.bytes[...]
    if !rest.isEmpty { Pager.startIfDue() }
    while state.failure == nil, !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        // Who has seen enough in a pager ends it.
        state.failure = count == 0 ? EIO : errno == EPIPE && Pager.isRunning ? nil : errno
        if state.failure == nil { break }
      }
    }
    state.bytes.removeAll(keepingCapacity: true)
  }
}

/// Prints a line. In place of the standard library's, which tells nobody where it could not.
func print(_ text: String, terminator: String = "\n") { Output.write(text + terminator) }

@available(*, unavailable, message: "print a text: whatever else goes past the checks of Output")
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

/// Descriptors that a program expects to be open.
enum StandardStreams {
  /// Occupies those of 0 to 2 that are closed: otherwise the next file or pipe that is opened gets such a number, and what
  /// is printed goes into it. Reading and writing them fails, as it does for closed ones.
  static func occupy() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free is taken, which is this one.
      let mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
      // Without devices, as in a chroot, a descriptor of the root folder that can neither be read nor written.
      if unsafe open("/dev/null", mode) < 0 { unsafe _ = open("/", pathOnly) }
    }
  }

  /// `O_PATH`, which the headers show only to programs that ask for what GNU adds.
  private static let pathOnly: Int32 = 0o10000000
}
