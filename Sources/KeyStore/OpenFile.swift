import Glibc

/// A file descriptor that closes itself, with the few operations the key store needs.
struct OpenFile: ~Copyable {
  let descriptor: Int32
  private let path: String

  /// Opens or creates a file.
  ///
  /// - Parameters:
  ///   - flags: those of `open(2)`. A file created has mode 0600, whatever the umask.
  ///   - followsLink: whether a symbolic link in the last place of the path is followed.
  /// - Returns: `nil` if the file does not exist and is not to be created.
  /// - Throws: ``KeyStoreError`` with code `fileFailure`.
  static func open(_ path: String, _ flags: Int32, followsLink: Bool = false) throws(KeyStoreError) -> OpenFile? {
    let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW), 0o600)
    if descriptor < 0 {
      if errno == ENOENT, flags & O_CREAT == 0 { return nil }
      throw .file("open", path)
    }
    let file = OpenFile(descriptor: descriptor, path: path)
    if flags & O_CREAT != 0, fchmod(descriptor, 0o600) != 0 { throw .file("protect", path) }
    return file
  }

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit {
    close(descriptor)
  }

  func status() throws(KeyStoreError) -> stat {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .file("examine", path) }
    return status
  }

  /// Reads up to `count` bytes from `offset`; fewer at the end of the file.
  func read(count: Int, at offset: Int = 0) throws(KeyStoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, offset + filled)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .file("read", path) }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int = 0) throws(KeyStoreError) {
    var written = 0
    while written < bytes.count {
      let put = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written, offset + written)
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw .file("write", path) }
      written += put
    }
  }

  /// Makes another file's owner and group this one's. A group that the user who runs the program is not in stays as it is.
  ///
  /// - Throws: ``KeyStoreError`` with code `fileFailure` where the owner is somebody else, and this is not root.
  func give(to owner: stat) throws(KeyStoreError) {
    let own = try status()
    if own.st_uid == owner.st_uid {
      if own.st_gid != owner.st_gid { _ = fchown(descriptor, uid_t.max, owner.st_gid) }
      return
    }
    guard fchown(descriptor, owner.st_uid, owner.st_gid) == 0 else {
      throw KeyStoreError(
        .fileFailure,
        "\(path) would belong to the user \(own.st_uid), but its folder's files are the user \(owner.st_uid)'s: run this as "
          + "that user.")
    }
  }

  func protect(mode: mode_t) throws(KeyStoreError) {
    guard fchmod(descriptor, mode) == 0 else { throw .file("protect", path) }
  }

  func truncate(to size: Int) throws(KeyStoreError) {
    guard ftruncate(descriptor, size) == 0 else { throw .file("cut", path) }
  }

  func sync() throws(KeyStoreError) {
    guard fsync(descriptor) == 0 else { throw .file("sync", path) }
  }
}

extension KeyStoreError {
  /// The error of a failed system call, with the system's word for it.
  static func file(_ task: StaticString, _ path: String) -> KeyStoreError {
    let number = errno
    let text = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    let isFull = [ENOSPC, EDQUOT, EFBIG].contains(number)
    return KeyStoreError(isFull ? .diskFull : .fileFailure, "Could not \(task) \(path): \(text).")
  }
}
