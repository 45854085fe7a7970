import Glibc
import Synchronization

/// A file that is private (mode 0600) while it is written beside its target, and takes the target's name when it is whole
/// and on the device. One that is given up goes.
package final class DraftFile<Failure: FileFailure>: Sendable {
  private let path: String
  private let target: String
  private let folder: FolderHandle<Failure>
  private let file: FileHandle<Failure>
  private let isNamed = Atomic(false)

  /// - Parameter target: the path whose name it takes.
  package init(for target: String) throws(Failure) {
    let path = TemporaryFiles.name(beside: target)
    let folder = try FolderHandle<Failure>(Folder<Failure>.parent(of: target))
    TemporaryFiles.add(path)
    let file: FileHandle<Failure>
    do throws(Failure) { file = try folder.makeFile(Self.name(of: path), for: target) } catch {
      TemporaryFiles.forget(path)
      throw error
    }
    // A process that sweeps sees that it is in use.
    _ = flock(file.number, LOCK_EX | LOCK_NB)
    (self.path, self.target) = (path, target)
    self.folder = folder
    self.file = file
  }

  private static func name(of path: String) -> String { Folder<Failure>.name(of: path) }

  /// Where its content goes.
  package var descriptor: Int32 { file.number }

  /// Writes all bytes.
  package func write(_ content: [UInt8]) throws(Failure) {
    try FileHandle<Failure>.writeAll(content, to: file.number, target)
  }

  /// Takes the target's name, which nothing may have.
  ///
  /// - Throws: `EEXIST` where something has it.
  package func publish() throws(Failure) {
    try sync(0o600)
    // A link, unlike a renaming, never takes the place of what came meanwhile.
    try TemporaryFiles.finish(path) { () throws(Failure) in
      try folder.link(Self.name(of: path), file, to: Self.name(of: target))
    }
    isNamed.store(true, ordering: .relaxed)
  }

  /// Takes the target's name, whatever has it. What root replaces, or adds to another user's folder, is that user's.
  package func replace(mode: UInt32 = 0o600) throws(Failure) {
    folder.giveOwner(of: Self.name(of: target), to: file)
    try sync(mode)
    try TemporaryFiles.finish(path) { () throws(Failure) in
      try folder.rename(Self.name(of: path), file, to: Self.name(of: target))
    }
    isNamed.store(true, ordering: .relaxed)
  }

  deinit {
    guard !isNamed.load(ordering: .relaxed) else { return }
    folder.remove(Self.name(of: path))
    TemporaryFiles.forget(path)
  }

  private func sync(_ mode: UInt32) throws(Failure) {
    guard fchmod(file.number, mode) == 0, fsync(file.number) == 0 else { throw .refused("sync", target) }
  }
}
