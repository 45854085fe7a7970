package import Glibc
import Synchronization

/// The files and folders of this process that are not finished, or only serve for a while. They go with the process where
/// it has a say in its end, and else when the next one comes by.
package enum Unfinished {
  private static let paths = Mutex<Set<String>>([])

  /// Makes one, and notes it: either both are done before the process ends, or neither.
  package static func begin(_ path: String, _ body: () throws(LedgerError) -> Void) throws(LedgerError) {
    try paths.withLock { (paths) throws(LedgerError) in
      try body()
      paths.insert(path)
    }
  }

  /// Notes a path that is to be removed when the process ends.
  package static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  /// Takes a path from the list: it is finished, or removed.
  package static func forget(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Finishes one, or does not even begin to where the process is about to end.
  package static func finish(_ path: String, _ body: () throws(LedgerError) -> Void) throws(LedgerError) {
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
  package static func name(beside path: String) -> String {
    "\(LedgerFolder.trimmed(path)).new-\(getpid())-\(ownStart)-\(UInt32.random(in: 0...UInt32.max))"
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
  package static func sweep(in folder: String) {
    for name in LedgerFolder.names(in: folder) ?? [] {
      guard let mark = name.firstRange(of: ".new-") else { continue }
      sweep(name, in: folder, number: name[mark.upperBound...])
    }
  }

  private static func sweep(_ name: String, in folder: String, number: Substring) {
    let numbers = number.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
    // Versions before did not name when the process began.
    guard (2...3).contains(numbers.count), let process = numbers[0].flatMap({ pid_t(exactly: $0) }), process > 0,
      !numbers.contains(nil), isGone(process, began: numbers.count == 3 ? numbers[1] : nil, "\(folder)/\(name)"),
      let parent = try? HeldFolder(folder), let left = parent.openOwn(name),
      flock(left.number, LOCK_EX | LOCK_NB) == 0, parent.isNamed(name, left)
    else { return }
    parent.remove(name)
  }

  /// Whether the process is gone that made something: its number is nobody's, or of a process or thread that began at another
  /// time. In a container each run may have the number of the one before.
  private static func isGone(_ process: pid_t, began: UInt64?, _ path: String) -> Bool {
    if process == getpid(), began == nil || began == ownStart { return paths.withLock { !$0.contains(path) } }
    if kill(process, 0) != 0 { return errno == ESRCH || began != nil && start(of: process) != began }
    guard let began, let start = start(of: process) else { return false }
    return start != began
  }

  private static let ownStart = start(of: getpid()) ?? 0

  /// When a process or thread began, in the system's ticks since it was started; nil where it is not there, or cannot be seen.
  package static func start(of process: pid_t) -> UInt64? {
    let file = FileHandle(unsafe open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC))
    guard file.number >= 0 else { return nil }
    var text = [UInt8](repeating: 0, count: 1_024)
    let count = unsafe text.withUnsafeMutableBytes { unsafe read(file.number, $0.baseAddress, $0.count) }
    // The name of the program comes before, in parentheses, and may have any character; the 20th field after it is meant.
    guard count > 0, let end = text[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = text[(end + 1)..<count].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
  }
}
