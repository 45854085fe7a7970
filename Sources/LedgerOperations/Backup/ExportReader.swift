import EventLog
import LedgerCrypto
import LedgerEvents

/// Reads an export line by line, and checks each against its sum, its record and the records before it.
struct ExportReader {
  private var lines: LineReader
  private let claimed: [String]
  /// The ledger's name in checkpoints.
  let origin: String

  /// Reads the first line.
  ///
  /// - Throws: `damaged` where it is not that of an export; `newer_format`, `storage`.
  init(_ descriptor: Int32) throws(LedgerError) {
    var lines = LineReader(descriptor, limit: ExportLine.limit)
    guard let line = try lines.next() else { throw LedgerError(.damaged, "line 1 is missing: the input is empty") }
    guard let value = JSON(parsing: line), value["format"]?.string != nil else {
      throw LedgerError(.damaged, "line 1 is not that of an export: it names no format")
    }
    _ = try JSON.document(line, format: ExportLine.format, at: "line 1")
    _ = try Self.opened(line, 1)
    guard let origin = value["origin"]?.string, let keys = value["verifierKeys"]?.elements else {
      throw LedgerError(.damaged, "line 1 lacks the ledger's name or its keys")
    }
    self.lines = lines
    self.origin = origin
    claimed = keys.compactMap(\.string)
  }

  /// Reads all other lines.
  ///
  /// - Parameters:
  ///   - trusted: keys known from elsewhere, one of which must have signed.
  ///   - against: checkpoints kept elsewhere.
  ///   - log: where the records go.
  mutating func read<Log: LogTransfer & ~Copyable>(
    trusted: [String], against: [String] = [], into log: inout Log, stage: TransferProgress.Stage,
    _ observe: TransferProgress.Observer
  ) throws(LedgerError) -> ExportReport {
    var trust = try CheckpointTrust(origin: origin, trusted: trusted)
    var kept = try KeptCheckpoints(against, origin: origin)
    while let line = try lines.next() {
      let open = try Self.opened(line, lines.number)
      guard let record = try record(open, at: log.size + 1) else {
        let report = try last(line, log.size, log.root, trust)
        try kept.require(size: log.size) { trust.isSigned($0, claimed: claimed) }
        try logged { () throws(LogError) in try log.keep(checkpoint: report.checkpoint) }
        return report
      }
      do throws(LogError) { _ = try log.append(record.bytes) } catch {
        guard error.code != .storage else { throw LedgerError(error) }
        throw fault(error.reason, position: error.position.map { Position($0) })
      }
      do throws(LedgerError) { try trust.learn(from: record.header, record.bytes) } catch {
        throw fault(error.reason, position: error.position)
      }
      kept.compare(log)
      if log.size.isMultiple(of: 4_096) {
        observe(TransferProgress(stage: stage, done: log.size, total: lines.expected(after: log.size)))
      }
    }
    throw fault("it is missing: the export was cut off")
  }

  private func record(_ open: ArraySlice<UInt8>, at position: UInt64) throws(LedgerError) -> Record? {
    do throws(ExportFault) { return try ExportLine.record(open, at: position) } catch {
      throw fault(error.reason, position: Position(position))
    }
  }

  /// Reads the last line, and that nothing follows it.
  private mutating func last(
    _ line: [UInt8], _ size: UInt64, _ root: Digest, _ trust: CheckpointTrust
  ) throws(LedgerError) -> ExportReport {
    guard let value = JSON(parsing: line), let events = value["events"]?.number,
      let named = value["root"]?.string, let checkpoint = value["checkpoint"]?.string
    else { throw fault("it is neither an event nor the end of an export") }
    guard events == size else {
      throw fault("it names the size \(events), where the events before it make \(size)", position: Position(size))
    }
    guard named == root.hex else { throw fault("it names another root than the events have", position: Position(size)) }
    do throws(LedgerError) { try trust.check(checkpoint, size: size, root: root, claimed: claimed) } catch {
      throw LedgerError(error.code, "line \(lines.number): \(error.reason)", position: error.position)
    }
    guard try lines.next() == nil else { throw fault("it follows the end of the export") }
    return ExportReport(events: size, root: root, checkpoint: checkpoint)
  }

  private func fault(_ reason: String, position: Position? = nil) -> LedgerError {
    LedgerError(.damaged, "line \(lines.number): \(reason)", position: position)
  }

  private static func opened(_ line: [UInt8], _ number: UInt64) throws(LedgerError) -> ArraySlice<UInt8> {
    do throws(ExportFault) { return try ExportLine.opened(line) } catch {
      throw LedgerError(.damaged, "line \(number): \(error.reason)")
    }
  }
}
