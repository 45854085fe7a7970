import EventLog
import Glibc
public import LedgerCrypto
import LedgerEvents
import Projections

/// What an export holds.
public struct ExportReport: Sendable {
  /// How many events.
  public let events: UInt64
  /// The root of the tree over them.
  public let root: Digest
  /// A signed checkpoint over exactly them (C2SP tlog-checkpoint).
  public let checkpoint: String
}

extension Backups {
  /// Writes every event so far as a line of JSON: in words for people, and with its record, so that a ledger with
  /// the same root can be made of it. The first line names the ledger, the last one says what the lines hold. Personal
  /// data stays sealed.
  ///
  /// Memory is bounded; a ledger that is open for reading can do it as well. See
  /// `Schemas/files/export-line.schema.json`.
  ///
  /// ```swift
  /// let report = try await ledger.backups.export(to: STDOUT_FILENO)
  /// ```
  ///
  /// - Parameters:
  ///   - descriptor: an open file or pipe, which stays open. A file is not synced.
  ///   - progress: is called with how far it has come.
  /// - Throws: `disk_full`, `storage` where it cannot be written; `damaged` where the tree does not agree with the newest
  ///   checkpoint that the ledger signed before, or the records with the tree; `key_unavailable`.
  public func export(
    to descriptor: Int32, progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> ExportReport {
    try await ledger.onOwnThread { [ledger] () throws(LedgerError) in
      let head = try ledger.head().rawValue
      let root = try logged { () throws(LogError) in try ledger.log.snapshot().root(at: head) } ?? .zero
      let note = try ledger.signedCheckpoint(over: head, root)
      var written = CheckedRecords()
      var lines = ExportLine.first(
        origin: ledger.origin, createdAt: try ledger.now, verifierKeys: try ledger.plainVerifierKeys)
      try ledger.forEachRecord(in: 1...head) { (header, record) throws(LedgerError) in
        let copied = try logged { () throws(LogError) in
          let copied = try Record(Array(copying: record), at: header.position)
          _ = try written.append(copied.bytes)
          return copied
        }
        lines += try ExportLine.event(copied)
        if lines.count >= 1 << 18 { try Ledger.write(&lines, to: descriptor) }
      } reached: {
        progress(TransferProgress(stage: .writing, done: $0, total: head))
      }
      guard written.root == root else {
        throw LedgerError(
          .damaged, "the records do not match the tree; verify the ledger, and restore a backup",
          position: Position(head))
      }
      lines += ExportLine.last(events: head, root: root, checkpoint: note)
      try Ledger.write(&lines, to: descriptor)
      return ExportReport(events: head, root: root, checkpoint: note)
    }
  }

  /// Writes an export into a private file (mode 0600), which has its name once it is whole and on the device.
  ///
  /// - Parameter path: a file that does not exist.
  /// - Throws: `already_exists`, and as ``export(to:progress:)``.
  public func export(
    toFile path: String, progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> ExportReport {
    try DurableFile.requireNew(path)
    TemporaryFiles.sweep(beside: path)
    let draft = try DraftFile(for: path)
    let report = try await export(to: draft.descriptor, progress: progress)
    try draft.publish()
    try Folder.sync(parentOf: path)
    return report
  }

  /// Checks an export as ``Ledger/importing(_:keys:at:_:record:missingKeys:against:by:progress:)`` does, and makes nothing of it.
  ///
  /// - Parameters:
  ///   - descriptor: an open file or pipe, which is read to its end and stays open.
  ///   - verifierKeys: keys known from elsewhere (C2SP signed-note), one of which must have signed; with none, the
  ///     checkpoint is verified against the keys that the log itself names.
  ///   - against: signed checkpoints kept elsewhere, each of which the copy must hold all of.
  ///   - progress: is called with how many events came, and of how many, where a file's size lets that be guessed.
  /// - Throws: `damaged` with the first line that is wrong; `key_unavailable`, `newer_format`, `storage`;
  ///   `behind_checkpoint`, `contradicts_checkpoint` or `invalid_checkpoint` where it does not hold what a
  ///   checkpoint kept elsewhere says.
  public static func checkExport(
    _ descriptor: Int32, verifierKeys: [String] = [], against: [String] = [],
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> ExportReport {
    try await Ledger.onOwnThread { () throws(LedgerError) in
      var reader = try ExportReader(descriptor)
      var records = CheckedRecords()
      return try reader.read(trusted: verifierKeys, against: against, into: &records, stage: .verifying, progress)
    }
  }
}

extension Ledger {
  /// Makes a ledger of an export and of keys: the same records, the same root. Nothing is left of it where a line is
  /// wrong, and the error names the first one that is.
  ///
  /// ```swift
  /// let report = try await Ledger.importing(STDIN_FILENO, keys: "/safe/keys-1", at: "/var/lib/credledger")
  /// ```
  ///
  /// - Parameters:
  ///   - descriptor: an open file or pipe, which is read to its end and stays open.
  ///   - keys: a backup of the ledger's keys, or its key folder.
  ///   - path: the new ledger's folder, which does not exist or is empty.
  ///   - record: whether the log says that it was restored; it stays as it was exported unless that is asked for.
  ///   - missingKeys: whether keys may be missing of persons whom the log does not say to be erased.
  ///   - against: signed checkpoints kept elsewhere, each of which the copy must hold all of.
  ///   - authority: who imports and who approved it, for the events.
  ///   - progress: is called with how many events came, and of how many, where a file's size lets that be guessed.
  /// - Throws: `forbidden` of the field `operator` or `approver`, `approval_required` where the rules of the log need two
  ///   operators; `damaged` with the first line that is wrong; `keys_behind`, `already_exists`, `busy`,
  ///   `not_found`, `key_unavailable`, `newer_format`, `disk_full`, `storage`; `behind_checkpoint`,
  ///   `contradicts_checkpoint` or `invalid_checkpoint` where it does not hold what a
  ///   checkpoint kept elsewhere says.
  public static func importing(
    _ descriptor: Int32, keys: String, at path: String, _ configuration: LedgerConfiguration = LedgerConfiguration(),
    record: RestoreRecord = .none, missingKeys: MissingKeys = .refused, against: [String] = [],
    by authority: RestoreAuthority = .none,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> RestoreReport {
    let carried = try await onOwnThread { () throws(LedgerError) in
      var reader = try ExportReader(descriptor)
      let draft = try DraftFolder(for: path, makingParents: true)
      let trusted = try bring(KeysSource(path: keys), origin: reader.origin, to: draft, configuration)
        .verifierKeys(origin: reader.origin).map(\.description)
      return try fill(draft, origin: reader.origin, configuration) { (log) throws(LedgerError) in
        _ = try reader.read(trusted: trusted, against: against, into: &log, stage: .writing, progress)
      }
    }
    return try await finish(carried, configuration, record, missingKeys, authority)
  }

  fileprivate static func write(_ lines: inout [UInt8], to descriptor: Int32) throws(LedgerError) {
    try FileHandle.writeAll(lines, to: descriptor, "the output")
    lines.removeAll(keepingCapacity: true)
  }
}
