import EventLog
import Glibc
import LedgerDomain
import Projections

/// The folder of a ledger as a whole: `ledger/` with the log, `keys/` with the keys.
package enum LedgerFolder {
  /// What the folder holds.
  package enum Part {
    package static let log = "ledger"
    package static let keys = "keys"
    package static let snapshots = "snapshots"
  }

  /// Refuses a path within the folder of a ledger: what is to outlive the ledger goes elsewhere, and what is its own stays
  /// alone there.
  package static func requireOutside(_ path: String, of ledger: String, field: String = "path") throws(LedgerError) {
    guard "\(absolute(path))/".hasPrefix("\(absolute(ledger))/") else { return }
    throw LedgerError(
      .invalidValue, "\(field): expected a folder outside that of the ledger, best on another device", field: field)
  }

  /// Refuses a path within the folder of whichever ledger: it would be taken for a part of that one, and go with it.
  package static func requireOutsideAnyLedger(_ path: String) throws(LedgerError) {
    var folder = absolute(path)
    while folder != "/" {
      folder = parent(of: folder)
      guard exists("\(folder)/\(LedgerFolder.Part.log)/data.mdb") else { continue }
      throw LedgerError(
        .invalidValue, "path: \(path) is in the folder of the ledger \(folder); name a place elsewhere", field: "path")
    }
  }

  /// The folders above a path that are missing, the innermost first.
  package static func missing(above path: String) -> [String] {
    var missing: [String] = []
    var folder = parent(of: path)
    while folder != "/", folder != ".", !exists(folder) {
      missing.append(folder)
      folder = parent(of: folder)
    }
    return missing
  }

  /// Removes folders as long as there is nothing in them.
  package static func removeEmpty(_ folders: [String]) { for folder in folders { unsafe rmdir(folder) } }

  /// A path without slashes at its end.
  package static func trimmed(_ path: String) -> Substring {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    return trimmed
  }

  /// Makes a folder that only its owner may enter, and the folders above it where they are missing.
  package static func make(_ path: String) throws(LedgerError) {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex, !exists(String(path[..<slash])) {
      try make(String(path[..<slash]))
    }
    guard unsafe mkdir(path, 0o700) == 0 else { throw FileError.last("make", path) }
  }

  /// The same, unless there is a folder.
  package static func makeIfMissing(_ path: String) throws(LedgerError) {
    guard !exists(path) else { return }
    // Somebody else may make it at the same time.
    do throws(LedgerError) { try make(path) } catch { guard exists(path) else { throw error } }
  }

  /// Makes the names in the folder that holds this path durable.
  package static func sync(parentOf path: String) throws(LedgerError) { try sync(namesIn: parent(of: path)) }

  /// The folder that a path is in.
  package static func parent(of path: String) -> String {
    let path = trimmed(path)
    return path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// Makes the names in a folder, and in the folders in it, durable.
  package static func sync(treeAt path: String) throws(LedgerError) {
    guard let names = names(in: path) else { return }
    for name in names { try sync(treeAt: "\(path)/\(name)") }
    try sync(namesIn: path)
  }

  /// Makes the names in a folder durable.
  package static func sync(namesIn path: String) throws(LedgerError) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.last("sync", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError.last("sync", path) }
  }

  /// Removes a folder and what is in it, as far as possible.
  package static func remove(_ path: String) { HeldFolder.remove(path: path) }

  /// The bytes of the files in a folder that take up disk.
  package static func bytesOnDisk(_ path: String) -> UInt64 {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return 0 }
    return UInt64(status.st_blocks) * 512 + (names(in: path) ?? []).reduce(0) { $0 + bytesOnDisk("\(path)/\($1)") }
  }

  /// The files in a folder and the folders in it, by their paths in it, in order.
  package static func files(in path: String) -> [String] {
    (names(in: path) ?? []).sorted().flatMap { name in
      names(in: "\(path)/\(name)") == nil ? [name] : files(in: "\(path)/\(name)").map { "\(name)/\($0)" }
    }
  }

  /// A path from the root, its symbolic links followed as far as it exists.
  package static func absolute(_ path: String) -> String {
    let path = trimmed(path)
    if let resolved = unsafe realpath(String(path), nil) {
      defer { unsafe free(resolved) }
      return unsafe String(cString: resolved)
    }
    let (parent, name) = (absolute(parent(of: String(path))), path.split(separator: "/").last ?? "")
    switch name {
    case ".": return parent
    case "..": return self.parent(of: parent)
    default: return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    }
  }

  /// The size of a file, in bytes; 0 where there is none.
  package static func byteCount(_ path: String) -> UInt64 {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// Whether a path leads to anything, a dangling symbolic link included.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Whether a path leads to a folder, symbolic links followed.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder; nil if it is none.
  package static func names(in path: String) -> [String]? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, let folder = unsafe opendir(path)
    else { return nil }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
