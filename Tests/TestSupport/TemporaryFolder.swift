import Glibc

/// A private folder that goes, with all in it, when its owner does.
public final class TemporaryFolder: Sendable {
  public let path: String

  /// - Parameter parent: the folder to make it in; without it `TMPDIR`, or `/tmp`.
  public init(in parent: String? = nil) {
    let parent = parent ?? (unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }) ?? "/tmp"
    path = "\(parent)/credledger-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    precondition(unsafe mkdir(path, 0o700) == 0, "a folder for the test could not be made")
  }

  deinit {
    // A program that was killed, and that nobody waits for, may write there for a moment yet.
    for _ in 0..<100 {
      Self.remove(path)
      if unsafe access(path, F_OK) != 0 { return }
      usleep(20_000)
    }
  }

  /// Removes a folder and what is in it, or a file, as far as possible.
  public static func remove(_ path: String) {
    guard let names = names(in: path) else {
      unsafe unlink(path)
      return
    }
    for name in names { remove("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  /// The names in a folder, in order; nil if it is none.
  public static func names(in path: String) -> [String]? {
    guard let folder = unsafe opendir(path) else { return nil }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
