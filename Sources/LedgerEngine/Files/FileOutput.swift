import Glibc
package import LedgerCrypto
import LedgerFiles

/// A private file (mode 0600) that is written once, from its beginning to its end.
///
/// What is written goes to the device as it comes: see ``Writeback``.
package struct FileOutput: ~Copyable {
  private static let bufferSize = 1 << 16

  private let file: FileHandle
  private let path: String
  private var hash: SHA256.Stream
  private var buffer: [UInt8] = []
  /// How many bytes were written.
  package private(set) var byteCount: UInt64 = 0
  private var writeback: Writeback

  /// Creates the file.
  ///
  /// - Throws: `already_exists`, `disk_full`, `storage`.
  package init(creating path: String) throws(LedgerError) {
    let created = try Self.create(path)
    writeback = Writeback(of: created.number)
    file = created
    hash = SHA256.Stream()
    self.path = path
    buffer.reserveCapacity(Self.bufferSize * 2)
  }

  private static func create(_ path: String) throws(LedgerError) -> FileHandle {
    let file = try FileHandle.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "create")
    try file.protect(0o600)
    return file
  }

  /// Writes bytes.
  ///
  /// - Throws: `disk_full`, `storage`.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LedgerError) {
    if bytes.count < Self.bufferSize {
      unsafe buffer.append(contentsOf: bytes)
      if buffer.count >= Self.bufferSize { try flush() }
    } else {
      try flush()
      unsafe try put(bytes)
    }
  }

  /// Writes bytes.
  package mutating func write(_ bytes: [UInt8]) throws(LedgerError) {
    unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in unsafe try write(bytes) }
  }

  /// Makes everything durable, except for the file's name in its folder.
  ///
  /// - Parameter trailer: bytes to write at the end, given SHA-256 of all before.
  /// - Returns: that digest.
  package consuming func finish(trailer: (Digest) -> [UInt8] = { _ in [] }) throws(LedgerError) -> Digest {
    try flush()
    let path = path
    let file = file
    let digest = hash.finish()
    try Self.end(file, with: trailer(digest), path)
    return digest
  }

  private static func end(
    _ file: borrowing FileHandle, with trailer: [UInt8], _ path: String
  ) throws(LedgerError) {
    let number = file.number
    try FileHandle.writeAll(trailer, to: number, path)
    try file.sync()
    posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED)
  }

  private mutating func flush() throws(LedgerError) {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in unsafe try put(bytes) }
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(LedgerError) {
    unsafe hash.update(bytes)
    unsafe try FileHandle.writeAll(bytes, to: file.number, path)
    byteCount += UInt64(bytes.count)
    writeback.advance(to: byteCount)
  }
}
