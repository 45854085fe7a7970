import EventLog
import KeyStore
public import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections
import TransparencyLog

/// What was restored.
public struct RestoreReport: Sendable {
  /// How many events came from the copy.
  public let events: UInt64
  /// The root of the tree over them.
  public let root: Digest
  /// When the newest of them was recorded. Whatever was revoked, disabled or erased after it is undone.
  public let newest: Timestamp
  /// How many persons and webhooks that the log names had no key, and were accepted so: see ``MissingKeys``.
  public let missingKeys: UInt64
  /// Where the log says that it was restored; nil where it was to be left as it was.
  public let recordedAt: Position?
}

/// How a log that was restored goes on.
public enum RestoreRecord: Sendable {
  /// The next event says how far the copy reached: what was recorded after it is missing. Only events that name signing
  /// keys made since come before it.
  case event
  /// The log stays exactly as it was copied: for a ledger that moves, and of which nothing is missing. Where missing keys are
  /// accepted, the erasures of their persons are added.
  case none
}

extension Ledger {
  /// Makes a ledger of a backup or of an archive, and of keys. Everything is checked first; the ledger appears once it
  /// opened with its keys, and nothing is changed where a check fails.
  ///
  /// From an archive the projections are rebuilt. Erasures hold: what a person's destroyed key opened stays closed, unless
  /// the keys come from a backup older than the erasure, and the log knows of it: then they are destroyed again.
  ///
  /// ```swift
  /// let report = try await Ledger.restore(from: "/backup/log-1", keys: "/safe/keys-1", at: "/var/lib/credledger")
  /// let ledger = try await Ledger.open(at: "/var/lib/credledger")
  /// ```
  ///
  /// - Parameters:
  ///   - source: the folder of a backup or an archive.
  ///   - keys: a backup of the ledger's keys, or its key folder.
  ///   - path: the new ledger's folder, which does not exist or is empty.
  ///   - record: whether the log says that it was restored.
  ///   - missingKeys: whether keys may be missing of persons whom the log does not say to be erased.
  ///   - against: signed checkpoints kept elsewhere, each of which the copy must hold all of.
  ///   - authority: who restores and who approved it, for the event.
  ///   - progress: is called with how far it has come.
  /// - Throws: `forbidden` of the field `operator` or `approver`, `approval_required` where the rules of the log need two
  ///   operators; `keys_behind` where such keys are missing; `already_exists`; `busy` where somebody else
  ///   restores to the same folder; `not_found` where there is no such copy or no keys; `damaged` with what is
  ///   wrong; `key_unavailable` where the keys are not of this ledger, or the master key is another; `disk_full`, `storage`;
  ///   `behind_checkpoint`, `contradicts_checkpoint` or `invalid_checkpoint` where it does not hold what a
  ///   checkpoint kept elsewhere says.
  public static func restore(
    from source: String, keys: String, at path: String, _ configuration: LedgerConfiguration = LedgerConfiguration(),
    record: RestoreRecord = .event, missingKeys: MissingKeys = .refused, against: [String] = [],
    by authority: RestoreAuthority = .none,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> RestoreReport {
    let carried = try await onOwnThread { () throws(LedgerError) in
      let draft = try DraftFolder(for: path, makingParents: true)
      if BackupFolder(path: source).isPresent {
        return try restore(
          BackupFolder(path: source), KeysSource(path: keys), against, in: draft, configuration, progress)
      }
      return try restore(
        ArchiveFolder(path: source), KeysSource(path: keys), against, in: draft, configuration, progress)
    }
    return try await finish(carried, configuration, record, missingKeys, authority)
  }

  /// A log in its draft, with its keys.
  struct RestoredLog: Sendable {
    let draft: DraftFolder
    let size: UInt64
    let root: Digest
  }

  fileprivate static func restore(
    _ backup: BackupFolder, _ keys: KeysSource, _ against: [String], in draft: DraftFolder,
    _ configuration: LedgerConfiguration,
    _ observe: TransferProgress.Observer
  ) throws(LedgerError) -> RestoredLog {
    let manifest = try backup.check(observe)
    let keyStore = try bring(keys, origin: manifest.origin, to: draft, configuration)
    let folder = try draft.folder(LedgerFolder.Part.log)
    var input = try FileInput(opening: "\(backup.path)/\(BackupManifest.dataPath)")
    var output = try FileOutput(creating: "\(folder)/data.mdb")
    while case let piece = try input.piece(), !piece.isEmpty {
      try output.write(piece)
      observe(TransferProgress(stage: .copying, done: output.byteCount, total: manifest.dataByteCount))
    }
    _ = try output.finish()
    // What counts is what lies in the new ledger.
    let log = try BackupFolder.open(folder, configuration)
    defer { log.close() }
    let found = try CopyInspection(
      of: log, keys: keyStore, claimed: manifest.verifierKeys,
      trusted: keyStore.verifierKeys(origin: manifest.origin).map(\.description), manifest: manifest,
      observe)
    try manifest.require(found, in: log, against)
    return RestoredLog(draft: draft, size: found.size, root: found.root)
  }

  fileprivate static func restore(
    _ archive: ArchiveFolder, _ keys: KeysSource, _ against: [String], in draft: DraftFolder,
    _ configuration: LedgerConfiguration,
    _ observe: TransferProgress.Observer
  ) throws(LedgerError) -> RestoredLog {
    let origin = try archive.origin()
    let trusted = try bring(keys, origin: origin, to: draft, configuration).verifierKeys(origin: origin).map(
      \.description)
    return try fill(draft, origin: origin, configuration) { (log) throws(LedgerError) in
      _ = try archive.read(trusted: trusted, against: against, into: &log, stage: .writing, observe)
    }
  }

  /// Makes the log of a draft of records from elsewhere.
  static func fill(
    _ draft: DraftFolder, origin: String, _ configuration: LedgerConfiguration,
    _ records: (inout LogImport) throws(LedgerError) -> Void
  ) throws(LedgerError) -> RestoredLog {
    var log: LogImport
    do throws(LogError) {
      log = try LogImport(
        at: "\(draft.path)/\(LedgerFolder.Part.log)", origin: origin, options: configuration.storage())
    } catch { throw LedgerError(error) }
    try records(&log)
    let carried = RestoredLog(draft: draft, size: log.size, root: log.root)
    do throws(LogError) { try log.finish() } catch { throw LedgerError(error) }
    return carried
  }

  /// Copies keys into the draft of a ledger.
  static func bring(
    _ keys: KeysSource, origin: String, to draft: DraftFolder, _ configuration: LedgerConfiguration
  ) throws(LedgerError) -> KeyStore {
    _ = try keys.manifest()
    let keyStore = try keys.open(origin: origin, configuration)
    _ = try keyed(keyStore.copy(to: "\(draft.path)/\(LedgerFolder.Part.keys)"))
    return keyStore
  }

  /// Opens the ledger in a draft, as it will be opened from now on, and gives it its name.
  static func finish(
    _ carried: RestoredLog, _ configuration: LedgerConfiguration, _ recording: RestoreRecord,
    _ missingKeys: MissingKeys,
    _ authority: RestoreAuthority
  ) async throws(LedgerError) -> RestoreReport {
    // Held against the witness file where one is named: an old copy is not to take the place of a newer ledger unnoticed.
    let ledger = try await open(carried.draft.path, nil, configuration, acceptingMissingKeys: true)
    let (newest, missing): (Timestamp, LostKeys)
    let recordedAt: Position?
    do throws(LedgerError) {
      let damaged = try ledger.damagedTables
      guard damaged.isEmpty else {
        throw LedgerError(
          .damaged, "rows of \(damaged.joined(separator: " and ")) in the copy are missing or of another moment")
      }
      let (root, record) = try logged { () throws(LogError) in
        let snapshot = try ledger.log.snapshot()
        return (try snapshot.root(at: carried.size), try snapshot.record(at: carried.size))
      }
      guard let record, root == carried.root else {
        throw LedgerError(.damaged, "the restored log has another tree than the copy", position: Position(carried.size))
      }
      newest = Timestamp(milliseconds: record.header.recordedAt)
      missing = try missingKeys.find(in: ledger.log, ledger.keyStore)
      recordedAt = try await ledger.record(
        Restored(events: carried.size, root: carried.root, missing: missing), by: authority, recording)
    } catch {
      await ledger.close()
      throw error
    }
    await ledger.close()
    try await onOwnThread { () throws(LedgerError) in try carried.draft.publish() }
    return RestoreReport(
      events: carried.size, root: carried.root, newest: newest, missingKeys: UInt64(missing.count),
      recordedAt: recordedAt)
  }
}

extension BackupFolder {
  /// Opens the copy of a log, for its records alone.
  static func open(
    _ folder: String, _ configuration: LedgerConfiguration
  ) throws(LedgerError) -> EventLog<RecordsOnly> {
    try logged { () throws(LogError) in
      try EventLog<RecordsOnly>.openReading(at: folder, options: configuration.storage(.frozen)) { _ in RecordsOnly() }
    }
  }
}

extension BackupManifest {
  /// Refuses a copy that is not the one that the manifest speaks of.
  func require(_ trust: CheckpointTrust, size: UInt64, root: Digest) throws(LedgerError) {
    guard trust.origin == origin, size == position.rawValue, root == self.root else { throw Self.another }
    try trust.check(checkpoint, size: position.rawValue, root: self.root, claimed: verifierKeys)
  }

  /// The same with all that was found in it, and with what checkpoints kept elsewhere say.
  func require<Participant>(
    _ found: CopyInspection, in log: EventLog<Participant>, _ against: [String] = []
  ) throws(LedgerError) {
    try require(found.trust, size: found.size, root: found.root)
    guard found.rows == rows else { throw Self.another }
    try KeptCheckpoints(against, origin: origin).require(in: log) {
      found.trust.isSigned($0, claimed: verifierKeys)
    }
  }

  private static var another: LedgerError {
    LedgerError(.damaged, "the copy is not the one that its manifest speaks of")
  }
}
