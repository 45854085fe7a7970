import EventLog
import Glibc
import KeyStore
import LMDB
import LedgerCrypto
import LedgerEvents
import Projections
import TransparencyLog

/// The folder of a backup: `manifest.json`, `ledger/data.mdb`, `SHA256SUMS`.
struct BackupFolder {
  let path: String

  /// Whether there is a finished backup of a log.
  var isPresent: Bool { Folder.exists("\(path)/\(BackupManifest.dataPath)") }

  /// Checks the files by their digests, and reads the manifest. Nothing is mapped into memory before, so that no damage
  /// can end the process.
  func check(_ observe: TransferProgress.Observer) throws(LedgerError) -> BackupManifest {
    let total = Folder.byteCount("\(path)/\(BackupManifest.dataPath)")
    _ = try FolderSums.check(
      path, requiring: [BackupManifest.fileName, BackupManifest.dataPath], as: "backup"
    ) { observe(TransferProgress(stage: .hashing, done: $0, total: max($0, total))) }
    let manifestPath = "\(path)/\(BackupManifest.fileName)"
    return try BackupManifest(
      parsing: FileInput.contents(of: manifestPath, limit: 4 << 20), at: manifestPath)
  }
}

/// What reading a copy of a log from its first record to its last finds.
struct CopyInspection {
  let size: UInt64
  let root: Digest
  /// The keys that the log names.
  let trust: CheckpointTrust
  let rows: UInt64

  /// Examines every page of a copy, hashes every record, compares the tree and every checkpoint, and checks each row of
  /// each table.
  ///
  /// - Parameters:
  ///   - keys: the ledger's keys; without them the rows that decide access are counted alone, since nobody else can make
  ///     their checks.
  ///   - claimed: the keys that the copy says the ledger had.
  ///   - trusted: keys known from elsewhere.
  ///   - manifest: what the copy is to be.
  /// - Throws: `damaged` with the first position or table that is wrong.
  init<Participant>(
    of log: EventLog<Participant>, keys: KeyStore?, claimed: [String], trusted: [String],
    manifest: BackupManifest? = nil, _ observe: TransferProgress.Observer
  ) throws(LedgerError) {
    var trust = try CheckpointTrust(origin: log.origin, trusted: trusted)
    var pruned = PrunedRecords()
    var failure: LedgerError?
    let found: LogVerification
    do throws(LogError) {
      try log.verifyStructure()
      found = try log.verify(
        inspect: { (header, record) throws(LogError) in
          try pruned.learn(from: header, record)
          guard CheckpointTrust.isOfInterest(header) else { return }
          do throws(LedgerError) { try trust.learn(from: header, Array(copying: record)) } catch {
            failure = error
            throw LogError(.inconsistentTree, error.reason, at: header.position)
          }
        },
        checkSignature: { (note) throws(LogError) in
          guard trust.isSigned(note, claimed: claimed) else {
            throw LogError(.inconsistentTree, "a checkpoint is not signed by a key that the log names")
          }
        },
        progress: { (done, size) throws(LogError) in
          observe(TransferProgress(stage: .verifying, done: done, total: size))
        })
      try pruned.require(found.archived)
    } catch { throw failure ?? LedgerError(error) }
    // Keys of another ledger would find every row damaged.
    try manifest?.require(trust, size: found.size, root: found.root)
    let rows = try logged { () throws(LogError) in
      let keys = try keys.flatMap { (keys) throws(LogError) in
        keys.hasReaderKeys ? try AccessKeys.all(of: keys) : nil
      }
      return try stored { () throws(LMDBError) in
        try log.environment.checkRows(
          logicalName: ProjectionTables.logicalName(of:),
          keys: { name in
            guard AccessKeys.areKeyed(name) else { return [nil] }
            // A version that had no such keys may have written them.
            return keys.map { $0.map { $0.key(ofTable: name) } + [nil] } ?? []
          }, codec: TableRows.keys(ofTable:))
      }
    }
    (size, root, self.trust, self.rows) = (found.size, found.root, trust, UInt64(rows))
  }
}

extension EventLog where Participant == ProjectionSet {
  /// Refuses a copy of which rows that decide access are missing or of another moment.
  func requireWhole() throws(LedgerError) {
    let damaged = try logged { () throws(LogError) in try ProjectionScrub(of: self).run() ?? [] }
    guard damaged.isEmpty else {
      throw LedgerError(
        .damaged,
        "rows of \(damaged.names.joined(separator: " and ")) are missing or of another moment; rebuild the projections, and "
          + "back up again")
    }
  }

  /// The digests of a copy's projections, which must be those of a rebuild.
  ///
  /// - Parameter scratch: a folder that does not exist, or is empty.
  func comparedDigests(in scratch: String, _ observe: TransferProgress.Observer) throws(LedgerError) -> LedgerDigests {
    defer { Folder.remove(scratch) }
    let (live, rebuilt) = try logged { () throws(LogError) in
      let view = try snapshot()
      let head = try view.head()
      let live = LedgerDigests(try view.projectionDigests())
      let rebuilt = try ProjectionRebuild(self).digests(in: scratch, upTo: head) {
        observe(TransferProgress(stage: .rebuilding, done: $0, total: head))
      }
      return (live, LedgerDigests(rebuilt))
    }
    guard live == rebuilt else {
      throw LedgerError(.damaged, "the projections are not what the log makes of them; rebuild them, and back up again")
    }
    return live
  }
}
