import Glibc

/// Small files: read whole, and replaced whole or not at all.
package enum DurableFile<Failure: FileFailure> {
  /// The content of a file; nil if there is none.
  ///
  /// - Parameter limit: the size in bytes above which it is refused.
  /// - Throws: `tooLarge`, and what the system refuses.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8]? {
    guard let file = try FileHandle<Failure>.openIfPresent(path, O_RDONLY, "read") else { return nil }
    var content: [UInt8] = []
    while true {
      let piece = try FileHandle<Failure>.read(1 << 16, from: file.number, path)
      if piece.isEmpty { return content }
      content += piece
      guard content.count <= limit else { throw Failure(FileError("read", path, .tooLarge(limit: limit))) }
    }
  }

  /// Replaces a file, or makes it, for its owner alone unless another mode is given. After a crash at any point the name
  /// stands for the old content or the new.
  ///
  /// - Parameter syncsName: whether the name is durable, as the content is, when the call returns; otherwise the caller
  ///   syncs the folder, once for many files.
  /// - Throws: what the system refuses; then the file is as it was.
  package static func replace(
    _ path: String, with content: [UInt8], mode: UInt32 = 0o600, syncsName: Bool = true
  ) throws(Failure) {
    let draft = try DraftFile<Failure>(for: path)
    try draft.write(content)
    try draft.replace(mode: mode)
    if syncsName { try Folder<Failure>.sync(parentOf: path) }
  }

  /// Makes a file that is not there yet, for its owner alone (mode 0600): whole and durable, or not at all.
  ///
  /// - Throws: `taken`, and what the system refuses.
  package static func create(_ path: String, with content: [UInt8]) throws(Failure) {
    try requireNew(path)
    TemporaryFiles.sweep(beside: path)
    let draft = try DraftFile<Failure>(for: path)
    try draft.write(content)
    try draft.publish()
    try Folder<Failure>.sync(parentOf: path)
  }

  /// Refuses a name that something has.
  package static func requireNew(_ path: String) throws(Failure) {
    guard Folder<Failure>.exists(path) else { return }
    throw Failure(FileError("make", path, .taken))
  }

  /// Writes into what is there: a pipe, a device, a descriptor under another name.
  package static func write(_ content: [UInt8], to descriptor: Int32, _ path: String) throws(Failure) {
    try FileHandle<Failure>.writeAll(content, to: descriptor, path)
  }

  /// Opens a pipe or a device for writing.
  ///
  /// - Returns: a descriptor, for the caller to close.
  package static func openStream(_ path: String) throws(Failure) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw .refused("write", path) }
    return descriptor
  }
}
