import Glibc

/// Files beside the ledger's own: read whole, and replaced whole or not at all.
package enum DurableFile {
  /// The content of a file; nil if there is none.
  ///
  /// - Parameter limit: the size in bytes above which it is refused.
  /// - Throws: `storage` where it cannot be read, or is too large.
  package static func read(_ path: String, limit: Int) throws(LedgerError) -> [UInt8]? {
    let file = FileHandle(unsafe open(path, O_RDONLY | O_CLOEXEC))
    guard file.number >= 0 else {
      if errno == ENOENT { return nil }
      throw FileError.last("read", path)
    }
    var content: [UInt8] = []
    while true {
      let piece = try FileError.read(1 << 16, from: file.number, path)
      if piece.isEmpty { return content }
      content += piece
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
    let draft = try draft(of: path, content)
    guard unsafe rename(draft, path) == 0 else {
      let failure = FileError.last("write", path)
      unsafe unlink(draft)
      throw failure
    }
    if syncsName { try LedgerFolder.sync(parentOf: path) }
  }

  /// Makes a file that is not there yet, for its owner alone (mode 0600): whole and durable, or not at all.
  ///
  /// - Throws: `already_exists`, `storage` or `disk_full`.
  package static func create(_ path: String, with content: [UInt8]) throws(LedgerError) {
    try requireNew(path)
    try publish(try draft(of: path, content), as: path)
  }

  /// Refuses a name that something has.
  static func requireNew(_ path: String) throws(LedgerError) {
    guard LedgerFolder.exists(path) else { return }
    throw LedgerError(.alreadyExists, "\(path) is there already; name another file", field: "path")
  }

  /// Gives a draft, whose content is durable, a name that nothing has; its own name goes, whatever comes of it.
  ///
  /// - Throws: `already_exists`, `storage`.
  static func publish(_ draft: String, as path: String) throws(LedgerError) {
    // A link, unlike a renaming, never takes the place of what came meanwhile.
    guard unsafe link(draft, path) == 0 else {
      let failure = FileError.last("name", path)
      unsafe unlink(draft)
      throw failure
    }
    unsafe unlink(draft)
    try LedgerFolder.sync(parentOf: path)
  }

  /// The name of a new file beside the path, with this content, which is durable.
  private static func draft(of path: String, _ content: [UInt8]) throws(LedgerError) -> String {
    let draft = LedgerFolder.draft(of: path)
    let file = FileHandle(unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
    guard file.number >= 0 else { throw FileError.last("write", path) }
    do throws(LedgerError) {
      unsafe try content.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in
        unsafe try FileError.writeAll(bytes, to: file.number, path)
      }
      guard fsync(file.number) == 0 else { throw FileError.last("sync", path) }
    } catch {
      unsafe unlink(draft)
      throw error
    }
    return draft
  }
}
