import EventLog
import Glibc
import LMDB
public import LedgerEvents
import Projections

/// The state of a ledger at a glance: for monitoring, and for the operator on duty.
public struct LedgerStatus: Sendable {
  /// The ledger's name in checkpoints.
  public let origin: String
  public let health: LedgerHealth
  public let clock: ClockStatus
  /// When the newest event was recorded; nil where there is none.
  public let newestAt: Timestamp?
  /// When the newest event was recorded that the newest signed checkpoint covers; nil without a checkpoint.
  public let signedAt: Timestamp?
  /// How much of the map is in use, free pages in between included, and how large it is, in bytes.
  public let usedBytes: Int
  public let mapBytes: Int
  /// What the file system of the log has left for this user, in bytes.
  public let freeDiskBytes: UInt64
  /// How many readers have a slot, in all processes.
  public let readers: Int
  /// How many of the newest events the audit trail's index does not cover yet.
  public let unindexed: UInt64
  /// How many of the events have their record in an archive and no longer in the live file.
  public let archived: UInt64
  /// See ``Ledger/damagedTables``.
  public let damagedTables: [String]
  /// The process that has the ledger open for writing, this one included; nil where there is none, and where the system does
  /// not tell.
  public let writer: Int32?
}

extension Ledger {
  /// How the ledger stands: a few look-ups, however many events there are.
  ///
  /// ```swift
  /// let isSound = try ledger.status.damagedTables.isEmpty
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public var status: LedgerStatus {
    get throws(LedgerError) {
      let (health, clock) = (try health, try clockStatus)
      let file = "\(path)/\(LedgerFolder.Part.log)"
      return try logged { () throws(LogError) in
        let view = try log.snapshot()
        func time(of position: UInt64) throws(LogError) -> Timestamp? {
          guard position > 0 else { return nil }
          return try view.stamp(at: position).map { Timestamp(milliseconds: $0.recordedAt) }
        }
        let storage: EnvironmentStatistics
        do throws(LMDBError) { storage = try log.environment.statistics() } catch { throw LogError(error) }
        return LedgerStatus(
          origin: origin, health: health, clock: clock, newestAt: try time(of: health.head.rawValue),
          signedAt: try time(of: health.signedSize), usedBytes: storage.usedBytes, mapBytes: storage.mapSize,
          freeDiskBytes: Folder.freeBytes(at: file) ?? 0, readers: storage.readerSlots,
          unindexed: try health.head.distance(from: Position(view.auditTrail().coveredThrough(in: view))),
          archived: try view.archivedCount(),
          damagedTables: try log.participant.damagedTables(in: view.transaction).names,
          writer: log.writer == nil ? Self.holder(of: "\(file)/\(Self.writerLock)") : getpid())
      }
    }
  }

  private static let writerLock = "writer.lock"

  /// The process that has locked a file, as the system says without the lock being tried: trying it could
  /// make a process fail that opens the ledger at that moment.
  private static func holder(of path: String) -> Int32? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, let bytes = try? DurableFile.read("/proc/locks", limit: 1 << 22) else {
      return nil
    }
    let inode = ":\(status.st_ino)"
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 5, words[1] == "FLOCK", words[3] == "WRITE", words[5].hasSuffix(inode) else { continue }
      return Int32(words[4])
    }
    return nil
  }
}
