import CLMDB
import Glibc

/// What went wrong in storage, and what to do about it.
///
/// Two errors are equal when their codes are, so that a test or a caller can compare with a code and never with
/// a text.
@usableFromInline package struct LMDBError: Error, Sendable, Equatable {
  /// The kind of failure. More may come in later versions: a `switch` over codes needs a default.
  package struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name, as it is spelled in the source.
    package let description: String

    /// The map has no room for the transaction, which must be aborted; ``Environment/growMap(waitingAtMost:)``, then
    /// run it again.
    package static let mapFull = Code(description: "mapFull")
    /// Another process enlarged the file beyond this process's map, and adopting the new size did not help.
    package static let mapResizedElsewhere = Code(description: "mapResizedElsewhere")
    /// Every slot for a read transaction is in use.
    package static let readersFull = Code(description: "readersFull")
    /// Read transactions stayed open for so long that the map could not be changed.
    package static let readersActive = Code(description: "readersActive")
    /// LMDB met a fatal error earlier; the environment must be closed and opened again.
    package static let environmentPanicked = Code(description: "environmentPanicked")
    /// The file's structure is damaged, or the file is shorter than it says.
    package static let corrupted = Code(description: "corrupted")
    /// A row does not match its check.
    package static let damagedRow = Code(description: "damagedRow")
    /// An append whose key is not greater than every key in the table.
    package static let outOfOrder = Code(description: "outOfOrder")
    /// An insert whose key is in the table already; the transaction goes on.
    package static let keyExists = Code(description: "keyExists")
    /// An empty key, or one of more than 511 bytes.
    package static let badKey = Code(description: "badKey")
    /// The file system or the quota is full. Nothing of the transaction was kept.
    package static let diskFull = Code(description: "diskFull")
    /// The device failed. From a commit: the outcome is unknown, until the environment is opened again.
    package static let ioFailure = Code(description: "ioFailure")
    /// The operating system refused access.
    package static let permissionDenied = Code(description: "permissionDenied")
    /// The folder holds no LMDB environment.
    package static let notAnEnvironment = Code(description: "notAnEnvironment")
    /// The file is of an LMDB format this library does not know.
    package static let newerFormat = Code(description: "newerFormat")
    /// This process has the environment open already.
    package static let alreadyOpen = Code(description: "alreadyOpen")
    /// Another process has the environment open for writing.
    package static let lockedByAnotherProcess = Code(description: "lockedByAnotherProcess")
    /// A process with the same number, in another container, reads this environment.
    package static let readerSlotConflict = Code(description: "readerSlotConflict")
    /// A write in an environment opened for reading.
    package static let readOnly = Code(description: "readOnly")
    /// The environment was closed.
    package static let closed = Code(description: "closed")
    /// The folder is on a network file system.
    package static let networkFileSystem = Code(description: "networkFileSystem")
    /// A table that was asked for does not exist, and may not be created here.
    package static let noSuchTable = Code(description: "noSuchTable")
    /// The target of a copy exists already.
    package static let targetExists = Code(description: "targetExists")
    /// The write transaction failed earlier; it can only be aborted.
    package static let transactionFailed = Code(description: "transactionFailed")
    /// The system allows the process no more open files, memory or address space.
    package static let systemLimit = Code(description: "systemLimit")
    /// Whatever has no code of its own; see ``LMDBError/status``.
    package static let other = Code(description: "other")
  }

  /// The kind of failure.
  package let code: Code
  /// What was being done, in a few words.
  package let operation: String
  /// LMDB's negative status or the system's `errno`; 0 where neither reported the failure.
  package let status: Int32
  /// What is wrong and what to do, for an operator.
  package let reason: String

  package init(_ code: Code, _ operation: String, _ reason: String, status: Int32 = 0) {
    self.code = code
    self.operation = operation
    self.status = status
    self.reason = reason
  }

  @usableFromInline package static func == (left: LMDBError, right: LMDBError) -> Bool { left.code == right.code }
}

extension LMDBError: CustomStringConvertible {
  /// The code, the operation and the reason, in one line.
  @usableFromInline package var description: String {
    "\(code): \(operation): \(reason)" + (status == 0 ? "" : " (status \(status))")
  }
}

extension LMDBError {
  /// The error for a status that LMDB or the system returned.
  init(status: Int32, _ operation: String) {
    let (code, reason) = Self.meaning(of: status)
    self.init(code, operation, reason, status: status)
  }

  /// The error for the calling thread's `errno`.
  static func system(_ operation: String) -> LMDBError { LMDBError(status: errno, operation) }

  private static func meaning(of status: Int32) -> (Code, String) {
    switch status {
    case MDB_MAP_FULL: (.mapFull, "there is no room left to grow into; free some space or memory, and try again")
    case MDB_MAP_RESIZED: (.mapResizedElsewhere, "another process enlarged the file; open it again")
    case MDB_READERS_FULL:
      (.readersFull, "too many readers at the same time; end some programs that read the ledger")
    case MDB_PANIC: (.environmentPanicked, "a fatal error came earlier; close the ledger, open and verify it")
    // The system could not read what LMDB gave it to write: the file ends before the page.
    case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, EFAULT:
      (.corrupted, "the file's structure is damaged; verify it, and restore a backup")
    case MDB_INVALID:
      (
        .notAnEnvironment,
        "the file is not of the kind that a ledger is kept in; check the path, and restore a backup if it is right"
      )
    case MDB_VERSION_MISMATCH:
      (.newerFormat, "the file is of another storage format; open it with the program that wrote it")
    case MDB_KEYEXIST: (.keyExists, "the key is in the table already")
    case MDB_BAD_VALSIZE: (.badKey, "a key has 1 to \(maximumKeyByteCount) bytes")
    case MDB_BAD_TXN: (.transactionFailed, "an error came earlier in the same commit; try again")
    case MDB_DBS_FULL: (.other, "there is no room for another table")
    case MDB_NOTFOUND: (.noSuchTable, "a table does not exist; open the ledger for writing once to create it")
    case ENOSPC, EDQUOT: (.diskFull, "the file system or the quota is full; free some space, and try again")
    case EIO:
      (.ioFailure, "the device failed; look after it, then open again, which verifies the tail")
    case EACCES, EPERM, EROFS:
      (.permissionDenied, "access was refused; check owner and mode of the folder and its files")
    case ENOENT: (.notAnEnvironment, "no such file or folder; check the path")
    case EAGAIN:
      (
        .readerSlotConflict,
        "a process with this process's number reads the ledger from another container; share the PID namespace"
      )
    case ENOMEM:
      (
        .systemLimit,
        "the address space or memory is exhausted; raise the limit (ulimit -v), or have less in use at the same time"
      )
    case EMFILE, ENFILE: (.systemLimit, "too many files are open; raise the limit (ulimit -n)")
    case ..<0: (.other, "the storage failed (\(status)); verify the ledger")
    default: (.other, unsafe String(cString: mdb_strerror(status)))
    }
  }
}

/// Runs `body`, which returns a status of LMDB's, and throws the error it stands for.
@inline(__always)
func check(_ operation: @autoclosure () -> String, _ status: Int32) throws(LMDBError) {
  if status != MDB_SUCCESS { throw LMDBError(status: status, operation()) }
}
