import Glibc
import LedgerFiles

/// Called with a name before every step that changes the disk; tests stop the world there by throwing.
package typealias Failpoint = @Sendable (_ step: String) throws(KeyStoreError) -> Void

/// A folder only its owner may enter (mode 0700), of files only its owner may read (0600), in which a file is replaced
/// whole or not at all and what it held before is overwritten.
///
/// Overwriting in place reaches the bytes on file systems that write in place, such as ext4 and XFS. Where blocks are
/// copied on write, by a file system, a snapshot or a flash device, only encryption of the disk below does.
package struct PrivateFolder: Sendable {
  let path: String
  let failpoint: Failpoint

  /// Names a folder; nothing is created.
  ///
  /// - Parameter failpoint: stops a step by throwing; does nothing but in tests.
  package init(path: String, failpoint: @escaping Failpoint = { _ in }) {
    self.path = path
    self.failpoint = failpoint
  }

  /// The suffix of a file that is not yet in its place.
  static let incoming = ".credledger-incoming"
  /// The suffix of a file that has been replaced and is to be wiped.
  static let outgoing = ".credledger-outgoing"

  /// The folder inside this one; nothing is created.
  func folder(_ name: String) -> PrivateFolder {
    PrivateFolder(path: "\(path)/\(name)", failpoint: failpoint)
  }

  /// The path of the file `name`.
  func path(of name: String) -> String { "\(path)/\(name)" }

  /// Makes the folder if there is none, and in any case takes it from everyone but the owner.
  ///
  /// - Parameter outer: the folder whose owner gets a new one; nil leaves it to the user who runs the program.
  /// - Throws: ``KeyStoreError`` with code `fileFailure` where there is one that belongs to somebody else; `diskFull`.
  func create(ownedAs outer: PrivateFolder? = nil) throws(KeyStoreError) {
    try failpoint("mkdir \(path)")
    let isNew = try Folder<KeyStoreError>.create(path, "make the folder")
    let made = try opened()
    if isNew {
      if let outer { try made.give(to: try outer.status()) }
    } else {
      let owner = try made.status().st_uid
      let outerOwner = try outer?.owner
      guard owner == geteuid() || owner == outerOwner else {
        throw KeyStoreError(
          .fileFailure, "\(path) belongs to the user \(owner), and so keeps no keys of yours; name another folder.")
      }
    }
    try made.protect(0o700)
    try folder("..").sync()
  }

  /// The folder, opened. A symbolic link is followed, since readers and writers of the folder follow it too.
  private func opened() throws(KeyStoreError) -> OpenFile {
    guard let folder = try OpenFile.find(path, O_RDONLY | O_DIRECTORY, followsLink: true) else {
      throw .refused("open", path)
    }
    return folder
  }

  /// Who owns the folder; nil where there is none.
  var owner: uid_t? {
    get throws(KeyStoreError) {
      try OpenFile.find(path, O_RDONLY | O_DIRECTORY, followsLink: true)?.status().st_uid
    }
  }

  private func status() throws(KeyStoreError) -> stat { try opened().status() }

  /// Opens a file of the folder, or makes it for the folder's owner.
  func openOrCreate(_ name: String, _ flags: Int32) throws(KeyStoreError) -> OpenFile {
    if let file = try OpenFile.find(path(of: name), flags) { return file }
    guard let file = try OpenFile.find(path(of: name), flags | O_CREAT) else { throw .refused("make", path(of: name)) }
    try file.give(to: try status())
    return file
  }

  /// Makes the folder's entries durable.
  func sync() throws(KeyStoreError) {
    try opened().sync()
  }

  /// Whether there is a file of this name.
  func has(_ name: String) -> Bool {
    Folder<KeyStoreError>.exists(path(of: name))
  }

  /// The whole content of a file; `nil` if there is none.
  ///
  /// - Parameter limit: the size in bytes above which it is refused as damaged.
  func read(_ name: String, limit: Int) throws(KeyStoreError) -> [UInt8]? {
    guard let file = try OpenFile.find(path(of: name), O_RDONLY) else { return nil }
    let size = Int(try file.status().st_size)
    guard size <= limit else {
      throw KeyStoreError(.damaged, "\(path(of: name)) is larger than such a file can be; restore it from a backup.")
    }
    return try file.read(size)
  }

  /// Replaces a file, or makes it. After a crash at any point the name stands for the old content or the new, and
  /// ``sweep()`` removes whatever else is left. When the call returns, the new content is durable and the old one
  /// overwritten. The owner and the mode stay; a new file has mode 0600 and the owner of the folder.
  func replace(_ name: String, with bytes: [UInt8]) throws(KeyStoreError) {
    let place = path(of: name)
    let new = place + Self.incoming
    let old = place + Self.outgoing
    try sweep(name)

    try failpoint("create \(new)")
    guard let file = try OpenFile.find(new, O_WRONLY | O_CREAT | O_EXCL) else { throw .refused("create", new) }
    var kept = stat()
    let isKept = unsafe lstat(place, &kept) == 0
    do throws(KeyStoreError) {
      try file.give(to: isKept ? kept : try status())
      if isKept { try file.protect(kept.st_mode & 0o777) }
    } catch {
      // Left behind, it would keep the owner from writing.
      unsafe unlink(new)
      throw error
    }
    try failpoint("write \(new)")
    try file.write(bytes)
    try failpoint("sync \(new)")
    try file.sync()
    // A second name keeps the old content within reach, so that it can be overwritten.
    try failpoint("link \(old)")
    guard unsafe link(place, old) == 0 || errno == ENOENT else { throw .refused("link", old) }
    try failpoint("rename \(new)")
    guard unsafe rename(new, place) == 0 else { throw .refused("rename", new) }
    try failpoint("sync \(path)")
    try sync()
    try discard(old, of: StoredFile(name), keeping: place)
  }

  /// Overwrites a file with zeros and removes it, durably.
  func erase(_ name: String) throws(KeyStoreError) { try discard(path(of: name), of: StoredFile(name)) }

  /// Finishes what a crash interrupted: wipes and removes files that were on their way in or out. Only the one writer
  /// may call it.
  func sweep() throws(KeyStoreError) {
    for name in try names() {
      for suffix in [Self.incoming, Self.outgoing] where name.hasSuffix(suffix) {
        let place = String(name.dropLast(suffix.utf8.count))
        if StoredFile(place) != nil { try sweep(place) }
      }
    }
  }

  /// Wipes and removes what a crash of an earlier version left of the files of persons. Other names of that version are
  /// not distinguishable from files that somebody else put there, and stay.
  func sweepPersonsOfVersion1() throws(KeyStoreError) {
    for name in try names() where name.hasSuffix(".new") || name.hasSuffix(".old") {
      let place = String(name.dropLast(4))
      guard StoredFile(place) == .persons, let left = try OpenFile.find(path(of: name), O_RDONLY | O_NONBLOCK),
        try left.status().st_mode & S_IFMT == S_IFREG, StoredFile.persons.couldBegin(as: try left.read(16))
      else { continue }
      try discard(path(of: name), of: .persons, keeping: path(of: place))
    }
  }

  /// Wipes and removes what was on its way to or from the place of one file.
  func sweep(_ name: String) throws(KeyStoreError) {
    let place = path(of: name)
    try discard(place + Self.incoming, of: StoredFile(name))
    try discard(place + Self.outgoing, of: StoredFile(name), keeping: place)
  }

  /// Overwrites a file with zeros and removes it. Where it is but a second name of `kept`, as after a crash between
  /// link and rename, only that name goes.
  private func discard(_ path: String, of stored: StoredFile?, keeping kept: String? = nil) throws(KeyStoreError) {
    guard let file = try OpenFile.find(path, O_RDWR | O_NONBLOCK) else { return }
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG, try stored?.couldBegin(as: file.read(32)) ?? true else {
      throw KeyStoreError(
        .fileFailure, "\(path) has the name of a temporary file of the key store and is none; move it away.")
    }
    var keptStatus = stat()
    let isShared =
      if let kept { unsafe lstat(kept, &keptStatus) == 0 && keptStatus.st_ino == status.st_ino } else { false }
    if !isShared {
      try failpoint("wipe \(path)")
      try file.write([UInt8](repeating: 0, count: Int(status.st_size)))
      try failpoint("sync \(path)")
      try file.sync()
    }
    try failpoint("unlink \(path)")
    guard unsafe unlink(path) == 0 else { throw .refused("remove", path) }
    try sync()
  }

  private func names() throws(KeyStoreError) -> [String] {
    try Folder<KeyStoreError>.list(path) ?? []
  }
}
