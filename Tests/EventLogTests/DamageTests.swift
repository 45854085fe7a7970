import LMDB
import TestSupport
import Testing
import TransparencyLog

@testable import EventLog

@Suite("Damaged logs")
struct DamageTests {
  private static let size: PositionNumber = 300
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/log" }

  init() throws {
    folder = TemporaryFolder()
    try createLog(path)
  }

  private func write(_ count: Int = Int(size)) async throws {
    let log = try openLog(path, configuration())
    try await log.fill(100)
    try await log.writer?.checkpoint()
    try await log.fill(count - 100)
    log.close()
  }

  /// Changes what is stored, with checks that fit.
  private func damage(_ body: (LogTables, inout WriteTransaction) throws -> Void) throws {
    let environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    try body(try LogTables(in: &transaction, of: environment), &transaction)
    try transaction.commit()
  }

  private func opening() async throws -> LogError? {
    do {
      try openLog(path, configuration()).close()
      return nil
    } catch let error as LogError { return error }
  }

  private func verify() throws -> LogVerification {
    let log = try TestLog.openReading(at: path, options: .init(mapSize: 64 << 20)) { environment throws(LogError) in
      try Tally(reading: environment)
    }
    defer { log.close() }
    return try log.verify(checkSignature: { _ throws(LogError) in })
  }

  /// What a verification says: the code, and the first position that is wrong.
  private func finding() throws -> (code: LogError.Code, position: PositionNumber?)? {
    do {
      _ = try verify()
      return nil
    } catch let error as LogError { return (error.code, error.position) }
  }

  private static func change(
    _ position: PositionNumber, _ tables: LogTables, _ transaction: inout WriteTransaction,
    _ body: (inout [UInt8]) -> Void
  ) throws {
    var bytes = try #require(try tables.records.get(position, in: transaction))
    body(&bytes)
    try tables.records.put(position, bytes, in: &transaction)
  }

  // MARK: Opening

  @Test("an undamaged log opens, and verifies")
  func sound() async throws {
    try await write()
    #expect(try await opening() == nil)
    let found = try verify()
    #expect(found.size == Self.size)
    #expect(found.checkpointCount == 2)
  }

  @Test("opening refuses a tail that was cut off, changed, or lies behind a checkpoint")
  func tails() async throws {
    try await write()
    try damage { tables, transaction in try tables.records.delete(Self.size, in: &transaction) }
    #expect([.inconsistentTree, .damagedRecord].contains(try await opening()?.code))
  }

  @Test("opening refuses a changed byte in a record of the newest tile")
  func changedTail() async throws {
    try await write()
    try damage { tables, transaction in
      try Self.change(295, tables, &transaction) { $0[$0.count - 1] ^= 1 }
    }
    let error = try await opening()
    #expect(error?.code == .inconsistentTree)
    #expect(error?.position == 295)
  }

  @Test("opening refuses a record that does not match its check")
  func brokenCheck() async throws {
    try await write()
    try breakCheck(of: 297)
    #expect(try await opening()?.code == .damagedRecord)
    #expect(try await opening()?.position == 297)
  }

  @Test("who asks for the head hears where the damage is, also where several records are damaged")
  func damagedHead() async throws {
    try await write()
    for first in [300, 299, 1] as [PositionNumber] {
      for position in first...Self.size { try breakCheck(of: position) }
      let log = try TestLog.openReading(at: path, options: .init(mapSize: 64 << 20)) { environment throws(LogError) in
        try Tally(reading: environment)
      }
      defer { log.close() }
      do {
        _ = try log.snapshot().head()
        Issue.record("a damaged head was served")
      } catch {
        #expect(error.code == .damagedRecord && error.position == first)
        #expect(error.storage?.code == .damagedRow)
      }
    }
  }

  /// Writes a record by another logical name of its table, by which checks are others.
  private func breakCheck(of position: PositionNumber) throws {
    let environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    let table = try environment.openTable(
      TableDefinition<PositionKey, RawBytes>("log", logicalName: "other"), in: &transaction)
    try table.put(position, [1, 2, 3], in: &transaction)
    try transaction.commit()
  }

