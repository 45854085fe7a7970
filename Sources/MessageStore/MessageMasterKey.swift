public import CredentialLedger
import KeyStore

extension MessageStore {
  /// Whether there is a store in a folder.
  public static func isThere(at path: String) -> Bool { Folder.exists(path + "/keys/keyring") }

  /// Seals the keys of a store under another master key, as those of its ledger are. A master key in the key folder is each
  /// folder's own.
  ///
  /// - Parameters:
  ///   - path: the store's folder; no server may have it open.
  ///   - origin: the ledger's name.
  ///   - old: where the present master key is.
  ///   - new: where the new one is.
  /// - Throws: `failed`; the store then opens by the present one.
  public static func rotateMasterKey(
    at path: String, origin: String, from old: MasterKey.Source, to new: MasterKey.Source
  ) throws(MessagingError) {
    do throws(KeyStoreError) {
      let keys = try KeyStore.open(at: path + "/keys", origin: origin, master: old)
      defer { keys.close() }
      try keys.rotateMasterKey(to: new, createdAt: LedgerConfiguration.systemClock())
      // No record is kept of it here: the ledger's is.
      if let rotation = keys.unconfirmedRotation { try keys.confirm(rotation) }
    } catch { throw MessagingError(.failed, error.reason) }
  }
}
