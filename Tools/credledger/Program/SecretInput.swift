import ArgumentParser
import Glibc
import Synchronization

/// The lines of a file, or of standard input for `-`: what is to stay out of the list of processes. White space around a
/// line is ignored, and so are lines without anything else.
///
/// - Throws: ``CannotRead``, also for more than a mebibyte, which is more than any command takes at once, and for what is
///   not UTF-8: nothing is ever cut off or repaired.
func lines(of file: String) throws -> [String] {
  guard let text = String(validating: try contents(of: file, limit: 1 << 20), as: UTF8.self) else {
    throw CannotRead(reason: "\(file) is not UTF-8")
  }
  return trimmedLines(of: text)
}

private func trimmedLines(of text: String) -> [String] {
  text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { line in
    let start = line.drop { $0.properties.isWhitespace }
    let end = start.lastIndex { !$0.properties.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex
    return String(start[..<end])
  }.filter { !$0.isEmpty }
}

/// The lines for an option or argument whose value is `-` or a file. On a terminal one line is asked for, and not shown.
///
/// - Parameter what: what is asked for, such as "token".
func secrets(in file: String, _ what: String) throws -> [String] {
  guard file == "-", DoorSession.current == nil, isatty(STDIN_FILENO) == 1 else { return try lines(of: file) }
  return trimmedLines(of: try HiddenLine.read("\(what): "))
}

/// What an option says; for `-` the lines of standard input.
func values(of option: String, _ what: String) throws -> [String] {
  guard option == "-" else { return [option] }
  let lines = try secrets(in: option, what)
  guard !lines.isEmpty else { throw ValidationError("Standard input holds no \(what).") }
  return lines
}

/// The tokens in a file, a line each, as they are pasted: after `Bearer`, or in quotes.
func tokens(in file: String) throws -> [String] {
  let tokens = try secrets(in: file, "token").map(unwrapped)
  guard !tokens.isEmpty else {
    throw ValidationError("\(file == "-" ? "Standard input" : file) holds no token.")
  }
  return tokens
}

/// A token's text without what is around it where it was pasted from.
func unwrapped(_ text: String) -> String {
  var text = text[...]
  for (first, last) in [("\"", "\""), ("'", "'"), ("`", "`")] where text.hasPrefix(first) && text.hasSuffix(last) {
    if text.count > 1 { text = text.dropFirst().dropLast() }
  }
  if text.prefix(7).lowercased() == "bearer " { text = text.dropFirst(7).drop { $0 == " " } }
  return String(text)
}

/// The content of a file, or of standard input for `-`.
///
/// - Parameters:
///   - limit: the most bytes that it may have.
///   - isWorthwhile: whether to read on, after the first bytes.
func contents(of file: String, limit: Int, isWorthwhile: ([UInt8]) -> Bool = { _ in true }) throws -> [UInt8] {
  if let session = DoorSession.current {
    let bytes = try session.input(file)
    guard isWorthwhile(bytes), bytes.count > limit else { return bytes }
    throw CannotRead(reason: "\(file) has more than \(limit) bytes; check that it is the right file")
  }
  let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw CannotRead(reason: "\(file) cannot be read: \(systemError())") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 14)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw CannotRead(reason: "\(file) cannot be read: \(systemError())") }
    guard count > 0 else { return bytes }
    bytes += buffer.prefix(count)
    guard isWorthwhile(bytes) else { return bytes }
    guard bytes.count <= limit else {
      throw CannotRead(reason: "\(file) has more than \(limit) bytes; check that it is the right file")
    }
  }
}

/// Why the last call of the system failed.
func systemError() -> String { unsafe String(cString: strerror(errno)) }

/// A line that is typed on a terminal and not shown.
enum HiddenLine {
  /// How the terminal is to be left.
  private static let before = Mutex<termios?>(nil)

  /// Asks for a line. Ends with it, or with the input.
  static func read(_ prompt: String) throws -> String {
    var mode = termios()
    if unsafe tcgetattr(STDIN_FILENO, &mode) == 0 {
      before.withLock { [mode] in $0 = mode }
      mode.c_lflag &= ~tcflag_t(ECHO)
      unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &mode)
    }
    // Once nothing is shown any more: what is typed as soon as it asks is neither shown nor thrown away.
    write(prompt, to: STDERR_FILENO)
    defer {
      restore()
      write("\n", to: STDERR_FILENO)
    }
    guard let line = readLine() else { throw CannotRead(reason: "standard input ended without a line") }
    return line
  }

  /// Shows again what is typed. Also for a program that is interrupted while it asks.
  static func restore() {
    before.withLock { mode in
      if var mode { unsafe tcsetattr(STDIN_FILENO, TCSANOW, &mode) }
      mode = nil
    }
  }
}
