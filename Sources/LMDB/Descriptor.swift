import Glibc

/// An open file or folder, closed when it goes out of scope.
struct Descriptor: ~Copyable {
  let number: Int32

  /// - Throws: the system's refusal.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0, _ operation: String) throws(LMDBError) {
    number = unsafe open(path, flags | O_CLOEXEC, mode)
    if number < 0 { throw .system(operation) }
  }

  deinit { _ = close(number) }

  /// Creates a file only its owner may read or write, whatever the umask. Nil if there is one by that name. Where root makes
  /// it in another user's folder it is that user's, who is to go on with it.
  static func createPrivate(_ path: String, _ operation: String) throws(LMDBError) -> Descriptor? {
    do throws(LMDBError) {
      let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, operation)
      var folder = stat()
      if geteuid() == 0, let slash = path.lastIndex(of: "/"), unsafe stat(String(path[..<slash]), &folder) == 0 {
        _ = fchown(file.number, folder.st_uid, folder.st_gid)
      }
      if fchmod(file.number, 0o600) != 0 { throw .system(operation) }
      return file
    } catch {
      if error.status == EEXIST { return nil }
      throw error
    }
  }

  /// Size, identity and kind.
  func status(_ operation: String) throws(LMDBError) -> stat {
    var status = stat()
    if unsafe fstat(number, &status) != 0 { throw .system(operation) }
    return status
  }

  /// Returns when the contents, or a folder's entries, are on the device.
  func synchronize(_ operation: String) throws(LMDBError) {
    if fsync(number) != 0 { throw .system(operation) }
  }

  /// The bytes at `offset`: `count`, or fewer at the end of the file.
  func read(_ count: Int, at offset: UInt64, _ operation: String) throws(LMDBError) -> [UInt8] {
    var done = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while done >= 0, done < count {
        let got = unsafe pread(
          number, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset) + off_t(done))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { done = -1 }
        if got <= 0 { break }
        done += got
      }
      initialized = max(done, 0)
    }
    if done < 0 { throw .system(operation) }
    return bytes
  }
}

/// Makes a folder's entry durable in the folder that holds it.
func synchronizeParent(of path: String, _ operation: String) throws(LMDBError) {
  try Descriptor(opening: path + "/..", O_RDONLY | O_DIRECTORY, operation).synchronize(operation)
}
