import Glibc

/// Folders by their paths: made for their owner alone (mode 0700), listed, made durable, removed.
package enum Folder<Failure: FileFailure> {
  // MARK: Making

  /// Makes a folder in one that is there. Its name is not yet durable.
  ///
  /// - Returns: whether it was made; false where something has the name.
  package static func create(_ path: String, _ action: String = "make") throws(Failure) -> Bool {
    guard unsafe mkdir(path, 0o700) == 0 else {
      guard errno == EEXIST else { throw .refused(action, path) }
      return false
    }
    guard unsafe chmod(path, 0o700) == 0 else {
      let refusal = Failure.refused(action, path)
      unsafe rmdir(path)
      throw refusal
    }
    return true
  }

  /// Makes a folder, and the folders above it where they are missing.
  package static func make(_ path: String) throws(Failure) {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex, !exists(String(path[..<slash])) {
      try make(String(path[..<slash]))
    }
    guard unsafe mkdir(path, 0o700) == 0 else { throw .refused("make", path) }
  }

  /// The same, unless there is a folder.
  package static func makeIfMissing(_ path: String) throws(Failure) {
    guard !exists(path) else { return }
    // Somebody else may make it at the same time.
    do throws(Failure) { try make(path) } catch { guard exists(path) else { throw error } }
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

  // MARK: Removing

  /// Removes folders as long as there is nothing in them.
  package static func removeEmpty(_ folders: [String]) { for folder in folders { unsafe rmdir(folder) } }

  /// Removes a file, or a folder and what is in it, as far as possible. No symbolic link is followed.
  package static func remove(_ path: String) { FolderHandle<Failure>.remove(path: path) }

  // MARK: Durability

  /// Makes the names in a folder durable.
  package static func sync(namesIn path: String, _ action: String = "sync") throws(Failure) {
    try FileHandle<Failure>.open(path, O_RDONLY | O_DIRECTORY, action).sync(action)
  }

  /// Makes the names in the folder that holds this path durable.
  package static func sync(parentOf path: String) throws(Failure) { try sync(namesIn: parent(of: path)) }

  /// Makes the names in a folder, and in the folders in it, durable.
  package static func sync(treeAt path: String) throws(Failure) {
    guard let names = names(in: path) else { return }
    for name in names { try sync(treeAt: "\(path)/\(name)") }
    try sync(namesIn: path)
  }

  // MARK: What is there

  /// Whether a path leads to anything, a dangling symbolic link included. Where not, `errno` says why.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Whether a path leads to a folder, symbolic links followed.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder; nil if it is none. A symbolic link is none.
  package static func names(in path: String) -> [String]? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, let folder = unsafe opendir(path)
    else { return nil }
    defer { unsafe closedir(folder) }
    return unsafe names(folder)
  }

  /// The names in a folder, or in that which a symbolic link leads to; nil where there is nothing.
  package static func list(_ path: String) throws(Failure) -> [String]? {
    guard let folder = unsafe opendir(path) else {
      guard errno == ENOENT else { throw .refused("list", path) }
      return nil
    }
    defer { unsafe closedir(folder) }
    return unsafe names(folder)
  }

  /// The rest of a listing, without the folder itself and the one above.
  static func names(_ listing: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = unsafe readdir(listing) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// The files in a folder and the folders in it, by their paths in it, in order.
  package static func files(in path: String) -> [String] {
    (names(in: path) ?? []).sorted().flatMap { name in
      names(in: "\(path)/\(name)") == nil ? [name] : files(in: "\(path)/\(name)").map { "\(name)/\($0)" }
    }
  }

  /// The size of a file, in bytes; 0 where there is none.
  package static func byteCount(_ path: String) -> UInt64 {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// The bytes of the files in a folder that take up disk.
  package static func bytesOnDisk(_ path: String) -> UInt64 {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return 0 }
    return UInt64(status.st_blocks) * 512 + (names(in: path) ?? []).reduce(0) { $0 + bytesOnDisk("\(path)/\($1)") }
  }

  /// How many bytes the file system of a path has left for this user; nil where that cannot be told.
  package static func freeBytes(at path: String) -> UInt64? {
    var space = statvfs()
    return unsafe statvfs(path, &space) == 0 ? UInt64(space.f_bavail) * UInt64(space.f_frsize) : nil
  }

  // MARK: Paths

  /// A path without slashes at its end.
  package static func trimmed(_ path: String) -> Substring {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    return trimmed
  }

  /// The last part of a path.
  package static func name(of path: String) -> String { String(trimmed(path).split(separator: "/").last ?? "") }

  /// The folder that a path is in.
  package static func parent(of path: String) -> String {
    let path = trimmed(path)
    return path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
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
}
