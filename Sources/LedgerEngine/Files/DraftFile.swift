import Glibc
import Synchronization

/// A file that is private (mode 0600) while it is written beside its target, and takes the target's name when it is whole
///   and on the
/// device. One that is given up goes.
package final class DraftFile: Sendable {
  private let path: String
  private let target: String
  private let folder: HeldFolder
  private let file: FileHandle
  private let isNamed = Atomic(false)

  /// - Throws: `storage`, `disk_full`.
  package init(for target: String) throws(LedgerError) {
    let path = Unfinished.name(beside: target)
    let folder = try HeldFolder(LedgerFolder.parent(of: target))
    Unfinished.add(path)
    let file: FileHandle
    do throws(LedgerError) { file = try folder.makeFile(Self.name(of: path), for: target) } catch {
      Unfinished.forget(path)
      throw error
    }
    // A process that sweeps sees that it is in use.
    _ = flock(file.number, LOCK_EX | LOCK_NB)
    (self.path, self.target) = (path, target)
    self.folder = folder
    self.file = file
  }

  private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }

  /// Where its content goes.
  package var descriptor: Int32 { file.number }

  /// Writes all bytes.
  ///
  /// - Throws: `storage`, `disk_full`.
  package func write(_ content: [UInt8]) throws(LedgerError) {
    unsafe try content.span.bytes.withUnsafeBytes { (bytes) throws(LedgerError) in
      unsafe try FileError.writeAll(bytes, to: file.number, target)
    }
  }

  /// Takes the target's name, which nothing may have.
  ///
  /// - Throws: `already_exists`, `storage`, `disk_full`.
  package func publish() throws(LedgerError) {
    try sync(0o600)
    // A link, unlike a renaming, never takes the place of what came meanwhile.
    try Unfinished.finish(path) { () throws(LedgerError) in
      try folder.link(Self.name(of: path), file, to: Self.name(of: target))
    }
    isNamed.store(true, ordering: .relaxed)
  }

  /// Takes the target's name, whatever has it. What root replaces, or adds to another user's folder, is that user's.
  ///
  /// - Throws: `storage`, `disk_full`.
  package func replace(mode: UInt32 = 0o600) throws(LedgerError) {
    folder.giveOwner(of: Self.name(of: target), to: file)
    try sync(mode)
    try Unfinished.finish(path) { () throws(LedgerError) in
      try folder.rename(Self.name(of: path), file, to: Self.name(of: target))
    }
    isNamed.store(true, ordering: .relaxed)
  }

  deinit {
    guard !isNamed.load(ordering: .relaxed) else { return }
    folder.remove(Self.name(of: path))
    Unfinished.forget(path)
  }

  private func sync(_ mode: UInt32) throws(LedgerError) {
    guard fchmod(file.number, mode) == 0, fsync(file.number) == 0 else { throw FileError.last("sync", target) }
  }
}
