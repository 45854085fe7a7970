import CLMDB
import Glibc
import LedgerFiles

/// The folder of an environment, and the rules about who may have it open.
struct EnvironmentFolder: Sendable {
  /// What tells one folder from another, whatever path led to it.
  struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  let path: String
  let identity: Identity

  var dataPath: String { path + "/data.mdb" }
  var lockPath: String { path + "/lock.mdb" }
  var writerLockPath: String { path + "/writer.lock" }

  /// Finds the folder, or creates it with mode 0700.
  ///
  /// - Throws: `notAnEnvironment` if it is missing and may not be created, `networkFileSystem`, the system's refusals.
  init(_ path: String, creating: Bool) throws(LMDBError) {
    self.path = path
    let operation = "open the folder"
    if creating {
      if try LedgerFiles.Folder<LMDBError>.create(path, operation) { try Descriptor.syncParent(of: path, operation) }
    }
    let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, operation)
    let status = try folder.status(operation)
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    try Self.refuseNetworkFileSystem(folder)
  }

  /// What tells the data file from others; nil where there is none.
  var dataIdentity: Identity? {
    var status = stat()
    guard unsafe stat(dataPath, &status) == 0 else { return nil }
    return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Network file systems neither share maps nor keep the locks LMDB needs. One behind FUSE cannot be told from a
  /// local one.
  private static func refuseNetworkFileSystem(_ folder: borrowing Descriptor) throws(LMDBError) {
    var status = statfs()
    if unsafe fstatfs(folder.number, &status) != 0 { throw .system("identify the file system") }
    guard let name = networkFileSystemName(UInt32(truncatingIfNeeded: status.f_type)) else { return }
    throw LMDBError(
      .networkFileSystem, "identify the file system", "the folder is on \(name); move it to a disk of this machine")
  }

  /// The name of the network file system with this magic number (statfs(2)), nil for any other.
  static func networkFileSystemName(_ magic: UInt32) -> String? {
    switch magic {
    case 0x0000_6969: "NFS"
    case 0x0000_517B, 0xFE53_4D42: "SMB"
    case 0xFF53_4D42: "CIFS"
    case 0x0102_1997: "9P"
    case 0x5346_414F, 0x6B41_4653: "AFS"
    case 0x7375_7245: "Coda"
    case 0x00C3_6400: "Ceph"
    case 0x0BD0_0BD0: "Lustre"
    default: nil
    }
  }
}

extension EnvironmentFolder {
  /// Whether this process may write the files that are there, and make others beside them.
  var mayBeWritten: Bool {
    let files: [String] = [path, dataPath, lockPath]
    return files.allSatisfy { (file: String) in unsafe faccessat(AT_FDCWD, file, R_OK | W_OK, AT_EACCESS) == 0 }
  }
}

/// The lock that lets one process write: `flock` on a file of its own, so that it neither meets LMDB's locks nor
/// outlives the process.
struct WriterLock: ~Copyable {
  private let file: Descriptor

  /// - Throws: `lockedByAnotherProcess`; the system's refusals.
  init(at path: String) throws(LMDBError) {
    let operation = "lock the environment for writing"
    _ = try Descriptor.create(path, operation)
    let file = try Descriptor.open(path, O_RDWR, operation)
    guard try file.lock(operation) else {
      throw LMDBError(
        .lockedByAnotherProcess, operation, "another process writes to it; stop that one, or open it for reading")
    }
    self.file = file
  }

  // Closing alone would not do: a child that another thread forks holds the lock as well, until it runs its program.
  deinit { file.unlock() }
}
