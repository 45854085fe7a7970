import ArgumentParser
import Glibc

/// The first line of a file, or of standard input for `-`: a secret that is to stay out of the list of processes.
func secret(in file: String) throws -> String {
  let line = try contents(of: file).prefix { !isLineEnd($0) }
  return String(decoding: line, as: UTF8.self)
}

/// What an option says; for `-` the first line of standard input.
func value(of option: String) throws -> String { option == "-" ? try secret(in: option) : option }

/// The lines of such a file that are not empty.
func secrets(in file: String) throws -> [String] {
  try contents(of: file).split(whereSeparator: isLineEnd).map { String(decoding: $0, as: UTF8.self) }
}

private func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

/// At most 64 KiB and a little: some times what any command takes at once.
private func contents(of file: String) throws -> [UInt8] {
  let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw ValidationError("\(file) cannot be read.") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1_024)
  while bytes.count < 65_536 {
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    bytes += buffer.prefix(count)
  }
  return bytes
}
