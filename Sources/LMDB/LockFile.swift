import Glibc

/// LMDB's `lock.mdb`, the table of readers that processes share.
enum LockFile {
  /// At least as much as LMDB takes: for each reader, and at the beginning, whatever the machine.
  private static let (readerByteCount, headerByteCount) = (64, 256)

  /// Makes the file if it is missing, and gives it its blocks. LMDB itself makes it a hole, maps it, and writes: on a full
  /// disk that would end the process by a signal.
  ///
  /// - Parameter isRequired: whether it must be possible to make the file; what only reads may be on a disk that nobody
  ///   writes, where LMDB does without.
  /// - Throws: `diskFull`; the system's refusals.
  static func reserve(_ path: String, readers: Int, isRequired: Bool, _ operation: String) throws(LMDBError) {
    let file: Descriptor
    do throws(LMDBError) {
      _ = try Descriptor.create(path, operation)
      file = try Descriptor.open(path, O_RDWR, operation)
    } catch {
      guard isRequired || error.code == .diskFull else { return }
      throw error
    }
    // One that was used has what it needs to go on, even if the disk is full by now.
    guard try file.status(operation).st_blocks == 0 else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let size = (readers * readerByteCount + headerByteCount + page - 1) / page * page
    while true {
      switch posix_fallocate(file.number, 0, off_t(size)) {
      case EINTR: continue
      case let status where [ENOSPC, EDQUOT].contains(status): throw LMDBError(status: status, operation)
      default: return
      }
    }
  }
}
