import EventLog
import KeyStore
import LMDB
public import LedgerCrypto
public import LedgerEvents
import Projections
import TransparencyLog

/// A digest of each projection.
public struct LedgerDigests: Sendable, Equatable {
  /// Accounts, phones, connectors, groups, grants.
  public let directory: Digest
  /// What tokens depend on.
  public let tokenValidity: Digest
  /// Which events concern whom.
  public let auditTrail: Digest
}

/// What a verification found.
public struct VerificationReport: Sendable {
  /// How many records were hashed anew.
  public let events: UInt64
  /// The root of the tree over them.
  public let root: Digest
  /// How many signed checkpoints agreed with it.
  public let checkpoints: Int
  /// How many of the records are in an archive and no longer in the live file.
  public let archived: UInt64
  /// The segments of the archive that have those, the first and the last; nil where there are none.
  public let archivedIn: ClosedRange<UInt64>?
  /// The live projections.
  public let live: LedgerDigests
  /// Those rebuilt from the log; nil where records for it are in an archive that is not available, or where ``isKeyed`` is
  /// false: then nothing was compared.
  public let rebuilt: LedgerDigests?
  /// Whether the keys were at hand. Without them neither the checks of the rows that decide access nor the projections nor
  /// the keyring were verified, and the keys that signed the checkpoints are those that the keyring names, authentic or not.
  public let isKeyed: Bool

  /// Whether the rebuilt state equals the live state, bit for bit; also where ``rebuilt`` is nil and so nothing is known to
  /// differ.
  public var projectionsMatch: Bool { rebuilt.map { $0 == live } ?? true }
}

/// The size of a ledger.
public struct LedgerStatistics: Sendable {
  public let events: UInt64
  /// The root of the tree over the events.
  public let root: Digest
  /// What the files take up on disk, in bytes; keys included.
  public let bytesOnDisk: UInt64
  /// The limit to which the log's file may grow before the map grows, in bytes.
  public let mapSize: Int
  /// How many readers have a slot, in all processes.
  public let readers: Int
  /// How many of the newest events the audit trail's index does not cover yet: a search looks at each of them. A few
  /// thousand in an idle ledger; more where the index is behind the writer, which it catches up with by itself.
  public let unindexed: UInt64
  /// How many of the events have their record in an archive and no longer in the live file.
  public let archived: UInt64
  /// The tables that nothing is answered from: see ``Ledger/damagedTables``.
  public let damagedTables: [String]
  /// How many events there are of each type, in the order of the types' numbers.
  public let eventsByType: [(type: EventType, count: UInt64)]
}

extension Integrity {
  /// Verifies everything: that a look-up finds every row, each record against its hash, the tree, every signed checkpoint,
  /// that the key of everybody who was not erased is there, and the projections against a rebuild in a scratch folder beside
  /// the ledger.
  ///
  /// Records that were removed are read from the archive where ``LedgerConfiguration/archive`` names it. Otherwise the tree
  /// stands for them: a record may be missing only where an event `retention.applied` names it, and the projections are not
  /// compared. Nor are they in a ledger that was opened without keys: see ``VerificationReport/isKeyed``.
  ///
  /// ```swift
  /// let report = try await ledger.integrity.verify { done, total in print("\(done) of \(total)") }
  /// print(report.root.hex, report.projectionsMatch)
  /// ```
  ///
  /// - Parameters:
  ///   - verifierKeys: keys of the ledger that were kept elsewhere, by which alone its checkpoints are verified; nil for those
  ///     of the keyring.
  ///   - progress: is called with how much is done, of how much, in steps that take about the same time: an event is one to hash,
  ///     one to read its rows, four to replay, and one to read what that makes.
  /// - Throws: `damaged`, with the first position that is wrong; `keys_missing` where a key is gone that no event says to be
  ///   destroyed; `invalid_value` where a verifier key is malformed.
  public func verify(
    verifierKeys: [String]? = nil,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> VerificationReport {
    let tree = try await ledger.verifyTree(by: verifierKeys) { done, size in progress(done, size * 7) }
    try await ledger.requireEveryKey()
    let digests: (live: LedgerDigests, rebuilt: LedgerDigests?)
    if !ledger.hasKeys || (tree.archived > 0 && ledger.log.archive == nil) {
      digests = (try await projectionDigests(), nil)
    } else {
      digests = try await self.digests { done, size in progress(size * 2 + done * 4, size * 7) }
    }
    progress(tree.events * 7, tree.events * 7)
    return VerificationReport(
      events: tree.events, root: tree.root, checkpoints: tree.checkpoints, archived: tree.archived,
      archivedIn: tree.archivedIn, live: digests.live, rebuilt: digests.rebuilt, isKeyed: ledger.hasKeys)
  }

  /// The digests of the projections as they are now. Reads every row.
  ///
  /// ```swift
  /// let digests = try await ledger.integrity.projectionDigests()
  /// ```
  ///
  /// - Throws: `closed`, `busy`, `damaged`, `storage`.
  public func projectionDigests() async throws(LedgerError) -> LedgerDigests {
    let log = ledger.log
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in LedgerDigests(try log.snapshot().projectionDigests()) }
    }
  }

  /// The digests of the live projections, and of projections rebuilt from the log up to the same event, in a scratch
  /// folder in the ledger's own, which is removed. Reads every row and every record.
  ///
  /// ```swift
  /// let (live, rebuilt) = try await ledger.integrity.digests()
  /// ```
  ///
  /// - Parameter progress: is called with how many events are replayed, of how many.
  /// - Throws: `key_unavailable` in a reader without the keys; `archived` where a record is in an archive that is not available;
  ///   `disk_full`, `closed`, `busy`, `damaged`, `storage`.
  public func digests(
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> (live: LedgerDigests, rebuilt: LedgerDigests) {
    try ledger.requireKeys(.rowCheck)
    let log = ledger.log
    return try await ledger.blocking { [ledger] () throws(LedgerError) in
      let scratch = try ScratchFolder(of: ledger)
      defer { scratch.remove() }
      do throws(LedgerError) {
        return try logged { () throws(LogError) in
          let view = try log.snapshot()
          let head = try view.head()
          let live = try view.projectionDigests()
          let rebuild = try ProjectionRebuild(log).digests(in: scratch.path, upTo: head) { progress($0, head) }
          return (
            LedgerDigests(live),
            LedgerDigests(rebuild)
          )
        }
      } catch { throw scratch.placed(error) }
    }
  }

  /// Makes the projections anew beside the live ones, and swaps them in one commit, while everything goes on. Goes on where
  /// an earlier call was stopped, whatever stopped it.
  ///
  /// ```swift
  /// try await ledger.integrity.rebuildProjections { done, all in print(done, all) }
  /// ```
  ///
  /// - Parameter progress: is called with how many events are done, of how many.
  /// - Returns: the position after which it began: 0, or where the earlier call was stopped.
  /// - Throws: `closed` for a ledger that is open for reading only; `busy` while another call is under way; `cancelled`.
  @discardableResult
  public func rebuildProjections(
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> Position {
    let start: UInt64
    do { start = try await ProjectionRebuild(ledger.log).run(progress: progress) } catch { throw LedgerError(error) }
    // Of damaged projections nothing could be finished at opening.
    try await ledger.finishInterrupted()
    return Position(start)
  }

  /// Counts what there is: some look-ups, whatever the number of events. Where ``Ledger/damagedTables`` names the directory, it reads
  /// the header of every record instead.
  ///
  /// ```swift
  /// let events = try await ledger.integrity.statistics().events
  /// ```
  ///
  /// - Throws: `closed`, `busy`, `damaged`, `storage`.
  public func statistics() async throws(LedgerError) -> LedgerStatistics {
    let (log, path) = (ledger.log, ledger.path)
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try log.snapshot()
        let head = try view.head()
        let damaged = try log.participant.damagedTables(in: view.transaction)
        let counts = damaged.isEmpty ? try view.eventCounts() : try view.countedEvents()
        let storage: EnvironmentStatistics
        do throws(LMDBError) { storage = try log.environment.statistics() } catch { throw LogError(error) }
        return LedgerStatistics(
          events: head, root: try view.tree().root(at: head) ?? .zero, bytesOnDisk: Folder.bytesOnDisk(path),
          mapSize: storage.mapSize, readers: storage.readerSlots,
          unindexed: try head - view.auditTrail().coveredThrough(in: view),
          archived: try view.archivedCount(),
          damagedTables: damaged.names, eventsByType: counts)
      }
    }
  }
}

