import EventLog
import KeyStore
import LedgerEvents
import Projections

extension Backups {
  /// Checks a backup as ``Ledger/restore(from:keys:at:_:record:missingKeys:against:by:progress:)`` does, and changes
  /// nothing, neither in it nor beside it, except for a scratch folder beside it where projections are compared.
  ///
  /// Its files are compared with their digests before anything in them is trusted. Without keys, checkpoints are held
  /// against the keys that the log itself names: somebody who rewrites a backup whole passes, unless a key that is known from
  /// elsewhere is given.
  ///
  /// ```swift
  /// let report = try await Backups.check(at: "/backup/log-1", verifierKeys: [key])
  /// ```
  ///
  /// - Parameters:
  ///   - path: the backup's folder.
  ///   - keys: a backup of the ledger's keys, or its key folder, to be checked as well; nil checks none.
  ///   - verifierKeys: keys known from elsewhere (C2SP signed-note), one of which must have signed.
  ///   - against: signed checkpoints kept elsewhere, each of which the copy must hold all of.
  ///   - comparingProjections: whether to compare the projections with a rebuild, which needs keys.
  ///   - missingKeys: whether keys may be missing of persons whom the log does not say to be erased. Not looked at where
  ///     another version of the program wrote the projections of the copy; restoring looks at it in any case.
  ///   - progress: is called with how far it has come.
  /// - Throws: `not_found` where there is no finished backup; `damaged` with what is wrong; `keys_behind`,
  ///   `key_unavailable`, `invalid_value`, `newer_format`, `storage`; `behind_checkpoint`, `contradicts_checkpoint` or
  ///   `invalid_checkpoint` where it does not hold what a
  ///   checkpoint kept elsewhere says.
  public static func check(
    at path: String, keys: String? = nil, verifierKeys: [String] = [], against: [String] = [],
    comparingProjections: Bool = false,
    missingKeys: MissingKeys = .refused, _ configuration: LedgerConfiguration = LedgerConfiguration(),
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> BackupReport {
    guard !comparingProjections || keys != nil else {
      throw LedgerError(
        .invalidValue, "keys: expected the ledger's keys, without which no projection can be rebuilt", field: "keys")
    }
    return try await Ledger.onOwnThread { () throws(LedgerError) in
      let backup = BackupFolder(path: path)
      let manifest = try backup.check(progress)
      let folder = "\(path)/\(LedgerFolder.Part.log)"
      guard let keys else {
        let log = try BackupFolder.open(folder, configuration)
        defer { log.close() }
        try manifest.require(
          CopyInspection(
            of: log, keys: nil, claimed: manifest.verifierKeys, trusted: verifierKeys, manifest: manifest,
            progress), in: log, against)
        return BackupReport(manifest: manifest, keys: nil, missingKeys: nil)
      }
      let source = KeysSource(path: keys)
      let keysManifest = try source.manifest()
      let keyStore = try source.open(origin: manifest.origin, configuration)
      _ = try keyed(keyStore.verifyPersons())
      let archive = try configuration.records(of: manifest.origin)
      let log = try logged { () throws(LogError) in
        try EventLog<ProjectionSet>.openReading(
          at: folder, options: configuration.storage(.frozen), archive: archive
        ) { environment throws(LogError) in try ProjectionSet(reading: environment, keys: keyStore) }
      }
      defer { log.close() }
      let trusted =
        verifierKeys.isEmpty ? try keyStore.verifierKeys(origin: manifest.origin).map(\.description) : verifierKeys
      try manifest.require(
        CopyInspection(
          of: log, keys: keyStore, claimed: manifest.verifierKeys, trusted: trusted, manifest: manifest,
          progress), in: log, against)
      let isRead = try logged { () throws(LogError) in try !ProjectionRebuild.isNeeded(log.snapshot()) }
      if isRead { try log.requireWhole() }
      let missing = isRead ? UInt64(try missingKeys.find(in: log, keyStore).count) : nil
      if comparingProjections {
        let scratch = try ScratchFolder(beside: path)
        defer { scratch.remove() }
        let digests = try log.comparedDigests(in: scratch.path, progress)
        guard manifest.digests == nil || manifest.digests == digests else {
          throw LedgerError(.damaged, "the projections are not those that the manifest names")
        }
      }
      return BackupReport(manifest: manifest, keys: keysManifest, missingKeys: missing)
    }
  }
}
