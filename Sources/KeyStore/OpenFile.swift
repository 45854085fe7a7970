import Glibc
package import LedgerFiles

/// An open file or folder of keys.
typealias OpenFile = FileHandle<KeyStoreError>

extension KeyStoreError: FileFailure {
  /// `diskFull` where there was no room, and `fileFailure` for any other refusal.
  package init(_ error: FileError) {
    self.init(
      error.isFull ? .diskFull : .fileFailure, "Could not \(error.action) \(error.path): \(error.systemText).")
  }
}

extension FileHandle where Failure == KeyStoreError {
  /// Opens or creates a file.
  ///
  /// - Parameters:
  ///   - flags: those of `open(2)`. A file created has mode 0600, whatever the umask.
  ///   - followsLink: whether a symbolic link in the last place of the path is followed.
  /// - Returns: `nil` if the file does not exist and is not to be created.
  /// - Throws: ``KeyStoreError`` with code `fileFailure`.
  static func find(_ path: String, _ flags: Int32, followsLink: Bool = false) throws(KeyStoreError) -> OpenFile? {
    let flags = flags | (followsLink ? 0 : O_NOFOLLOW)
    guard flags & O_CREAT != 0 else { return try openIfPresent(path, flags) }
    let file = try open(path, flags)
    try file.protect(0o600)
    return file
  }

  /// Makes another file's owner and group this one's. A group that the user who runs the program is not in stays as it is.
  ///
  /// - Throws: ``KeyStoreError`` with code `fileFailure` where the owner is somebody else, and this is not root.
  func give(to owner: stat) throws(KeyStoreError) {
    let own = try status()
    if own.st_uid == owner.st_uid {
      if own.st_gid != owner.st_gid { _ = fchown(number, uid_t.max, owner.st_gid) }
      return
    }
    guard fchown(number, owner.st_uid, owner.st_gid) == 0 else {
      throw KeyStoreError(
        .fileFailure,
        "\(path) would belong to the user \(own.st_uid), but its folder's files are the user \(owner.st_uid)'s: run this as "
          + "that user.")
    }
  }
}