extension Ledger {
  /// What a verification of the tree found.
  package struct VerifiedTree: Sendable {
    package let events: UInt64
    package let root: Digest
    package let checkpoints: Int
    /// How many records are in an archive, and the first and the last segment that have some.
    package let archived: UInt64
    package let archivedIn: ClosedRange<UInt64>?
  }

  /// Verifies the file's structure, each record against its hash, the tree and every signed checkpoint: the first half of
  /// ``Integrity/verify(verifierKeys:progress:)``.
  ///
  /// - Throws: `damaged`, with the first position that is wrong.
  package func verifyTree(
    by ownKeys: [String]? = nil,
    progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> VerifiedTree {
    let (log, keys, origin) = (log, keyStore, origin)
    let known = if let ownKeys { try Self.parsed(ownKeys) } else { try keys.verifierKeys(origin: origin) }
    return try await blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        // What follows goes through the tables row by row, and would pass over those that no look-up finds.
        try log.verifyStructure()
        var pruned = PrunedRecords()
        let found = try log.verify(
          inspect: { (header, record) throws(LogError) in try pruned.learn(from: header, record) },
          checkSignature: { (note) throws(LogError) in
            guard let signed = try? note.verifiedKeys(among: known), !signed.isEmpty else {
              throw LogError(.inconsistentTree, "a checkpoint is not signed by a key of this ledger")
            }
          }, progress: { (done, size) throws(LogError) in progress(done, size) })
        try pruned.require(found.archived)
        let count = found.archived.count
        let view = try log.snapshot()
        let first = try found.archived.first.flatMap { (first) throws(LogError) in
          try view.archivedPlace(at: first)?.segment.number
        }
        let last = try count == 0 ? nil : view.archivedPlace(at: view.lastArchived())?.segment.number
        return VerifiedTree(
          events: found.size, root: found.root, checkpoints: found.checkpointCount, archived: count,
          archivedIn: first.flatMap { first in last.map { first...max(first, $0) } })
      }
    }
  }
}

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// How many events there are of each type, by the records alone.
  fileprivate func countedEvents() throws(LogError) -> [(type: EventType, count: UInt64)] {
    var counts: [UInt16: UInt64] = [:]
    let head = try head()
    if head > 0 {
      try forEachRecord(in: 1...head) { (place) throws(LogError) in
        counts[place.stamp.type, default: 0] += 1
        return true
      } _: { (header, _) throws(LogError) in
        counts[header.type, default: 0] += 1
        return true
      }
    }
    return counts.keys.sorted().map { (EventType(rawValue: $0), counts[$0] ?? 0) }
  }
}

extension LedgerDigests {
  init(_ digests: ProjectionDigests) {
    self.init(
      directory: digests.directory, tokenValidity: digests.tokenValidity, auditTrail: digests.auditTrail)
  }
}
