package import LedgerFiles

/// An open file or folder of an environment.
typealias Descriptor = FileHandle<LMDBError>

extension LMDBError: FileFailure {
  /// What the system's refusal means; the operation is what was being done.
  package init(_ error: FileError) { self.init(status: error.number, error.action) }
}

extension FileHandle where Failure == LMDBError {
  /// The bytes from an offset on: `count`, or fewer at the end of the file.
  func read(_ count: Int, at offset: UInt64, _ operation: String) throws(LMDBError) -> [UInt8] {
    try read(count, at: Int(offset), operation)
  }

  /// Makes a folder's entry durable in the folder that holds it.
  static func syncParent(of path: String, _ operation: String) throws(LMDBError) {
    try LedgerFiles.Folder<LMDBError>.sync(namesIn: path + "/..", operation)
  }
}
