import Glibc
import Synchronization

/// The files and folders of this process that are not finished, or only serve for a while. They go with the process where
/// it has a say in its end, and else when the next one comes by.
package enum Unfinished {
  private static let paths = Mutex<Set<String>>([])

  /// Makes one, and notes it: either both are done before the process ends, or neither.
  static func begin(_ path: String, _ body: () throws(LedgerError) -> Void) throws(LedgerError) {
    try paths.withLock { (paths) throws(LedgerError) in
      try body()
      paths.insert(path)
    }
  }

  static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  static func forget(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Finishes one, or does not even begin to where the process is about to end.
  static func finish(_ path: String, _ body: () throws(LedgerError) -> Void) throws(LedgerError) {
    try paths.withLock { (paths) throws(LedgerError) in
      try body()
      paths.remove(path)
    }
  }

  /// Removes them all, and ends the process; nothing is finished meanwhile.
  ///
  /// - Parameter end: ends the process.
  package static func abandon(_ end: () -> Never) -> Never {
    paths.withLock { paths in
      for path in paths {
        // A process at work in a folder no longer finds it, and so cannot put anything into it meanwhile.
        let aside = name(beside: path)
        LedgerFolder.remove(unsafe rename(path, aside) == 0 ? aside : path)
      }
      end()
    }
  }

  // MARK: What others have left

  /// A name beside a path, for what is not finished: it says whose that is.
  static func name(beside path: String) -> String {
    "\(LedgerFolder.trimmed(path)).new-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  }

  /// Removes what processes of this user that were killed have left beside a path, as far as possible. Nothing goes that is
  /// another user's, or that somebody has locked, as a process in another container may, or whose process is there.
  package static func sweep(beside path: String) {
    let folder = LedgerFolder.parent(of: path)
    let prefix = "\(LedgerFolder.trimmed(path).split(separator: "/").last ?? "").new-"
    for name in LedgerFolder.names(in: folder) ?? [] where name.hasPrefix(prefix) {
      sweep(name, in: folder, number: name.dropFirst(prefix.count))
    }
  }

  /// The same, whatever it is beside, in one folder.
  static func sweep(in folder: String) {
    for name in LedgerFolder.names(in: folder) ?? [] {
      guard let mark = name.firstRange(of: ".new-") else { continue }
      sweep(name, in: folder, number: name[mark.upperBound...])
    }
  }

  private static func sweep(_ name: String, in folder: String, number: Substring) {
    let numbers = number.split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, let process = pid_t(numbers[0]), process > 0, UInt32(numbers[1]) != nil,
      isGone(process, "\(folder)/\(name)"), let parent = try? HeldFolder(folder), let left = parent.openOwn(name),
      flock(left.number, LOCK_EX | LOCK_NB) == 0, parent.isNamed(name, left)
    else { return }
    parent.remove(name)
  }

  /// Whether the process is gone that made something. In a container each run may have the number of the one before.
  private static func isGone(_ process: pid_t, _ path: String) -> Bool {
    if process == getpid() { return paths.withLock { !$0.contains(path) } }
    return kill(process, 0) != 0 && errno == ESRCH
  }
}