  @Test("opening refuses a log without a tile that the edge stands on")
  func missingTile() async throws {
    try await write()
    try damage { tables, transaction in
      try tables.tiles.delete(TileCoordinate(level: 0, index: 17), in: &transaction)
    }
    #expect(try await opening()?.code == .inconsistentTree)
  }

  @Test("opening refuses a changed hash of the edge above the leaves, without a checkpoint over it", arguments: [1, 2])
  func changedUpperEdge(level: UInt64) async throws {
    try await write()
    try damage { tables, transaction in
      try tables.checkpoints.delete(Self.size, in: &transaction)
      var bytes = try #require(try tables.edge.get(level, in: transaction))
      bytes[0] ^= 1
      try tables.edge.put(level, bytes, in: &transaction)
    }
    #expect(try await opening()?.code == .inconsistentTree)
  }

  @Test("opening refuses a log that is shorter than a checkpoint says")
  func checkpointBeyond() async throws {
    try await write()
    try damage { tables, transaction in try tables.checkpoints.put(Self.size + 1, [1], in: &transaction) }
    #expect(try await opening()?.code == .inconsistentTree)
  }

  @Test("opening refuses a folder of something else, and a log of a newer format")
  func foreign() async throws {
    try damage { tables, transaction in
      try tables.meta.put(Array("format".utf8), Array("credledger-log/9".utf8), in: &transaction)
    }
    #expect(try await opening()?.code == .newerFormat)
    try damage { tables, transaction in try tables.meta.delete(Array("format".utf8), in: &transaction) }
    #expect(try await opening()?.code == .notALedger)
  }

  /// Writes records whose time goes back after `count` of them, in a tree that is theirs.
  private func writeGoingBack(after count: Int, of size: Int) throws {
    let environment = try Environment(at: path, options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    let tables = try LogTables(in: &transaction, of: environment)
    let tally = try Tally(environment, &transaction)
    var view = LogView(transaction, tally, tables)
    var edge = MerkleEdge()
    for (time, events) in [(2_000 as Milliseconds, count), (1_000, size - count)] {
      // A batch that is told no time before its own.
      var batch = CommitBatch(
        edge: edge, lastTime: 0, reading: LedgerClock { time }.read(), idempotencyRetention: 0)
      for _ in 0..<events {
        let event = try view.participant.encode([1])
        let draft = try RecordDraft(event, testActor, AppendOptions())
        _ = try batch.append(draft, to: tables, in: &view.transaction)
      }
      try batch.finish(in: &view)
      edge = batch.edge
    }
    try view.commit()
  }

  @Test("opening refuses times that go back among the newest records")
  func timesBackAtTheEnd() async throws {
    try writeGoingBack(after: 38, of: 40)
    let error = try await opening()
    #expect(error?.code == .damagedRecord && error?.position == 39)
  }

  // MARK: Verification

  @Test("verification names the first record whose time goes back")
  func timesBack() async throws {
    try writeGoingBack(after: 20, of: 40)
    // Opening reads the newest records alone.
    #expect(try await opening() == nil)
    #expect(try #require(try finding()) == (.damagedRecord, 21))
  }

  @Test("verification names a record whose time was put ahead, and not the one after it")
  func timesAhead() async throws {
    try await write()
    // The sixth of eight bytes, little-endian: thousands of years.
    try damage { tables, transaction in try Self.change(37, tables, &transaction) { $0[12 + 5] = 0x7F } }
    #expect(try #require(try finding()) == (.inconsistentTree, 37))
  }

  /// Positions in the middle of a tile, beside its ends, among the newest, and at the ends of the log.
  private static let places: [PositionNumber] = [2, 16, 17, 37, 255, 256, 257, 288, 289, 299, 300]

  @Test("verification names the place of a copy of another record", arguments: places)
  func copied(place: PositionNumber) async throws {
    try await write()
    for source in [1, place - 1, place == Self.size ? 150 : place + 1] where source != place {
      let sound = try #require(try stored(at: place))
      // As it is, it says another position.
      let copy = try #require(try stored(at: source))
      try damage { tables, transaction in try tables.records.put(place, copy, in: &transaction) }
      #expect(try #require(try finding()) == (.damagedRecord, place), "from \(source)")
      // With its position patched it is another record than the tree has; its time may be that of another place too.
      try damage { tables, transaction in
        try Self.change(place, tables, &transaction) { bytes in
          for byte in 0..<8 { bytes[4 + byte] = UInt8(truncatingIfNeeded: place >> UInt64(8 * byte)) }
        }
      }
      #expect(try #require(try finding()).position == place, "from \(source)")
      try damage { tables, transaction in try tables.records.put(place, sound, in: &transaction) }
    }
    #expect(try finding() == nil)
  }

  @Test("verification names the record whose time was edited, whichever way and however little", arguments: places)
  func editedTime(place: PositionNumber) async throws {
    try await write()
    let sound = try #require(try stored(at: place))
    for step in [-86_400_000, -1, 1, 86_400_000] as [Int64] {
      try damage { tables, transaction in
        try Self.change(place, tables, &transaction) { bytes in
          var time = (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[12 + $1]) << Int64(8 * $1) }
          time += step
          for byte in 0..<8 { bytes[12 + byte] = UInt8(truncatingIfNeeded: time >> Int64(8 * byte)) }
        }
      }
      #expect(try #require(try finding()).position == place, "by \(step)")
      try damage { tables, transaction in try tables.records.put(place, sound, in: &transaction) }
    }
    #expect(try finding() == nil)
  }

