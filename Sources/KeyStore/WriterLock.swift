import Glibc

/// The right to be the only one that writes to a folder, held from taking it until this value goes.
struct WriterLock: ~Copyable {
  private let file: OpenFile

  /// Takes the lock of a folder.
  ///
  /// - Throws: ``KeyStoreError`` with code `locked` if someone has it, in this process or another; `fileFailure`.
  init(of folder: PrivateFolder) throws(KeyStoreError) {
    let path = folder.path(of: ".lock")
    let file = try folder.openOrCreate(".lock", O_RDWR)
    guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw .file("lock", path) }
      throw KeyStoreError(
        .locked, "\(folder.path) is open for writing elsewhere; stop that first, or open for reading.")
    }
    self.file = file
  }

  deinit {
    // Closing alone would leave the lock to a child process that has not yet come to its exec.
    flock(file.descriptor, LOCK_UN)
  }
}
