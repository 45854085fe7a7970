import Glibc

/// A private folder in the temporary folder of the system, removed with all in it.
final class TestFolder: Sendable {
  let path: String

  init() throws(TestFolderFailure) {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    path = "\(parent)/ledger-testing-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    guard unsafe mkdir(path, 0o700) == 0 else { throw TestFolderFailure(path: path, error: errno) }
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    // A link is removed, and not what it leads to.
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, let folder = unsafe opendir(path) else {
      unsafe unlink(path)
      return
    }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    unsafe closedir(folder)
    for name in names { remove("\(path)/\(name)") }
    unsafe rmdir(path)
  }
}

/// The temporary folder could not be made.
public struct TestFolderFailure: Error, Sendable, CustomStringConvertible {
  /// The folder that was to be made.
  public let path: String
  /// The system's error number.
  public let error: Int32

  public var description: String {
    "the folder \(path) cannot be made (error \(error)); let TMPDIR name a folder that can be written in"
  }
}
