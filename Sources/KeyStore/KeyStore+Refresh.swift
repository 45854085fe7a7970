import Glibc
import LedgerCrypto

extension KeyStore {
  /// Takes over what the process that writes has changed in the keyring since this store was opened for reading, such as
  /// a signing key that was added. One look at the file's state where nothing has changed; nothing at all where this is
  /// the store that writes.
  ///
  /// A keyring that the master key does not open, because that was rotated, leaves what is known as it is.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, `fileFailure` or `cryptoFailure`.
  package func refresh() throws(KeyStoreError) {
    guard access != .writing else { return }
    var tries = 3
    while true {
      do throws(KeyStoreError) { return try takeOver() } catch {
        // What is read while it is replaced is wiped in place.
        tries -= 1
        guard error.code == .damaged, tries > 0 else { throw error }
      }
    }
  }

  private func takeOver() throws(KeyStoreError) {
    try state.withLock { (state) throws(KeyStoreError) in
      guard let file = try OpenFile.find(folder.path(of: Keyring.fileName), O_RDONLY) else { return }
      let status = try file.status()
      let stamp = FileStamp(status)
      guard state.stamp != stamp else { return }
      let bytes = try file.read(min(Int(status.st_size), Keyring.sizeLimit))
      guard let changed = try decode(bytes, known: state) else { return }
      guard changed.keyring.counter >= state.keyring.counter else {
        throw KeyStoreError(
          .keyringBehind,
          "The keyring was replaced by an older one; put back the newest, or restore a backup of the keys.")
      }
      var next = try State(changed, nil, access)
      next.stamp = stamp
      state = next
      persons.use(next.secrets[.person] ?? [:])
    }
  }

  private func decode(_ bytes: [UInt8], known: State) throws(KeyStoreError) -> OpenKeyring? {
    let origin = known.keyring.origin
    if access == .listing { return try Keyring.decodeListing(bytes, origin: origin) }
    if let keyring = try Keyring.decode(bytes, origin: origin, known: known.roles) {
      return OpenKeyring(keyring: keyring, roles: known.roles, fingerprint: known.fingerprint)
    }
    guard let now = try? MasterKey(from: master, keys: folder) else { return nil }
    do throws(KeyStoreError) {
      return try Keyring.decode(bytes, origin: origin, by: now, roles: access.roles, random: random)
    } catch {
      guard error.code == .masterKeyMismatch else { throw error }
      return nil
    }
  }
}
