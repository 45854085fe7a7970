import EventLog
import LedgerCrypto
import LedgerEvents

extension Archive {
  /// How many events a segment holds at most, unless another number is asked for: some hundred megabytes.
  public static var eventsPerSegment: UInt64 { 1 << 20 }

  /// Adds to an archive what was recorded since the last time, as segments of the log that are sealed by a signed
  /// checkpoint over everything up to their end. Each is on the device, was read back and matches the tree before it has
  /// its name, and nothing is signed that is not proven to agree with the newest checkpoint that the ledger signed before. A
  /// ledger that is open for reading can do it as well, and any number of times.
  ///
  /// Keys are no part of an archive.
  ///
  /// ```swift
  /// let archive = try await ledger.archive.append(to: "/backup/archive")
  /// print(archive.position, archive.added)
  /// ```
  ///
  /// - Parameters:
  ///   - path: the archive's folder; made (mode 0700) where there is none.
  ///   - eventsPerSegment: how many events a segment holds at most.
  ///   - progress: is called with how far it has come.
  /// - Throws: `damaged` where the archive has a gap, or is of another ledger or another history; `already_exists` where
  ///   the folder holds anything else; `invalid_value` within the ledger's own folder; `busy` where somebody else adds to
  ///   it; `disk_full`, `storage`, `key_unavailable`. Segments that were finished before stay.
  public func append(
    to path: String, eventsPerSegment: UInt64 = Archive.eventsPerSegment,
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> ArchiveReport {
    guard eventsPerSegment > 0 else {
      throw LedgerError(.invalidValue, "eventsPerSegment: expected 1 or more", field: "eventsPerSegment")
    }
    try LedgerFolder.requireOutside(path, of: ledger.path)
    return try await ledger.onOwnThread { [ledger] () throws(LedgerError) in
      let folder = ArchiveFolder(path: path)
      let claim = try folder.claim()
      defer { _ = claim.number }
      let before = try ledger.existing(folder)
      let head = try ledger.head().rawValue
      var (end, checkpoint) = (before?.last ?? 0, before?.checkpoint ?? "")
      var added = 0
      while end < head {
        let last = min(head, eventsPerSegment > head - end ? head : end + eventsPerSegment)
        checkpoint = try ledger.add(end + 1...last, to: folder, progress, of: head)
        end = last
        added += 1
      }
      let count = try folder.ranges().count
      return ArchiveReport(
        segments: count, added: added, position: Position(end), root: try ledger.root(at: end), checkpoint: checkpoint)
    }
  }

  /// Checks an archive: that no segment is missing between others, each is what was written, the records follow each
  /// other, and the tree over them is the one that each segment's checkpoint speaks of.
  ///
  /// ```swift
  /// let archive = try await Archive.check(at: "/backup/archive")
  /// ```
  ///
  /// - Parameters:
  ///   - path: the archive's folder.
  ///   - verifierKeys: keys known from elsewhere (C2SP signed-note), one of which must have signed the newest checkpoint;
  ///     with none, checkpoints are verified against the keys that the log itself names.
  ///   - against: signed checkpoints kept elsewhere, each of which the copy must hold all of.
  ///   - progress: is called with how far it has come.
  /// - Throws: `not_found`, `damaged` with the file and the first position that is wrong, `key_unavailable`,
  ///   `newer_format`, `storage`; `behind_checkpoint`, `contradicts_checkpoint` or `invalid_checkpoint` where it does not
  ///   hold what a
  ///   checkpoint kept elsewhere says.
  public static func check(
    at path: String, verifierKeys: [String] = [], against: [String] = [],
    progress: @escaping TransferProgress.Observer = { _ in }
  ) async throws(LedgerError) -> ArchiveReport {
    try await Ledger.onOwnThread { () throws(LedgerError) in
      var records = CheckedRecords()
      return try ArchiveFolder(path: path).read(
        trusted: verifierKeys, against: against, into: &records, stage: .verifying, progress)
    }
  }
}

extension Ledger {
  /// The newest segment of an archive, which must be of this log; nil where there is none.
  fileprivate func existing(_ folder: ArchiveFolder) throws(LedgerError) -> SegmentHeader? {
    let ranges: [ClosedRange<UInt64>]
    do throws(LedgerError) { ranges = try folder.ranges() } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
    let header = try folder.open(ranges[ranges.count - 1]).header
    guard header.origin == origin else {
      throw LedgerError(.damaged, "\(folder.path) is the archive of \(header.origin), not of \(origin)")
    }
    let reached = try head()
    guard Position(header.last) <= reached else {
      throw LedgerError(
        .damaged, "\(folder.path) reaches event \(header.last), the ledger only \(reached): it is an older copy",
        position: reached)
    }
    var trust = try CheckpointTrust(origin: origin, trusted: verifierKeys)
    trust.trustAll()
    do throws(LedgerError) {
      try trust.check(header.checkpoint, size: header.last, root: root(at: header.last), claimed: [])
    } catch {
      throw LedgerError(
        error.code, "\(folder.path) is of another history than this ledger: \(error.reason)",
        position: Position(header.last))
    }
    return header
  }

  fileprivate func root(at size: UInt64) throws(LedgerError) -> Digest {
    let root = try logged { () throws(LogError) in try log.snapshot().root(at: size) }
    guard let root else {
      throw LedgerError(.damaged, "the ledger never had the size \(size)", position: Position(size))
    }
    return root
  }

  /// - Returns: the segment's checkpoint.
  fileprivate func add(
    _ range: ClosedRange<UInt64>, to folder: ArchiveFolder, _ observe: TransferProgress.Observer, of head: UInt64
  ) throws(LedgerError) -> String {
    let root = try root(at: range.upperBound)
    let note = try signedCheckpoint(over: range.upperBound, root)
    let edge = try logged { () throws(LogError) in try log.snapshot().edge(at: range.lowerBound - 1) }
    guard let edge else { throw LedgerError(.damaged, "the tree lacks its edge", position: Position(range.lowerBound)) }
    let header = SegmentHeader(
      origin: origin, first: range.lowerBound, last: range.upperBound,
      createdAt: try now, verifierKeys: try plainVerifierKeys, checkpoint: note)
    try folder.add(header, after: RecordChain(after: edge), root: root) { (write) throws(LedgerError) in
      try forEachRecord(in: range) { (_, record) throws(LedgerError) in
        try write(record)
      } reached: {
        observe(TransferProgress(stage: .writing, done: $0, total: head))
      }
    }
    return note
  }

  /// Reads records in order, in snapshots that are short enough to keep no pages from being reused.
  func forEachRecord(
    in range: ClosedRange<UInt64>, _ body: (RecordHeader, RawSpan) throws(LedgerError) -> Void,
    reached: (UInt64) -> Void
  ) throws(LedgerError) {
    var next = range.lowerBound
    while next <= range.upperBound {
      let end = min(range.upperBound, next + 4_095)
      var failure: LedgerError?
      try logged { () throws(LogError) in
        try log.snapshot().forEachRecord(in: next...end) { (header, record) throws(LogError) in
          guard header.position == next else {
            throw LogError(.damagedRecord, "the record is missing; restore a backup", at: next)
          }
          do throws(LedgerError) { try body(header, record) } catch {
            failure = error
            return false
          }
          next += 1
          return true
        }
      }
      if let failure { throw failure }
      guard next == end + 1 else {
        throw LedgerError(.damaged, "the record is missing; restore a backup", position: Position(next))
      }
      reached(end)
    }
  }
}
