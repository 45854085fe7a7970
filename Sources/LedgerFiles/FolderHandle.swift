import Glibc

/// A folder that is held open, so that what is done to a name happens in it, wherever its path leads meanwhile.
package struct FolderHandle<Failure: FileFailure>: ~Copyable {
  /// O_PATH of Linux, which Swift's view of the C library lacks: neither reading nor writing, so that a folder can be held
  /// whose names may not be listed.
  private static var pathOnly: Int32 { 0o10_000_000 }

  private let handle: FileHandle<Failure>
  package let path: String

  /// - Parameter path: the folder, symbolic links followed. It need not be readable.
  package init(_ path: String) throws(Failure) {
    handle = try FileHandle.open(path, Self.pathOnly | O_DIRECTORY)
    self.path = path
  }

  /// Refuses a folder in which anybody may rename and remove what others have made: there no name can be relied on.
  package func requireUnshared() throws(Failure) {
    let status = try handle.status()
    guard status.st_mode & S_IWOTH == 0 || status.st_mode & S_ISVTX != 0 else {
      throw Failure(FileError("use", path, .shared))
    }
  }

  /// Makes a folder for this user alone, which nothing was before.
  ///
  /// - Returns: the folder; nil where there is something of that name already.
  package func makeFolder(_ name: String) throws(Failure) -> FileHandle<Failure>? {
    guard unsafe mkdirat(handle.number, name, 0o700) == 0 else {
      guard errno == EEXIST else { throw .refused("make", "\(path)/\(name)") }
      return nil
    }
    let made = FileHandle<Failure>(
      unsafe openat(handle.number, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), "\(path)/\(name)")
    var status = stat()
    guard made.number >= 0, unsafe fstat(made.number, &status) == 0, fchmod(made.number, 0o700) == 0 else {
      throw .refused("open", "\(path)/\(name)")
    }
    guard status.st_uid == geteuid() else { throw replaced(name) }
    return made
  }

  /// Opens what is there under a name, if it is this user's; nil for anything else.
  package func openOwn(_ name: String) -> FileHandle<Failure>? {
    let found = FileHandle<Failure>(
      unsafe openat(handle.number, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), "\(path)/\(name)")
    var status = stat()
    guard found.number >= 0, unsafe fstat(found.number, &status) == 0, status.st_uid == geteuid() else { return nil }
    return found
  }

  /// Whether a name is still that of an open file or folder.
  package func isNamed(_ name: String, _ held: borrowing FileHandle<Failure>) -> Bool {
    var (named, status) = (stat(), stat())
    guard unsafe fstatat(handle.number, name, &named, AT_SYMLINK_NOFOLLOW) == 0,
      unsafe fstat(held.number, &status) == 0
    else { return false }
    return named.st_dev == status.st_dev && named.st_ino == status.st_ino
  }

  /// Gives what is held another name, in place of an empty folder or a file of that name.
  ///
  /// - Throws: `EEXIST` where a folder with something in it has the name; `replaced` where it is not there under its own
  ///   any more.
  package func rename(_ name: String, _ held: borrowing FileHandle<Failure>, to target: String) throws(Failure) {
    guard isNamed(name, held) else { throw replaced(name) }
    guard unsafe renameat(handle.number, name, handle.number, target) == 0 else {
      throw .refused("name", "\(path)/\(target)")
    }
    guard isNamed(target, held) else { throw replaced(target) }
  }

  /// Gives what is held a second name, which nothing has, and takes the first.
  ///
  /// - Throws: as ``rename(_:_:to:)``, and `EEXIST` where anything has the name.
  package func link(_ name: String, _ held: borrowing FileHandle<Failure>, to target: String) throws(Failure) {
    guard isNamed(name, held) else { throw replaced(name) }
    guard unsafe linkat(handle.number, name, handle.number, target, 0) == 0 else {
      throw .refused("name", "\(path)/\(target)")
    }
    unsafe unlinkat(handle.number, name, 0)
    guard isNamed(target, held) else { throw replaced(target) }
  }

  /// Makes a private file, which nothing was before.
  ///
  /// - Parameter target: what it is to become, for the error.
  package func makeFile(_ name: String, for target: String) throws(Failure) -> FileHandle<Failure> {
    let file = FileHandle<Failure>(
      unsafe openat(handle.number, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600), target)
    guard file.number >= 0 else { throw .refused("write", target) }
    return file
  }

  /// Where root is about to replace another user's file, or to add one to that user's folder, makes the new one that user's
  /// too, who is to go on with it.
  package func giveOwner(of name: String, to file: borrowing FileHandle<Failure>) {
    var status = stat()
    let isThere =
      unsafe fstatat(handle.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard geteuid() == 0, unsafe isThere || fstat(handle.number, &status) == 0 else { return }
    _ = fchown(file.number, status.st_uid, status.st_gid)
  }

  /// Removes a file, or a folder with what is in it, as far as possible. No symbolic link is followed.
  package func remove(_ name: String) { Self.remove(name, in: handle.number) }

  /// The same by a path.
  package static func remove(path: String) { remove(path, in: AT_FDCWD) }

  private static func remove(_ name: String, in folder: Int32) {
    let descriptor = unsafe openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    // Closes the descriptor too.
    if descriptor >= 0, let listing = unsafe fdopendir(descriptor) {
      for name in unsafe Folder<Failure>.names(listing) { remove(name, in: descriptor) }
      unsafe closedir(listing)
    }
    if unsafe unlinkat(folder, name, AT_REMOVEDIR) != 0 { unsafe unlinkat(folder, name, 0) }
  }

  private func replaced(_ name: String) -> Failure { Failure(FileError("name", "\(path)/\(name)", .replaced)) }
}
