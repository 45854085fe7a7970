import EventLog

/// What an export of tiles did.
public struct TileReport: Sendable {
  /// How many events the published checkpoint covers.
  public let size: UInt64
  /// How many it covered before; 0 if there was none.
  public let oldSize: UInt64
  /// How many files were written, the checkpoint among them; of a check, how many were compared.
  public let files: Int
}

extension Evidence {
  /// Publishes the log as files (C2SP tlog-tiles): a mirror, a monitor or an auditor can verify all of it, and compute
  /// every proof, from a folder that any web server serves.
  ///
  /// The folder gets `checkpoint`, `tile/<level>/…` with the hashes, and `tile/entries/…` with the records as they are
  /// stored: personal data sealed, and everything else in the clear. So it is for people who may read the log. The next
  /// export adds what is new, with the partial tiles of every checkpoint that was signed since; a full tile is never written
  /// again. Files take their names once they are whole, and the checkpoint comes last, when all it covers is durable and
  /// was found to lead to its root: so a reader finds meanwhile what the checkpoint promises.
  ///
  /// ```swift
  /// let report = try await ledger.evidence.exportTiles(to: "/srv/ledger.example.org")
  /// ```
  ///
  /// - Parameters:
  ///   - folder: made if it is not there; then nothing of it is left where the export fails.
  ///   - checkpoint: what to publish, such as a checkpoint that witnesses have cosigned; without it the newest.
  ///   - mode: the permissions of the files, such as 0o600 for the owner alone. Everybody who can read can enter the folders.
  ///   - progress: is called with how many events are written, of how many.
  /// - Throws: `invalid_checkpoint` where the folder belongs to another ledger; `behind_checkpoint` or
  ///   `contradicts_checkpoint` where it has more than the checkpoint, or another history; `damaged` where records, tree and
  ///   checkpoint do not match; `already_exists` where the folder holds anything else, `invalid_value` within the ledger's
  ///   own; `storage`, `disk_full`. What was published before stays as it was.
  public func exportTiles(
    to folder: String, at checkpoint: String? = nil, mode: UInt32 = 0o644,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> TileReport {
    try LedgerFolder.requireOutside(folder, of: ledger.path, field: "folder")
    let text = if let checkpoint { checkpoint } else { try await ledger.checkpoint() }
    let known = try KnownCheckpoint(text, of: ledger)
    return try await ledger.blocking { () throws(LedgerError) in
      var export = TileExport(of: ledger.log, .write(mode: mode), folder)
      let old = try export.published(by: ledger)
      try logged { () throws(LogError) in try ledger.log.snapshot().requireExtension(of: known.checkpoint) }
      let oldSize = old?.checkpoint.size ?? 0
      guard oldSize <= known.checkpoint.size else {
        throw LedgerError(
          .behindCheckpoint, "\(folder) has the size \(oldSize), and the checkpoint only \(known.checkpoint.size)")
      }
      if old?.note.bytes != known.note.bytes, old?.checkpoint != known.checkpoint || checkpoint != nil {
        try export.publish(known, after: oldSize, progress)
      }
      return TileReport(size: known.checkpoint.size, oldSize: oldSize, files: export.fileCount)
    }
  }

  /// Compares what was published with the ledger: each tile and each bundle of entries that the published checkpoint covers.
  /// An export adds what is new and does not look at what is there, so it does not notice a file that changed since.
  ///
  /// ```swift
  /// let published = try await ledger.evidence.checkTiles(in: "/srv/ledger.example.org")
  /// ```
  ///
  /// - Parameters:
  ///   - folder: where tiles were exported to.
  ///   - progress: is called with how many events are compared, of how many.
  /// - Throws: `not_found` where nothing was published; `damaged` with the first file that is missing or another than the
  ///   ledger has; as ``exportTiles(to:at:mode:progress:)``.
  public func checkTiles(
    in folder: String, progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> TileReport {
    return try await ledger.blocking { () throws(LedgerError) in
      var export = TileExport(of: ledger.log, .check, folder)
      guard let known = try export.published(by: ledger) else {
        throw LedgerError(.notFound, "\(folder) holds no published checkpoint; check the path", field: "path")
      }
      try export.run(from: 0, to: known, progress)
      return TileReport(size: known.checkpoint.size, oldSize: known.checkpoint.size, files: export.fileCount)
    }
  }
}
