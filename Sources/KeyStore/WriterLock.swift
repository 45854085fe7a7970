import Glibc

/// The right to be the only one that writes to a folder, held from taking it until this value goes.
struct WriterLock: ~Copyable {
  private let file: OpenFile

  /// Takes the lock of a folder.
  ///
  /// - Throws: ``KeyStoreError`` with code `locked` if someone has it, in this process or another; `fileFailure`.
  init(of folder: PrivateFolder) throws(KeyStoreError) {
    let file = try folder.openOrCreate(".lock", O_RDWR)
    guard try file.lock() else {
      throw KeyStoreError(
        .locked, "\(folder.path) is open for writing elsewhere; stop that first, or open for reading.")
    }
    self.file = file
  }

  deinit {
    file.unlock()
  }
}
