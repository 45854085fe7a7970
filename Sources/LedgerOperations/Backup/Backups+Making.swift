import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerEvents
import Projections

/// What was backed up.
public struct BackupReport: Sendable {
  /// What the backup says of itself.
  public let manifest: BackupManifest
  /// What the backup of the keys says of itself; nil where none was made.
  public let keys: KeysBackupManifest?
  /// How many persons and webhooks that the log names have no key among those that a check was given, and were accepted
  /// so; nil where that was not looked at.
  public let missingKeys: UInt64?
}

extension Backups {
  /// Backs the log up while everything goes on, into a folder that appears once it is whole, verified and on the device:
  /// every record hashed anew, the tree compared with the live one and with a checkpoint signed over exactly this state,
  /// every row checked. A ledger that is open for reading can do it as well.
  ///
  /// The copy holds a snapshot of the log, so that the live file grows by what is written meanwhile. It goes to the disk in
  /// small pieces, at a low priority.
  ///
  /// Keys are not part of it. A backup of them, kept with that of the log, would undo every erasure since: so they are
  /// copied only where a folder is named, which must not lie within the other.
  ///
  /// ```swift
  /// let report = try await ledger.backups.make(at: "/backup/log-1", keys: "/safe/keys-1")
  /// print(report.manifest.position, report.manifest.root)
  /// ```
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist, or is empty.
  ///   - keys: where to put a backup of the keys, sealed as they are; nil makes none. The master key is in it only where
  ///     the ledger keeps it in its key folder.
  ///   - comparingProjections: whether to compare the projections with a rebuild, and to keep their digests.
  ///   - progress: is called with how far it has come.
  /// - Throws: `already_exists`, `busy` where somebody else is filling such a folder, `invalid_value` for folders within
  ///   each other or within the ledger's, `disk_full`, `storage`, `damaged` where the copy is not sound, `key_unavailable`.
  ///   No folder of these names is made then.
  public func make(
    at path: String, keys: String? = nil, comparingProjections: Bool = false,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> BackupReport {
    try LedgerFolder.requireOutside(path, of: ledger.path)
    if let keys {
      try LedgerFolder.requireOutside(keys, of: ledger.path, field: "keys")
      try Ledger.requireApart(path, keys)
    }
    return try await ledger.onOwnThread { [ledger] () throws(LedgerError) in
      let draft = try DraftFolder(for: path)
      let handover = keys.map { BackupHandover(log: path, keys: $0) }
      try handover?.takeUp()
      let keysDraft: DraftFolder? = if let keys { try DraftFolder(for: keys) } else { nil }
      let manifest = try ledger.fill(draft, comparingProjections: comparingProjections, progress)
      // The keys come after the log: so every key that its events need is among them.
      let keysManifest = if let keysDraft { try ledger.fillKeys(keysDraft) } else { nil as KeysBackupManifest? }
      if let keysDraft, let handover { try handover.begin(keysDraft) }
      try keysDraft?.publish()
      try draft.publish()
      handover?.end()
      return BackupReport(manifest: manifest, keys: keysManifest, missingKeys: nil)
    }
  }
}

extension Ledger {
  /// Runs what takes long, and is in no hurry, on a thread of its own: the threads for reading stay free.
  func onOwnThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws(LedgerError) -> Result
  ) async throws(LedgerError) -> Result {
    try await Self.onOwnThread(body)
  }

  /// The same, where no ledger is open.
  static func onOwnThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws(LedgerError) -> Result
  ) async throws(LedgerError) -> Result {
    try await OpeningThread { () -> Swift.Result<Result, LedgerError> in
      LowPriority.begin()
      return Swift.Result(catching: body)
    }.run().get()
  }

  fileprivate func fill(
    _ draft: DraftFolder, comparingProjections: Bool, _ observe: @escaping TransferProgress.Observer
  ) throws(LedgerError) -> BackupManifest {
    let folder = try draft.folder(LedgerFolder.Part.log)
    let (dataDigest, byteCount) = try EnvironmentCopy(of: log.environment).write(to: "\(folder)/data.mdb", observe)
    let keys = try plainVerifierKeys
    // The copy is read back from the device, as a restore will do.
    let copy = try logged { () throws(LogError) in
      try EventLog<ProjectionSet>.openReading(
        at: folder, options: configuration.storage(.frozen), archive: log.archive
      ) { environment throws(LogError) in try ProjectionSet(reading: environment, keys: keyStore) }
    }
    defer { copy.close() }
    let found = try CopyInspection(of: copy, keys: keyStore, claimed: keys, trusted: [], observe)
    try copy.requireWhole()
    let live = try logged { () throws(LogError) in try log.snapshot().root(at: found.size) }
    guard live == found.root else {
      throw LedgerError(.damaged, "the tree of the copy is not that of the ledger", position: Position(found.size))
    }
    let note = try signedCheckpoint(over: found.size, found.root)
    let digests =
      comparingProjections ? try copy.comparedDigests(in: "\(draft.path)/scratch", observe) : nil as LedgerDigests?
    let manifest = BackupManifest(
      origin: origin, createdAt: try now, position: Position(found.size), root: found.root,
      checkpoint: note, verifierKeys: keys, dataByteCount: byteCount, rows: found.rows, digests: digests)
    try Self.seal(draft, manifest.json, [(BackupManifest.dataPath, dataDigest)])
    return manifest
  }

  fileprivate func fillKeys(_ draft: DraftFolder) throws(LedgerError) -> KeysBackupManifest {
    let folder = "\(draft.path)/\(LedgerFolder.Part.keys)"
    let copied = try keyed(keyStore.copy(to: folder))
    let manifest = KeysBackupManifest(
      origin: origin, createdAt: try now, position: try head(),
      masterKeyFingerprint: keyStore.masterKeyFingerprint, hasMasterKey: copied.hasMasterKey,
      persons: UInt64(copied.persons))
    var files: [(path: String, digest: Digest)] = []
    for path in Folder.files(in: folder) {
      files.append(("\(LedgerFolder.Part.keys)/\(path)", try FileInput.digest(of: "\(folder)/\(path)")))
    }
    try Self.seal(draft, manifest.json, files)
    return manifest
  }

  /// Writes the manifest of a folder, and then its sums, which make it whole.
  fileprivate static func seal(
    _ draft: DraftFolder, _ manifest: JSON, _ files: [(path: String, digest: Digest)]
  ) throws(LedgerError) {
    var output = try FileOutput(creating: "\(draft.path)/\(BackupManifest.fileName)")
    try output.write(Array("\(manifest.text(indented: true))\n".utf8))
    try FolderSums.write(files + [(BackupManifest.fileName, output.finish())], in: draft.path)
  }

  /// Refuses two folders of which one lies within the other.
  fileprivate static func requireApart(_ one: String, _ other: String) throws(LedgerError) {
    let paths = [one, other].map { "\(Folder.absolute($0))/" }
    guard paths[0].hasPrefix(paths[1]) || paths[1].hasPrefix(paths[0]) else { return }
    throw LedgerError(
      .invalidValue,
      "keys: expected a folder apart from that of the log; kept together, a backup undoes every erasure since",
      field: "keys")
  }
}
