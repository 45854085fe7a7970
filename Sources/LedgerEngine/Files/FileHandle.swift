import Glibc

/// A descriptor that closes itself.
package struct FileHandle: ~Copyable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }
}

/// Errors of files, and calls that are made until they are done.
package enum FileError {
  /// What the failed system call means.
  package static func last(_ action: String, _ path: String) -> LedgerError {
    let number = errno
    let text = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    let code: LedgerError.Code =
      switch number {
      case ENOSPC, EDQUOT, EFBIG: .diskFull
      case EEXIST: .alreadyExists
      case EMFILE, ENFILE, ENOMEM: .systemLimit
      default: .storage
      }
    return LedgerError(code, "could not \(action) \(path): \(text)")
  }

  /// Writes all bytes to a descriptor.
  package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String)
    throws(LedgerError)
  {
    var done = 0
    while done < bytes.count {
      let count = unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw last("write", path) }
      done += count
    }
  }

  /// Reads `count` bytes of a file from a place on; fewer at its end.
  package static func read(_ count: Int, at place: Int, of descriptor: Int32, _ path: String) throws(LedgerError)
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var failed: Int32 = 0
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, initialized in
        let got = unsafe pread(descriptor, buffer.baseAddress, buffer.count, off_t(place + bytes.count))
        if got < 0 { failed = errno }
        initialized = max(got, 0)
      }
      if failed == EINTR { continue }
      errno = failed
      if failed != 0 { throw last("read", path) }
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }

  /// Reads up to `count` bytes from a descriptor; none at its end.
  package static func read(_ count: Int, from descriptor: Int32, _ path: String) throws(LedgerError) -> [UInt8] {
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
