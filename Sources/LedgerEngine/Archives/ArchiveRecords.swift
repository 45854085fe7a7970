package import EventLog
import Glibc
import LedgerDomain
import LedgerEvents
import Synchronization

/// An archive as the home of records that are no longer in the live file.
///
/// A segment is read once when it is first asked for, to find out whether it is what was written and where its records
/// are: about a second for a million. From then on a record costs one read of some kilobytes, or nothing where it follows
/// the one before. The caller holds each record against the tree.
package final class ArchiveRecords: RecordArchive {
  /// How many records are read at once.
  private static let blockSize: UInt64 = 256

  /// A segment that is open, and where in it each block begins; then where the last one ends.
  private final class Segment: Sendable {
    let file: FileHandle
    let path: String
    let positions: ClosedRange<UInt64>
    let offsets: [Int]

    init(_ range: ClosedRange<UInt64>, of folder: ArchiveFolder, origin: String) throws(LedgerError) {
      path = folder.file(range)
      positions = range
      file = try FileHandle.open(path, O_RDONLY)
      var reader = try folder.open(range)
      guard reader.header.origin == origin else { throw ArchiveRecords.foreign(path, reader.header.origin, origin) }
      var offsets: [Int] = []
      var count: UInt64 = 0
      repeat {
        if count.isMultiple(of: ArchiveRecords.blockSize) { offsets.append(reader.offset) }
        count += 1
      } while try reader.next() != nil
      offsets.append(reader.offset)
      try reader.finish()
      self.offsets = offsets
    }
  }

  private struct State {
    var ranges: [ClosedRange<UInt64>]
    var segments: [UInt64: Segment] = [:]
    /// The block that was read last: its first position, and its records.
    var block: (first: UInt64, records: [ArraySlice<UInt8>]) = (0, [])
  }

  private let folder: ArchiveFolder
  private let origin: String
  private let state: Mutex<State>

  /// Looks at the names of the segments, and at the first one's origin.
  ///
  /// - Throws: `not_found` where the folder has none, `foreign_archive`, `damaged`, `newer_format`, `storage`.
  package init(at path: String, origin: String) throws(LedgerError) {
    folder = ArchiveFolder(path: path)
    self.origin = origin
    let ranges: [ClosedRange<UInt64>]
    do throws(LedgerError) { ranges = try folder.ranges() } catch {
      guard error.code == .notFound else { throw error }
      throw LedgerError(.notFound, "\(path) holds no segments of an archive; check the path", field: "archive")
    }
    let found = try folder.open(ranges[0]).header.origin
    guard found == origin else { throw Self.foreign(path, found, origin) }
    state = Mutex(State(ranges: ranges))
  }

  /// The error for a file of another ledger.
  package static func foreign(_ path: String, _ found: String, _ origin: String) -> LedgerError {
    LedgerError(.foreignArchive, "\(path) is of the ledger \(found), not of \(origin)", field: "archive")
  }

  package func record(at position: UInt64) throws(LogError) -> [UInt8]? {
    do throws(LedgerError) {
      return try state.withLock { (state) throws(LedgerError) in try record(at: position, &state) }
    } catch {
      let code: LogError.Code =
        switch error.code {
        case .damaged, .foreignArchive: .damagedRecord
        case .newerFormat: .newerFormat
        case .notFound: .archived
        default: .storage
        }
      throw LogError(code, error.reason, at: position)
    }
  }

  private func record(at position: UInt64, _ state: inout State) throws(LedgerError) -> [UInt8]? {
    if position < state.block.first || position >= state.block.first + UInt64(state.block.records.count) {
      guard let segment = try segment(of: position, &state) else { return nil }
      state.block = try Self.block(of: position, in: segment)
    }
    return Array(state.block.records[Int(position - state.block.first)])
  }

  private func segment(of position: UInt64, _ state: inout State) throws(LedgerError) -> Segment? {
    if state.ranges.last.map({ $0.upperBound < position }) != false { state.ranges = try folder.ranges() }
    guard let range = state.ranges.first(where: { $0.contains(position) }) else { return nil }
    if let segment = state.segments[range.lowerBound] { return segment }
    let segment = try Segment(range, of: folder, origin: origin)
    state.segments[range.lowerBound] = segment
    return segment
  }

  /// Reads the block that has a position.
  private static func block(
    of position: UInt64, in segment: Segment
  ) throws(LedgerError) -> (first: UInt64, records: [ArraySlice<UInt8>]) {
    let index = Int((position - segment.positions.lowerBound) / blockSize)
    let first = segment.positions.lowerBound + UInt64(index) * blockSize
    let (start, end) = (segment.offsets[index], segment.offsets[index + 1])
    let bytes = try segment.file.read(end - start, at: start)
    var records: [ArraySlice<UInt8>] = []
    var place = 0
    for _ in 0..<min(blockSize, segment.positions.upperBound - first + 1) {
      guard place + 2 <= bytes.count else { break }
      let next = place + 2 + (Int(bytes[place]) << 8 | Int(bytes[place + 1]))
      guard next <= bytes.count else { break }
      records.append(bytes[place + 2..<next])
      place = next
    }
    guard place == end - start, Int(position - first) < records.count else {
      throw LedgerError(.damaged, "\(segment.path) has changed since it was opened", position: Position(position))
    }
    return (first, records)
  }
}

extension LedgerConfiguration {
  /// The archive that is named, if any; nil where none is.
  package func records(of origin: String) throws(LedgerError) -> ArchiveRecords? {
    guard let archive else { return nil }
    return try ArchiveRecords(at: archive, origin: origin)
  }
}
