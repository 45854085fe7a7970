import Glibc
import LMDB
import LedgerCrypto

/// A descriptor that closes itself.
struct FileHandle: ~Copyable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }
}

/// A private file (mode 0600) that is written once, from its beginning to its end.
///
/// What is written goes to the device as it comes: see ``Writeback``.
struct FileOutput: ~Copyable {
  private static let bufferSize = 1 << 16

  private let file: FileHandle
  private let path: String
  private var hash: SHA256.Stream
  private var buffer: [UInt8] = []
  /// How many bytes were written.
  private(set) var byteCount: UInt64 = 0
  private var writeback: Writeback

  /// Creates the file.
  ///
  /// - Throws: `already_exists`, `disk_full`, `storage`.
  init(creating path: String) throws(LedgerError) {
    let created = try Self.create(path)
    writeback = Writeback(of: created.number)
    file = created
    hash = SHA256.Stream()
    self.path = path
    buffer.reserveCapacity(Self.bufferSize * 2)
  }

  private static func create(_ path: String) throws(LedgerError) -> FileHandle {
    let file = FileHandle(unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600))
    guard file.number >= 0 else { throw FileError.last("create", path) }
    guard fchmod(file.number, 0o600) == 0 else { throw FileError.last("protect", path) }
    return file
  }

  /// Writes bytes.
  ///
  /// - Throws: `disk_full`, `storage`.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LedgerError) {
    if bytes.count < Self.bufferSize {
      unsafe buffer.append(contentsOf: bytes)
      if buffer.count >= Self.bufferSize { try flush() }
    } else {
      try flush()
      unsafe try put(bytes)
    }
  }

  /// Writes bytes.
  mutating func write(_ bytes: [UInt8]) throws(LedgerError) {
    unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in unsafe try write(bytes) }
  }

  /// Makes everything durable, except for the file's name in its folder.
  ///
  /// - Parameter trailer: bytes to write at the end, given SHA-256 of all before.
  /// - Returns: that digest.
  consuming func finish(trailer: (Digest) -> [UInt8] = { _ in [] }) throws(LedgerError) -> Digest {
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
    unsafe try trailer.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in
      unsafe try FileError.writeAll(bytes, to: number, path)
    }
    guard fsync(number) == 0 else { throw FileError.last("sync", path) }
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
    unsafe try FileError.writeAll(bytes, to: file.number, path)
    byteCount += UInt64(bytes.count)
    writeback.advance(to: byteCount)
  }
}

/// Errors of files, and calls that are made until they are done.
enum FileError {
  /// What the failed system call means.
  static func last(_ action: String, _ path: String) -> LedgerError {
    let number = errno
    let text = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    let code: LedgerError.Code =
      switch number {
      case ENOSPC, EDQUOT, EFBIG: .diskFull
      case EEXIST: .alreadyExists
      default: .storage
      }
    return LedgerError(code, "could not \(action) \(path): \(text)")
  }

  /// Writes all bytes to a descriptor.
  static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(LedgerError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw last("write", path) }
      done += count
    }
  }

  /// Reads up to `count` bytes from a descriptor; none at its end.
  static func read(_ count: Int, from descriptor: Int32, _ path: String) throws(LedgerError) -> [UInt8] {
    while true {
      var failed: Int32 = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        let got = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
        if got < 0 { failed = errno }
        initialized = max(got, 0)
      }
      if failed == EINTR { continue }
      errno = failed
      if failed != 0 { throw last("read", path) }
      return bytes
    }
  }
}
