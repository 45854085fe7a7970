import KeyStore
import LedgerCrypto

/// Where the keys of a ledger come from that is restored: a backup of keys, the key folder of a ledger, or its folder.
struct KeysSource {
  let path: String

  /// What a backup of keys says of itself, once each of its files was checked by its digest; nil where the path is that of
  /// a key folder. The master key may have been taken out of it, to be given another way; whether it is there, and the right
  /// one, shows when the keys are opened.
  func manifest() throws(LedgerError) -> KeysBackupManifest? {
    guard Folder.exists("\(path)/\(FolderSums.fileName)") else { return nil }
    _ = try FolderSums.check(
      path, requiring: [BackupManifest.fileName, "\(LedgerFolder.Part.keys)/keyring"],
      sparing: ["\(LedgerFolder.Part.keys)/master.key"], as: "backup of keys")
    let manifestPath = "\(path)/\(BackupManifest.fileName)"
    return try KeysBackupManifest(parsing: FileInput.contents(of: manifestPath, limit: 4 << 20), at: manifestPath)
  }

  /// Opens the keys for reading.
  ///
  /// - Throws: `not_found` where there are none; `key_unavailable` where they are of another ledger or sealed under
  ///   another master key; `damaged`.
  func open(origin: String, _ configuration: LedgerConfiguration) throws(LedgerError) -> KeyStore {
    guard
      let folder = [path, "\(path)/\(LedgerFolder.Part.keys)"].first(where: { Folder.exists("\($0)/keyring") })
    else {
      throw LedgerError(
        .notFound, "\(path) holds no keys; expected a backup of keys, or the key folder of a ledger", field: "keys")
    }
    return try keyed(
      KeyStore.open(
        at: folder, origin: origin, master: configuration.masterKeySource, access: .reading,
        random: configuration.random))
  }
}
