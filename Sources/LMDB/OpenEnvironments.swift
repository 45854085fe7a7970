import Synchronization

/// The environments that this process has open, by their folders. LMDB does not survive a second opening in one process,
/// since closing either drops the file locks of both: so those who open one folder share what is open.
///
/// Readers and one writer share it, whichever comes first. A writer cannot join readers of files that the process may not
/// write.
enum OpenEnvironments {
  private struct Entry: Sendable {
    let core: EnvironmentCore
    /// None once it is being closed, until its last transaction has ended.
    var users: Int
    var hasWriter: Bool
  }

  private static let entries = Mutex<[EnvironmentFolder.Identity: Entry]>([:])

  /// Joins those who have the folder open, or opens it.
  ///
  /// - Throws: `alreadyOpen`, and what opening throws.
  static func open(_ folder: EnvironmentFolder, _ options: Environment.Options) throws(LMDBError) -> EnvironmentCore {
    let isWriter = options.access == .readWrite
    return try entries.withLock { (entries) throws(LMDBError) in
      // A folder that is gone may have left its number to another one, while its files are open still.
      guard var entry = entries[folder.identity], entry.core.isOpen(at: folder) else {
        let core = try EnvironmentCore(folder, options)
        entries[folder.identity] = Entry(core: core, users: 1, hasWriter: isWriter)
        return core
      }
      let core = entry.core
      try requireShareable(entry, options.access)
      if isWriter { try core.lockForWriting(options) }
      entry.users += 1
      entry.hasWriter = entry.hasWriter || isWriter
      entries[folder.identity] = entry
      return core
    }
  }

  private static func requireShareable(_ entry: Entry, _ access: Environment.Options.Access) throws(LMDBError) {
    func refusal(_ reason: String) -> LMDBError { LMDBError(.alreadyOpen, "open the folder", reason) }
    guard entry.users > 0 else {
      throw refusal("this process is closing it, and a transaction is still open; try again")
    }
    switch (entry.core.options.access, access) {
    case (.readWrite, .readWrite), (.readOnly, .readWrite):
      guard !entry.hasWriter else {
        throw refusal("this process writes to it already; use what it has open, or close that")
      }
      guard entry.core.isWritable else {
        throw refusal("this process reads it already, from files that it may not write; close that first")
      }
    case (.readWrite, .readOnly), (.readOnly, .readOnly), (.frozen, .frozen): return
    case (_, .frozen), (.frozen, _):
      throw refusal("this process has it open as a file that nobody changes, or the reverse; close that first")
    }
  }

  /// Leaves those who have the folder open.
  ///
  /// - Returns: whether that was the last: then the core is to be closed.
  static func leave(_ core: EnvironmentCore, wasWriter: Bool) -> Bool {
    entries.withLock { entries in
      guard var entry = entries[core.folder.identity], entry.core === core else { return true }
      entry.users -= 1
      if wasWriter, entry.users > 0 {
        entry.hasWriter = false
        core.unlockForWriting()
      }
      entries[core.folder.identity] = entry
      return entry.users == 0
    }
  }

  /// Notes that the folder's files are closed.
  static func forget(_ core: EnvironmentCore) {
    entries.withLock { entries in
      if entries[core.folder.identity]?.core === core { entries[core.folder.identity] = nil }
    }
  }
}
