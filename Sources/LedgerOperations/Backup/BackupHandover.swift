import LedgerCrypto

/// Two folders cannot take their names at once: a file beside the backup of the log says which backup of the keys was named
/// for it, so that a run that ends between the two is taken up by the next.
struct BackupHandover {
  private let log: String
  private let keys: String
  private var note: String { "\(Folder.trimmed(log)).credledger-keys" }

  /// - Parameters:
  ///   - log: where the backup of the log goes.
  ///   - keys: where that of the keys goes.
  init(log: String, keys: String) { (self.log, self.keys) = (log, keys) }

  /// Removes what an earlier run for the same folders has left: a backup of the keys without the one of the log that it was
  /// made for. Whatever else is there stays. To be called by the code that fills the backup of the log, which is not there yet.
  func takeUp() throws(LedgerError) {
    guard let said = try DurableFile.read(note, limit: 8 << 10) else { return }
    if let found = try? words(), said == found { Folder.remove(keys) }
    Folder.remove(note)
  }

  /// Notes the backup of the keys that is about to take its name.
  ///
  /// - Parameter draft: where it is until then.
  func begin(_ draft: DraftFolder) throws(LedgerError) {
    try DurableFile.replace(note, with: words(of: draft.path))
  }

  /// Both have their names.
  func end() { Folder.remove(note) }

  private func words() throws(LedgerError) -> [UInt8] { try words(of: keys) }

  private func words(of folder: String) throws(LedgerError) -> [UInt8] {
    let sums = try FileInput.digest(of: "\(folder)/\(FolderSums.fileName)")
    return Array("\(Folder.absolute(keys))\n\(sums.hex)\n".utf8)
  }
}
