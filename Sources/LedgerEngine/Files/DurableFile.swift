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

  /// Replaces a file, or makes it, for its owner alone unless another mode is given. After a crash at any point the name
  ///   stands for the
  /// old content or the new.
  ///
  /// - Parameter syncsName: whether the name is durable, as the content is, when the call returns; otherwise the caller
  ///   syncs the folder, once for many files.
  /// - Throws: `storage` or `disk_full`; then the file is as it was.
  package static func replace(
    _ path: String, with content: [UInt8], mode: UInt32 = 0o600, syncsName: Bool = true
  ) throws(LedgerError) {
    let draft = try DraftFile(for: path)
    try draft.write(content)
    try draft.replace(mode: mode)
    if syncsName { try LedgerFolder.sync(parentOf: path) }
  }

  /// Makes a file that is not there yet, for its owner alone (mode 0600): whole and durable, or not at all.
  ///
  /// - Throws: `already_exists`, `storage` or `disk_full`.
  package static func create(_ path: String, with content: [UInt8]) throws(LedgerError) {
    try requireNew(path)
    Unfinished.sweep(beside: path)
    let draft = try DraftFile(for: path)
    try draft.write(content)
    try draft.publish()
    try LedgerFolder.sync(parentOf: path)
  }

  /// Refuses a name that something has.
  package static func requireNew(_ path: String) throws(LedgerError) {
    guard LedgerFolder.exists(path) else { return }
    throw LedgerError(.alreadyExists, "\(path) is there already; name another file", field: "path")
  }

  /// Writes into what is there: a pipe, a device, a descriptor under another name.
  ///
  /// - Throws: `storage` or `disk_full`.
  package static func write(_ content: [UInt8], to descriptor: Int32, _ path: String) throws(LedgerError) {
    unsafe try content.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in
      unsafe try FileError.writeAll(bytes, to: descriptor, path)
    }
  }

  /// Opens a pipe or a device for writing.
  ///
  /// - Returns: a descriptor, for the caller to close.
  /// - Throws: `storage`.
  package static func openStream(_ path: String) throws(LedgerError) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw FileError.last("write", path) }
    return descriptor
  }
}
