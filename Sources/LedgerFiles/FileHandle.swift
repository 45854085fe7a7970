package import Glibc

/// An open file or folder. It is closed when it goes out of scope, and in programs that this process starts.
package struct FileHandle<Failure: FileFailure>: ~Copyable {
  /// The descriptor.
  package let number: Int32
  /// What was opened, for errors.
  package let path: String

  /// Takes over a descriptor.
  package init(_ number: Int32, _ path: String) {
    self.number = number
    self.path = path
  }

  deinit { _ = close(number) }

  // MARK: Opening

  /// Opens what is there, or makes it where `flags` say so.
  ///
  /// - Parameters:
  ///   - flags: those of `open(2)`.
  ///   - action: what is being done, for the error.
  package static func open(
    _ path: String, _ flags: Int32, _ action: String = "open"
  ) throws(Failure) -> FileHandle {
    let number = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .refused(action, path) }
    return FileHandle(number, path)
  }

  /// The same; nil where there is nothing of that name.
  package static func openIfPresent(
    _ path: String, _ flags: Int32, _ action: String = "open"
  ) throws(Failure) -> FileHandle? {
    let number = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard number < 0 else { return FileHandle(number, path) }
    guard errno == ENOENT else { throw .refused(action, path) }
    return nil
  }

  /// Makes a file that only its owner may read or write (mode 0600), whatever the umask. Where root makes it in another
  /// user's folder it is that user's, who is to go on with it.
  ///
  /// - Returns: nil where something has the name.
  package static func create(_ path: String, _ action: String = "create") throws(Failure) -> FileHandle? {
    let number = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else {
      guard errno == EEXIST else { throw .refused(action, path) }
      return nil
    }
    let file = FileHandle(number, path)
    var folder = stat()
    if geteuid() == 0, let slash = path.lastIndex(of: "/"), unsafe stat(String(path[..<slash]), &folder) == 0 {
      _ = fchown(number, folder.st_uid, folder.st_gid)
    }
    try file.protect(0o600, action)
    return file
  }

  // MARK: What it is

  /// Size, identity, owner and kind.
  package func status(_ action: String = "examine") throws(Failure) -> stat {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw .refused(action, path) }
    return status
  }

  /// Sets the mode.
  package func protect(_ mode: mode_t, _ action: String = "protect") throws(Failure) {
    guard fchmod(number, mode) == 0 else { throw .refused(action, path) }
  }

  /// Cuts the file, or lets it grow, to a size in bytes.
  package func truncate(to size: Int) throws(Failure) {
    guard ftruncate(number, size) == 0 else { throw .refused("cut", path) }
  }

  /// Returns when the content, or the names in a folder, are on the device.
  package func sync(_ action: String = "sync") throws(Failure) {
    guard fsync(number) == 0 else { throw .refused(action, path) }
  }

  // MARK: Locking

  /// Takes the lock that one holder alone can have, in this process or another, until it is given back or closed.
  ///
  /// - Returns: whether nobody else has it.
  package func lock(_ action: String = "lock") throws(Failure) -> Bool {
    guard flock(number, LOCK_EX | LOCK_NB) != 0 else { return true }
    guard errno == EWOULDBLOCK else { throw .refused(action, path) }
    return false
  }

  /// Gives the lock back. Closing alone would leave it to a child process that has not yet come to its exec.
  package func unlock() { _ = flock(number, LOCK_UN) }

  // MARK: Reading and writing

  /// The bytes from an offset on: `count`, or fewer at the end of the file.
  package func read(_ count: Int, at offset: Int = 0, _ action: String = "read") throws(Failure) -> [UInt8] {
    var done = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while done >= 0, done < count {
        let got = unsafe pread(number, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
        if got < 0, errno == EINTR { continue }
        if got < 0 { done = -1 }
        if got <= 0 { break }
        done += got
      }
      initialized = max(done, 0)
    }
    guard done >= 0 else { throw .refused(action, path) }
    return bytes
  }

  /// Writes all bytes from an offset on.
  package func write(_ bytes: [UInt8], at offset: Int = 0) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let put = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(number, $0.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw .refused("write", path) }
      done += put
    }
  }

  /// Up to `count` of the bytes that come next from a descriptor; none at its end.
  package static func read(_ count: Int, from descriptor: Int32, _ path: String) throws(Failure) -> [UInt8] {
    while true {
      var failed: Int32 = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        let got = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
        if got < 0 { failed = errno }
        initialized = max(got, 0)
      }
      if failed == EINTR { continue }
      guard failed == 0 else { throw Failure(FileError("read", path, .system(failed))) }
      return bytes
    }
  }

  /// Writes all bytes to a descriptor.
  package static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
  ) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let count = unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .refused("write", path) }
      done += count
    }
  }

  /// Writes all bytes to a descriptor.
  package static func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(Failure) {
    unsafe try bytes.span.bytes.withUnsafeBytes { (bytes) throws(Failure) in
      unsafe try writeAll(bytes, to: descriptor, path)
    }
  }
}
