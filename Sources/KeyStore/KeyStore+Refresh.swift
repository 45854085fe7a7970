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
    guard access == .reading else { return }
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
      guard let file = try OpenFile.open(folder.path(of: Keyring.fileName), O_RDONLY) else { return }
      let status = try file.status()
      let stamp = FileStamp(status)
      guard state.stamp != stamp else { return }
      let bytes = try file.read(count: min(Int(status.st_size), Keyring.sizeLimit))
      guard let changed = try decode(bytes, known: state.sealing, origin: state.keyring.origin) else { return }
      state = changed
      state.stamp = stamp
      persons.use(changed.keyring.personSealingKeys)
    }
  }

  private func decode(_ bytes: [UInt8], known: SealingKey, origin: String) throws(KeyStoreError) -> State? {
    var keys = [known]
    if let master, let now = try? MasterKey(from: master, keys: folder) { keys.append(now.sealingKey(origin: origin)) }
    for key in keys {
      do throws(KeyStoreError) {
        return try State(Keyring(decoding: bytes, origin: origin, sealedUnder: key), key)
      } catch { guard error.code == .masterKeyMismatch else { throw error } }
    }
    return nil
  }
}
