package import Glibc
import Synchronization

/// The files and folders of this process that are not finished, or only serve for a while. The process removes them when
/// it is stopped; what a killed one has left, the next one removes.
package enum TemporaryFiles {
  private static let paths = Mutex<Set<String>>([])

  /// Makes one, and notes it: either both are done before the process ends, or neither.
  package static func begin<Failure: Error>(
    _ path: String, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    try paths.withLock { (paths) throws(Failure) in
      try body()
      paths.insert(path)
    }
  }

  /// Notes a path that is to be removed when the process ends.
  package static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  /// Takes a path from the list: it is finished, or removed.
  package static func forget(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  /// Finishes one, or does not even begin to where the process is about to end.
  package static func finish<Failure: Error>(
    _ path: String, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    try paths.withLock { (paths) throws(Failure) in
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
        Folder<FileError>.remove(unsafe rename(path, aside) == 0 ? aside : path)
      }
      end()
    }
  }

  // MARK: What others have left

  /// A name beside a path, for what is not finished: it says whose that is.
  package static func name(beside path: String) -> String {
    "\(Folder<FileError>.trimmed(path)).new-\(getpid())-\(ownStart)-\(UInt32.random(in: 0...UInt32.max))"
  }

  /// Removes what processes of this user that were killed have left beside a path, as far as possible. Nothing goes that is
  /// another user's, or that somebody has locked, as a process in another container may, or whose process is there.
  package static func sweep(beside path: String) {
    let folder = Folder<FileError>.parent(of: path)
    let prefix = "\(Folder<FileError>.name(of: path)).new-"
    for name in Folder<FileError>.names(in: folder) ?? [] where name.hasPrefix(prefix) {
      sweep(name, in: folder, number: name.dropFirst(prefix.count))
    }
  }

  /// The same, whatever it is beside, in one folder.
  package static func sweep(in folder: String) {
    for name in Folder<FileError>.names(in: folder) ?? [] {
      guard let mark = name.firstRange(of: ".new-") else { continue }
      sweep(name, in: folder, number: name[mark.upperBound...])
    }
  }

  private static func sweep(_ name: String, in folder: String, number: Substring) {
    let numbers = number.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
    // Versions before did not name when the process began.
    guard (2...3).contains(numbers.count), let process = numbers[0].flatMap({ pid_t(exactly: $0) }), process > 0,
      !numbers.contains(nil), isGone(process, began: numbers.count == 3 ? numbers[1] : nil, "\(folder)/\(name)"),
      let parent = try? FolderHandle<FileError>(folder), let left = parent.openOwn(name),
      (try? left.lock()) == true, parent.isNamed(name, left)
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
    guard let file = try? FileHandle<FileError>.open("/proc/\(process)/stat", O_RDONLY),
      let text = try? file.read(1_024)
    else { return nil }
    // The name of the program comes before, in parentheses, and may have any character; the 20th field after it is meant.
    guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
  }
}
