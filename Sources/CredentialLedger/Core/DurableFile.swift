import Glibc

/// Files beside the ledger's own: read whole, and replaced whole or not at all.
package enum DurableFile {
  /// The content of a file; nil if there is none.
  ///
  /// - Parameter limit: the size in bytes above which it is refused.
  /// - Throws: `storage` where it cannot be read, or is too large.
  package static func read(_ path: String, limit: Int) throws(LedgerError) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("read", path)
    }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { return content }
      content += chunk[..<count]
      guard content.count <= limit else {
        throw LedgerError(
          .storage, "\(path) has more than \(limit) bytes; check that it is the right file", field: "path")
      }
    }
  }

  /// Replaces a file, or makes it, for its owner alone (mode 0600). After a crash at any point the name stands for the
  /// old content or the new.
  ///
  /// - Parameter syncsName: whether the name is durable, as the content is, when the call returns; otherwise the caller
  ///   syncs the folder, once for many files.
  /// - Throws: `storage` or `disk_full`; then the file is as it was.
  package static func replace(_ path: String, with content: [UInt8], syncsName: Bool = true) throws(LedgerError) {
    let draft = LedgerFolder.draft(of: path)
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("write", path) }
    do throws(LedgerError) {
      defer { close(descriptor) }
      try write(content, to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    } catch {
      unsafe unlink(draft)
      throw error
    }
    guard unsafe rename(draft, path) == 0 else {
      let failure = failure("write", path)
      unsafe unlink(draft)
      throw failure
    }
    if syncsName { try LedgerFolder.sync(parentOf: path) }
  }

  private static func write(_ content: [UInt8], to descriptor: Int32, _ path: String) throws(LedgerError) {
    var rest = content[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func failure(_ action: String, _ path: String) -> LedgerError { LedgerFolder.failure(action, path) }
}
