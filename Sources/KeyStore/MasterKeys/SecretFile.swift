import Glibc
import LedgerCrypto

/// A small file with something secret, which nobody may read or change whom it is not meant for.
enum SecretFile {
  /// Reads a file of the user who runs the program, or of root.
  ///
  /// - Parameters:
  ///   - what: what it holds, for messages.
  ///   - limit: the most bytes that it may have.
  ///   - owners: who else may own it.
  ///   - followsLink: what a platform mounts for a program is often a symbolic link.
  /// - Returns: nil where there is none.
  /// - Throws: ``KeyStoreError`` with code `masterKeyExposed`, `masterKeyMalformed` or `fileFailure`.
  static func read(
    _ path: String, holding what: String, limit: Int, owners: [uid_t], followsLink: Bool = true
  ) throws(KeyStoreError) -> Secret? {
    guard let file = try OpenFile.find(path, O_RDONLY, followsLink: followsLink) else { return nil }
    let status = try file.status()
    guard ([geteuid(), 0] + owners).contains(status.st_uid) else {
      throw KeyStoreError(
        .masterKeyExposed,
        "\(what) in \(path) is in a file of the user \(status.st_uid), who may change it; make it yours, or root's.")
    }
    // Root lets a service read its file as a member of a group, or by an access list, whose mask stands for the group.
    let isLent = status.st_uid == 0 && geteuid() != 0
    guard status.st_mode & (isLent ? 0o037 : 0o077) == 0 else {
      throw KeyStoreError(
        .masterKeyExposed, "\(what) in \(path) may be used by others than its owner; run chmod 600 on it.")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
      throw KeyStoreError(.masterKeyMalformed, "\(what) is expected in \(path), a file of at most \(limit) bytes.")
    }
    var text = try file.read(Int(status.st_size))
    return Secret(wiping: &text)
  }
}
