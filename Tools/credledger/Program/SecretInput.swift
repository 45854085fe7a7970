import ArgumentParser
import Glibc

/// The first line of a file, or of standard input for `-`: a secret that is to stay out of the list of processes.
func secret(in file: String) throws -> String {
  let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw ValidationError("\(file) cannot be read.") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1_024)
  while bytes.count < 4_096 {
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    bytes += buffer.prefix(count)
  }
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
  return String(decoding: line, as: UTF8.self)
}
