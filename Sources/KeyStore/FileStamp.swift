import Glibc

/// Tells whether a file is the same, unchanged.
struct FileStamp: Equatable {
  private let inode: UInt
  private let size: Int
  private let changedSeconds: Int
  private let changedNanoseconds: Int

  init(_ status: stat) {
    inode = status.st_ino
    size = status.st_size
    changedSeconds = status.st_ctim.tv_sec
    changedNanoseconds = status.st_ctim.tv_nsec
  }
}
