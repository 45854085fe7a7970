import EventLog
import LedgerCrypto

/// The records of an archive on their way past the ledger's own tree: at the end of each segment the root must be the one
/// that the ledger had then, and so every record up to there the one that the ledger has.
struct HeldRecords: LogTransfer {
  private var records = CheckedRecords()
  private let rootOf: (UInt64) throws(LogError) -> Digest?
  private var first: UInt64 = 1
  /// The segments that agree.
  private(set) var segments: [ArchiveSegment] = []

  /// - Parameter rootOf: the ledger's root at a size; nil where it never had so many events.
  init(rootOf: @escaping (UInt64) throws(LogError) -> Digest?) { self.rootOf = rootOf }

  var size: UInt64 { records.size }
  var root: Digest { records.root }

  mutating func append(_ record: [UInt8]) throws(LogError) -> RecordHeader { try records.append(record) }

  mutating func keep(checkpoint note: String) throws(LogError) {
    guard try rootOf(size) == root else {
      throw LogError(
        .contradictsCheckpoint, "segment \(segments.count + 1) of the archive is of another history than this ledger",
        at: size)
    }
    segments.append(ArchiveSegment(number: UInt64(segments.count) + 1, positions: first...size, root: root))
    first = size + 1
  }
}

extension Ledger {
  /// Reads an archive, and holds it against this ledger.
  ///
  /// - Returns: its segments.
  /// - Throws: `not_found` where there is none; `damaged` with the file that is not what was written, or misses;
  ///   `foreign_archive` where it is of another ledger or another history.
  func held(
    _ folder: ArchiveFolder, _ observe: @escaping TransferProgress.Observer
  ) throws(LedgerError) -> [ArchiveSegment] {
    let found: String
    do throws(LedgerError) { found = try folder.origin() } catch {
      guard error.code == .notFound else { throw error }
      throw LedgerError(.notFound, "\(folder.path) holds no segments of an archive; check the path", field: "archive")
    }
    guard found == origin else { throw ArchiveRecords.foreign(folder.path, found, origin) }
    let log = log
    var records = HeldRecords { (size) throws(LogError) in try log.snapshot().root(at: size) }
    do throws(LedgerError) {
      _ = try folder.read(trusted: verifierKeys, into: &records, stage: .verifying, observe)
    } catch {
      guard [.contradictsCheckpoint, .keyUnavailable].contains(error.code) else { throw error }
      throw LedgerError(.foreignArchive, "\(folder.path): \(error.reason)", field: "archive", position: error.position)
    }
    return records.segments
  }
}
