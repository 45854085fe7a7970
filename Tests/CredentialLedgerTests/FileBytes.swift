import Glibc
import LedgerTestSupport
import Testing

/// The bytes of files, as they are on the disk.
enum FileBytes {
  /// Whether a file, or any file in a folder and the folders in it, holds the bytes.
  static func hold(_ bytes: [UInt8], in path: String) throws -> Bool {
    guard let names = TemporaryFolder.names(in: path) else {
      let content = try read(path)
      return unsafe content.withUnsafeBytes { content in
        unsafe bytes.withUnsafeBytes { bytes in unsafe contains(content, bytes) }
      }
    }
    return try names.contains { try hold(bytes, in: "\(path)/\($0)") }
  }

  private static func contains(_ content: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let wanted = bytes.baseAddress, var next = content.baseAddress else { return unsafe bytes.isEmpty }
    var left = content.count
    while left >= bytes.count, let found = unsafe memchr(next, Int32(bytes[0]), left - bytes.count + 1) {
      if unsafe memcmp(found, wanted, bytes.count) == 0 { return true }
      left -= unsafe UnsafeRawPointer(found) - next + 1
      unsafe next = UnsafeRawPointer(found) + 1
    }
    return false
  }

  static func read(_ path: String) throws -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return content }
      content += chunk[..<count]
    }
  }

  static func write(_ content: [UInt8], to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(
      unsafe content.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) } == content.count)
  }
}
