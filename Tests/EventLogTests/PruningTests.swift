import LMDB
import Synchronization
import TestSupport
import Testing
import TransparencyLog

@testable import EventLog

/// Records by their positions, as an archive has them.
private final class Shelf: RecordArchive {
  let records: Mutex<[PositionNumber: [UInt8]]>

  init(_ records: [PositionNumber: [UInt8]]) { self.records = Mutex(records) }

  func record(at position: PositionNumber) throws(LogError) -> [UInt8]? { records.withLock { $0[position] } }
}

@Suite("Records that leave the live file")
struct PruningTests {
  private static let size: PositionNumber = 700
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }
  private let segments = [
    ArchiveSegment(number: 1, positions: 1...300, root: .zero),
    ArchiveSegment(number: 2, positions: 301...650, root: .zero),
  ]

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  private func open(_ archive: (any RecordArchive)? = nil) throws -> TestLog {
    let configuration = try configuration()
    return try TestLog.open(
      at: path, options: .init(mapSize: 64 << 20), archive: archive,
      participant: { (environment, transaction) throws(LogError) in try Tally(environment, &transaction) },
      configure: { _ throws(LogError) in configuration })
  }

  private func filled() async throws -> TestLog {
    let log = try open()
    try await log.fill(350)
    try await log.writer?.checkpoint()
    try await log.fill(Int(Self.size) - 350)
    return log
  }

  private func all(_ log: TestLog) throws -> [Record] {
    try log.snapshot().records(from: 1, limit: .max, byteLimit: .max)
  }

  /// Removes records, and appends an event of type 99.
  private func prune(
    _ positions: some Sequence<PositionNumber>, from log: TestLog, to segments: [ArchiveSegment]? = nil
  ) async throws {
    let records = try all(log)
    let items = positions.map { RecordPruning.Item(records[Int($0) - 1].header) }
    _ = try await log.writer?.prune(RecordPruning(items: items, segments: segments ?? self.segments)) {
      (_, _) throws(AppendFailure<No>) in AppendProposal([[99]], testActor)
    }
  }

  private func verify(_ log: TestLog) throws -> LogVerification {
    try log.verify(checkSignature: { _ throws(LogError) in })
  }

  private func finding(_ log: TestLog) throws -> (code: LogError.Code, position: PositionNumber?)? {
    do {
      _ = try verify(log)
      return nil
    } catch let error as LogError { return (error.code, error.position) }
  }

  /// Changes what is stored, with checks that fit.
  private func change(_ body: (LogTables, inout WriteTransaction) throws -> Void) throws {
    let environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    try body(try LogTables(in: &transaction, of: environment), &transaction)
    try transaction.commit()
  }

  @Test("they are said to be in their segment, and read from the archive where it is at hand")
  func reading() async throws {
    var log = try await filled()
    let before = try all(log)
    let root = try log.snapshot().root(at: Self.size)
    let gone: Set<PositionNumber> = Set([1, 2, 3, 255, 256, 257, 300, 301, 512, 513, 650])
    try await prune(gone.sorted(), from: log)
    let head = Self.size + 1
    log.close()

    log = try open()
    do {
      let view = try log.snapshot()
      #expect(try view.head() == head && view.archivedCount() == 11 && view.lastArchived() == 650)
      #expect(try view.archiveSegments() == segments)
      #expect(try view.root(at: Self.size) == root)
      #expect(try view.record(at: head + 1) == nil && view.stamp(at: head + 1) == nil && view.stamp(at: 0) == nil)
      for record in before {
        let position = record.header.position
        #expect(try view.stamp(at: position) == record.header.stamp)
        let place = try view.archivedPlace(at: position)
        guard gone.contains(position) else {
          #expect(try place == nil && view.record(at: position)?.bytes == record.bytes)
          continue
        }
        #expect(place?.segment == segments[position <= 300 ? 0 : 1])
        let error = #expect(throws: LogError.self) { try view.record(at: position) }
        #expect(error?.code == .archived && error?.position == position)
        #expect(error?.reason.contains("segment \(position <= 300 ? 1 : 2)") == true)
        // The tree answers as before.
        let proof = try #require(try view.inclusionProof(of: position, at: Self.size))
        #expect(proof.verify(leafHash: MerkleHash.leaf(record.bytes), root: try #require(root)))
      }
      for reversed in [false, true] {
        var read: [PositionNumber] = []
        var passed: [PositionNumber] = []
        try view.forEachRecord(in: 1...Self.size, reversed: reversed) { (place) throws(LogError) in
          passed.append(place.position)
          return true
        } _: { (header, _) throws(LogError) in
          read.append(header.position)
          return true
        }
        #expect(passed == (reversed ? gone.sorted().reversed() : gone.sorted()))
        #expect(read.count + passed.count == Int(Self.size) && read == read.sorted { ($0 < $1) != reversed })
      }
      let error = #expect(throws: LogError.self) { try view.records(from: 1, limit: .max) }
      #expect(error?.code == .archived && error?.position == 1)
    }
    let found = try verify(log)
    #expect(found.size == head && found.checkpointCount >= 1 && found.archived.count == 11)
    #expect((1...head).allSatisfy { found.archived.contains($0) == gone.contains($0) })
    log.close()

    log = try open(Shelf(Dictionary(uniqueKeysWithValues: before.map { ($0.header.position, $0.bytes) })))
    #expect(try Array(all(log).map(\.bytes).prefix(Int(Self.size))) == before.map(\.bytes))
    let backwards = try log.snapshot()
    var read: [PositionNumber] = []
    try backwards.forEachRecord(in: 250...310, reversed: true) { (header, _) throws(LogError) in
      read.append(header.position)
      return header.position > 256
    }
    #expect(read == (256...310).reversed())
    #expect(try verify(log).archived.count == 11)
    log.close()
  }

  @Test("they leave whole or not at all, with the event that says so")
  func wholly() async throws {
    let log = try await filled()
    try await prune([10, 11], from: log)
    let head = try log.snapshot().head()
    let size = Self.size
    // One that has left before, and one of the newest.
    for positions: [PositionNumber] in [[9, 10], [20, size - 1]] {
      let code = await logError { try await prune(positions, from: log) }
      #expect(code == .archived || code == .damagedRecord || code == .headMoved)
      #expect(try log.snapshot().head() == head && log.snapshot().archivedCount() == 2)
    }
    // A decision may refuse.
    let nothing = RecordPruning(items: [], segments: segments)
    let writer = try #require(log.writer)
    await #expect(throws: (any Error).self) {
      _ = try await writer.prune(nothing) { (_, _) throws(AppendFailure<No>) in throw .refused(No(reason: "no")) }
    }
    #expect(try log.snapshot().head() == head)
    _ = try verify(log)
    log.close()
  }

  @Test("whatever is changed by hand is found")
  func damage() async throws {
    let log = try await filled()
    let before = try all(log)
    try await prune(Array(20...280) + [310, 320], from: log)
    log.close()
    let key = ArchivedRow.place(of: 310).row
    func found(_ archive: Shelf? = nil) throws -> (code: LogError.Code, position: PositionNumber?)? {
      let log = try TestLog.openReading(
        at: path, options: .init(mapSize: 64 << 20), archive: archive
      ) { environment throws(LogError) in try Tally(reading: environment) }
      defer { log.close() }
      return try finding(log)
    }
    #expect(try found() == nil)
    func expect(
      _ code: LogError.Code, at position: PositionNumber?, _ damage: (LogTables, inout WriteTransaction) throws -> Void
    ) throws {
      var rows: [PositionNumber: [UInt8]] = [:]
      try change { tables, transaction in
        try tables.records.forEach(in: transaction) {
          rows[$0] = Array(copying: $1); return .continue
        }
        let places = try #require(try tables.archived?.places.get(key, in: transaction))
        try damage(tables, &transaction)
        _ = places
      }
      let finding = try found()
      #expect(finding?.code == code && (position == nil || finding?.position == position))
      try change { tables, transaction in
        try tables.records.clear(in: &transaction)
        for (position, bytes) in rows.sorted(by: { $0.key < $1.key }) {
          try tables.records.put(position, bytes, in: &transaction)
        }
      }
    }
    // A row is deleted that nothing calls archived; one that is called archived comes back.
    try expect(.damagedRecord, at: 290) { tables, transaction in try tables.records.delete(290, in: &transaction) }
    try expect(.damagedRecord, at: 310) { tables, transaction in
      try tables.records.put(310, before[309].bytes, in: &transaction)
    }
    #expect(try found() == nil)
    let noted = try places(key)
    // A row is deleted and called archived, beyond all segments or within one; a stamp is another.
    for (position, at) in [(PositionNumber(690), PositionNumber?(690)), (330, nil)] {
      var row = try (places(ArchivedRow.place(of: position).row) ?? ArchivedRow())
      let isNew = row.insert(before[Int(position) - 1].header.stamp, at: ArchivedRow.place(of: position).index)
      #expect(isNew)
      let kept = try self.places(ArchivedRow.place(of: position).row)
      try expect(.damagedRecord, at: at) { tables, transaction in
        try tables.records.delete(position, in: &transaction)
        try tables.archived?.places.put(ArchivedRow.place(of: position).row, row.bytes, in: &transaction)
      }
      try put(kept, at: ArchivedRow.place(of: position).row)
    }
    #expect(try found() == nil)
    var other = ArchivedRow()
    let stamp = RecordStamp(type: 1, recordedAt: before[309].header.recordedAt)
    _ = other.insert(stamp, at: ArchivedRow.place(of: 310).index)
    _ = other.insert(before[319].header.stamp, at: ArchivedRow.place(of: 320).index)
    for position in 257...280 {
      _ = other.insert(before[position - 1].header.stamp, at: ArchivedRow.place(of: PositionNumber(position)).index)
    }
    try put(other, at: key)
    let shelf = Shelf(Dictionary(uniqueKeysWithValues: before.map { ($0.header.position, $0.bytes) }))
    #expect(try found(shelf)?.position == 310)
    try put(noted, at: key)
    #expect(try found(shelf) == nil)
    // The archive has another record, or none.
    shelf.records.withLock { $0[310]?[13] ^= 1 }
    #expect(try found(shelf)?.code == .damagedRecord && found(shelf)?.position == 310)
    let another = try open(shelf)
    let error = #expect(throws: LogError.self) { try another.snapshot().record(at: 310) }
    #expect(error?.code == .damagedRecord && error?.reason.contains("segment 2") == true)
    #expect(try another.snapshot().record(at: 320)?.bytes == before[319].bytes)
    another.close()
    shelf.records.withLock { $0[310] = before[310].bytes }
    #expect(try found(shelf)?.position == 310)
    shelf.records.withLock { $0[310] = nil }
    #expect(try found(shelf)?.code == .archived)
    // The number of them, and the segments.
    try change { tables, transaction in
      try tables.meta.put(LogTables.archivedCount, [1, 0, 0, 0, 0, 0, 0, 0], in: &transaction)
    }
    #expect(try found()?.code == .damagedRecord)
    #expect(throws: LogError.self) { try open().close() }
    try change { tables, transaction in
      try tables.meta.put(LogTables.archivedCount, [7, 1, 0, 0, 0, 0, 0, 0], in: &transaction)
    }
    #expect(try found() == nil)
    try change { tables, transaction in
      try tables.archived?.segments.delete(301, in: &transaction)
    }
    #expect(try found()?.code == .damagedRecord && found()?.position == 310)
  }

  private func places(_ key: UInt64) throws -> ArchivedRow? {
    var row: ArchivedRow?
    try change { tables, transaction in
      let bytes = try tables.archived?.places.get(key, in: transaction)
      row = bytes.flatMap { unsafe ArchivedRow($0.span.bytes) }
    }
    return row
  }

  private func put(_ row: ArchivedRow?, at key: UInt64) throws {
    try change { tables, transaction in
      if let row {
        try tables.archived?.places.put(key, row.bytes, in: &transaction)
      } else {
        try tables.archived?.places.delete(key, in: &transaction)
      }
    }
  }

  @Test("a row of 256 positions reads as it was written, whatever is in it")
  func rows() throws {
    var random = SeededRandom()
    for round in 0..<200 {
      var model: [Int: RecordStamp] = [:]
      var row = ArchivedRow()
      let base = Milliseconds.random(in: -1_000...2_000_000_000_000, using: &random)
      for index in (0..<256).shuffled(using: &random).prefix(Int.random(in: 1...256, using: &random)) {
        let stamp = RecordStamp(
          type: UInt16.random(in: 0...(.max), using: &random), recordedAt: base + Int64(index / 3))
        let (first, second) = (row.insert(stamp, at: index), row.insert(stamp, at: index))
        #expect(first && !second)
        model[index] = stamp
      }
      let bytes = row.bytes
      let read = try unsafe #require(ArchivedRow(bytes.span.bytes), "round \(round), seed \(random.seed)")
      #expect((0..<256).allSatisfy { read.stamp(at: $0) == model[$0] }, "round \(round), seed \(random.seed)")
      #expect(read.lastIndex == model.keys.max() && read.bytes == bytes)
      let cut = Array(bytes.dropLast())
      #expect(unsafe ArchivedRow(cut.span.bytes) == nil, "round \(round), seed \(random.seed)")
    }
    #expect(unsafe ArchivedRow([UInt8](repeating: 0, count: 32).span.bytes) == nil)
  }
}