  private func stored(at position: PositionNumber) throws -> [UInt8]? {
    var found: [UInt8]?
    try damage { tables, transaction in found = try tables.records.get(position, in: transaction) }
    return found
  }

  @Test("verification names an edited record")
  func edited() async throws {
    try await write()
    try damage { tables, transaction in try Self.change(37, tables, &transaction) { $0[$0.count - 1] ^= 1 } }
    #expect(try #require(try finding()) == (.inconsistentTree, 37))
  }

  @Test("verification names the first of two swapped records, whether their positions were patched or not")
  func swapped() async throws {
    try await write()
    try damage { tables, transaction in
      let first = try #require(try tables.records.get(40, in: transaction))
      let second = try #require(try tables.records.get(41, in: transaction))
      try tables.records.put(40, second, in: &transaction)
      try tables.records.put(41, first, in: &transaction)
    }
    #expect(try #require(try finding()) == (.damagedRecord, 40))
    try damage { tables, transaction in
      try Self.change(40, tables, &transaction) { $0[4] = 40 }
      try Self.change(41, tables, &transaction) { $0[4] = 41 }
    }
    #expect(try #require(try finding()) == (.inconsistentTree, 40))
  }

  @Test("verification names a deleted record")
  func deleted() async throws {
    try await write()
    try damage { tables, transaction in try tables.records.delete(50, in: &transaction) }
    #expect(try #require(try finding()) == (.damagedRecord, 50))
  }

  @Test("verification names the record under a changed hash of a tile, and of the edge")
  func changedHash() async throws {
    try await write()
    try damage { tables, transaction in
      let tile = TileCoordinate(level: 0, index: 3)
      var bytes = try #require(try tables.tiles.get(tile, in: transaction))
      bytes[2 * 32] ^= 1
      try tables.tiles.put(tile, bytes, in: &transaction)
    }
    #expect(try #require(try finding()) == (.inconsistentTree, 51))
  }

  @Test("verification names the record under a changed hash of the edge")
  func changedEdge() async throws {
    try await write()
    try damage { tables, transaction in
      var bytes = try #require(try tables.edge.get(0, in: transaction))
      bytes[5 * 32 + 31] ^= 1
      try tables.edge.put(0, bytes, in: &transaction)
    }
    #expect(try #require(try finding()) == (.inconsistentTree, 294))
  }

  @Test("verification names the size of a checkpoint that says something else")
  func wrongCheckpoint() async throws {
    try await write()
    let note = try signing()(100, MerkleHash.emptyRoot)
    try damage { tables, transaction in try tables.checkpoints.put(100, Array(note.utf8), in: &transaction) }
    #expect(try #require(try finding()) == (.inconsistentTree, 100))
  }

  @Test("verification refuses more tiles or records than there can be")
  func superfluous() async throws {
    try await write()
    try damage { tables, transaction in
      try tables.tiles.put(
        TileCoordinate(level: 3, index: 0), [UInt8](repeating: 1, count: 512), in: &transaction)
    }
    #expect(try #require(try finding()).code == .inconsistentTree)
  }
}
