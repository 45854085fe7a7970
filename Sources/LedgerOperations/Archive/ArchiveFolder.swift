import EventLog
import Glibc
import LedgerCrypto
import LedgerEngine
public import LedgerEvents

/// What an archive holds.
public struct ArchiveReport: Sendable {
  /// How many segments it has, and how many of them are new.
  public let segments: Int
  public let added: Int
  /// The newest event in it; as many events as this.
  public let position: Position
  /// The root of the tree over them.
  public let root: Digest
  /// The signed checkpoint over exactly them (C2SP tlog-checkpoint).
  public let checkpoint: String
}

extension ArchiveFolder {
  private static let draftSuffix = ".part"

  /// Reads every segment, and checks that they follow each other and match their checkpoints.
  ///
  /// - Parameters:
  ///   - trusted: keys known from elsewhere, one of which must have signed the newest checkpoint.
  ///   - against: checkpoints kept elsewhere.
  ///   - log: where the records go.
  func read<Log: LogTransfer & ~Copyable>(
    trusted: [String], against: [String] = [], into log: inout Log, stage: TransferProgress.Stage,
    _ observe: TransferProgress.Observer
  ) throws(LedgerError) -> ArchiveReport {
    let ranges = try ranges()
    let end = ranges[ranges.count - 1].upperBound
    var trust = try CheckpointTrust(origin: try origin(), trusted: trusted)
    var kept = try KeptCheckpoints(against, origin: trust.origin)
    var (checkpoint, claimed) = ("", [String]())
    for range in ranges {
      let isLast = range.upperBound == end
      (checkpoint, claimed) = try read(range, into: &log, &trust, &kept, isLast: isLast) {
        observe(TransferProgress(stage: stage, done: $0, total: end))
      }
    }
    try kept.require(size: log.size) { trust.isSigned($0, claimed: claimed) }
    return ArchiveReport(
      segments: ranges.count, added: 0, position: Position(end), root: log.root, checkpoint: checkpoint)
  }

  /// - Returns: the segment's checkpoint, and the keys that it says the ledger had.
  private func read<Log: LogTransfer & ~Copyable>(
    _ range: ClosedRange<UInt64>, into log: inout Log, _ trust: inout CheckpointTrust, _ kept: inout KeptCheckpoints,
    isLast: Bool, _ reached: (UInt64) -> Void
  ) throws(LedgerError) -> (checkpoint: String, claimed: [String]) {
    var reader = try open(range)
    let header = reader.header
    guard header.origin == trust.origin else {
      throw LedgerError(
        .damaged, "\(file(range)) is of the ledger \(header.origin), the segments before are of \(trust.origin)")
    }
    while let record = try reader.next() {
      do throws(LogError) {
        let recordHeader = try log.append(record)
        if CheckpointTrust.isOfInterest(recordHeader) { try learn(&trust, recordHeader, record) }
      } catch { throw within(range, LedgerError(error)) }
      kept.compare(log)
      if log.size.isMultiple(of: 4_096) { reached(log.size) }
    }
    try reader.finish()
    do throws(LedgerError) {
      try trust.check(
        header.checkpoint, size: log.size, root: log.root, claimed: header.verifierKeys, isLast: isLast)
    } catch { throw within(range, error) }
    try logged { () throws(LogError) in try log.keep(checkpoint: header.checkpoint) }
    reached(log.size)
    return (header.checkpoint, header.verifierKeys)
  }

  private func learn(
    _ trust: inout CheckpointTrust, _ header: RecordHeader, _ record: [UInt8]
  ) throws(LogError) {
    do throws(LedgerError) { try trust.learn(from: header, record) } catch {
      throw LogError(.damagedRecord, error.reason, at: header.position)
    }
  }

  /// The error with the name of the file that it is about.
  private func within(_ range: ClosedRange<UInt64>, _ error: LedgerError) -> LedgerError {
    guard [.damaged, .newerFormat].contains(error.code) else { return error }
    return LedgerError(error.code, "\(file(range)): \(error.reason)", position: error.position)
  }

  // MARK: Adding

  /// Takes the right to add to the archive, and removes what a run that was killed has left.
  func claim() throws(LedgerError) -> FileHandle {
    try Folder.makeIfMissing(path)
    guard let names = Folder.names(in: path) else {
      throw LedgerError(.alreadyExists, "\(path) is there and is no folder; name another one", field: "path")
    }
    let handle = try FileHandle.open(path, O_RDONLY | O_DIRECTORY, "lock")
    guard try handle.lock() else {
      throw LedgerError(.busy, "somebody else adds to the archive \(path); wait for that to end")
    }
    let drafts = names.filter { $0.hasSuffix(SegmentHeader.suffix + Self.draftSuffix) }
    guard names.count == drafts.count || names.contains(where: { SegmentHeader.range(of: $0) != nil }) else {
      throw LedgerError(
        .alreadyExists, "\(path) holds something that is no archive; name a folder of its own", field: "path")
    }
    for name in drafts { Folder.remove("\(path)/\(name)") }
    return handle
  }

  /// Adds a segment: it has its name once it was written, read back and found to match its checkpoint.
  ///
  /// - Parameters:
  ///   - edge: the tree's edge before the segment.
  ///   - root: the root at its end.
  ///   - records: calls its closure for each record in order.
  func add(
    _ header: SegmentHeader, after edge: RecordChain, root: Digest,
    records: ((RawSpan) throws(LedgerError) -> Void) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    let name = "\(path)/\(header.fileName)"
    let draft = name + Self.draftSuffix
    TemporaryFiles.add(draft)
    defer { TemporaryFiles.forget(draft) }
    do throws(LedgerError) {
      var writer = try SegmentWriter(header, at: draft)
      try records { (record) throws(LedgerError) in try writer.write(record) }
      try writer.finish()
      var reader = try SegmentReader(opening: draft)
      var written = CheckedRecords(after: edge)
      while let record = try reader.next() {
        _ = try logged { () throws(LogError) in try written.append(record) }
      }
      guard reader.header == header, written.root == root else {
        throw LedgerError(
          .damaged, "\(draft) does not match the tree once it is read back", position: Position(header.last))
      }
      try reader.finish()
      try TemporaryFiles.finish(draft) { () throws(LedgerError) in
        guard unsafe rename(draft, name) == 0 else { throw LedgerError.refused("name", name) }
      }
      try Folder.sync(namesIn: path)
    } catch {
      unsafe unlink(draft)
      throw error
    }
  }
}
