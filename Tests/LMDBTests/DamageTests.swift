import TestSupport
import Testing

@testable import LMDB

@Suite("Damaged rows")
struct DamageTests {
  private let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  @Test("no flipped byte of a row is ever read as a row")
  func everyByte() throws {
    let key = Array("the key of a row".utf8)
    let value = (0..<60).map { UInt8($0 * 3 + 1) }
    do {
      let environment = try Environment(at: folder.environment)
      let table = try environment.openTable(NamedRows("names"))
      try environment.write { (t) throws(LMDBError) in try table.put(key, value, in: &t) }
    }
    let file = try contents(of: folder.data)
    let row = key + value
    let places = file.indices.filter { file[$0...].starts(with: row) }
    try #require(!places.isEmpty)
    for offset in 0..<row.count + 8 {
      for mask in [0x01, 0x80, 0xFF] as [UInt8] {
        for place in places { try overwrite(folder.data, with: [file[place + offset] ^ mask], at: place + offset) }
        let environment = try Environment(at: folder.environment, options: .init(access: .readOnly))
        let table = try environment.openTable(NamedRows("names"))
        let read = try environment.beginRead()
        #expect(throws: LMDBError(.damagedRow, "", ""), "byte \(offset), mask \(mask)") {
          try table.forEach(in: read) { _, _ in .continue }
        }
        if offset < key.count {
          #expect(try table.get(key, in: read) == nil)
        } else {
          #expect(throws: LMDBError(.damagedRow, "", "")) { try table.get(key, in: read) }
          #expect(throws: LMDBError(.damagedRow, "", "")) { try table.contains(key, in: read) }
          #expect(throws: LMDBError(.damagedRow, "", "")) { try table.withBytes(of: key, in: read) { _ in () } }
          #expect(throws: LMDBError(.damagedRow, "", "")) { try table.forEach(at: [key], in: read) { _, _ in } }
          #expect(try table.withUncheckedBytes(of: key, in: read) { $0.byteCount } == value.count)
        }
      }
      for place in places { try overwrite(folder.data, with: [file[place + offset]], at: place + offset) }
    }
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(NamedRows("names"))
    #expect(try table.get(key, in: environment.beginRead()) == value)
  }

  @Test("the error names table and key, and the cursor can go on behind the row")
  func naming() throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(NamedRows("tokens-a", logicalName: "tokens"))
    let other = try environment.openTable(NamedRows("tokens-a", logicalName: "grants"))
    try environment.write { (t) throws(LMDBError) in
      try table.put([1], [1], in: &t)
      try other.put([2, 0xAB], [2], in: &t)
      try table.put([3], [3], in: &t)
    }
    let read = try environment.beginRead()
    do throws(LMDBError) {
      _ = try table.get([2, 0xAB], in: read)
      Issue.record("a row of another table was read")
    } catch {
      #expect(error == LMDBError(.damagedRow, "", ""))
      #expect(error.description.contains("table tokens at key 02ab"))
    }
    try table.withCursor(in: read) { (cursor) throws(LMDBError) in
      #expect(try cursor.first())
      #expect(throws: LMDBError(.damagedRow, "", "")) { try cursor.next() }
      #expect(try cursor.next())
      #expect(try cursor.key() == [3])
    }
  }

  @Test("one logical table has the same bytes under any name")
  func logicalName() throws {
    let environment = try Environment(at: folder.environment)
    let first = try environment.openTable(NamedRows("set-a", logicalName: "rows"))
    let second = try environment.openTable(NamedRows("set-b", logicalName: "rows"))
    try environment.write { (t) throws(LMDBError) in
      try first.put([1], [2, 3], in: &t)
      try second.put([1], [2, 3], in: &t)
    }
    environment.close()
    // 8 bytes of check over the key 01 and the value 02 03.
    var state = XXH64(seed: hash(Array("rows".utf8)))
    for piece in [[1], [2, 3]] as [[UInt8]] { unsafe piece.withUnsafeBytes { unsafe state.update($0) } }
    let row: [UInt8] = [1, 2, 3] + (0..<8).map { UInt8(truncatingIfNeeded: state.finish() >> (8 * $0)) }
    let file = try contents(of: folder.data)
    #expect(file.indices.count { file[$0...].starts(with: row) } >= 2)
  }

  private func hash(_ bytes: [UInt8]) -> UInt64 { unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0, seed: 0) } }

  @Test("a row too short for a check, and a value its codec refuses, are damaged")
  func shortAndUndecodable() throws {
    let environment = try Environment(at: folder.environment)
    let raw = try environment.openTable(TableDefinition<BytesKey, RawBytes>("rows"))
    let picky = try environment.openTable(TableDefinition<BytesKey, FourBytes>("rows"))
    try environment.write { (t) throws(LMDBError) in try raw.put([1], [1, 2, 3], in: &t) }
    let read = try environment.beginRead()
    #expect(throws: LMDBError(.damagedRow, "", "")) { try picky.get([1], in: read) }
    #expect(throws: LMDBError(.damagedRow, "", "")) { try picky.first(in: read) }
    #expect(try raw.get([1], in: read) == [1, 2, 3])
  }
}

private enum FourBytes: ValueCodec {
  static func byteCount(of value: UInt32) -> Int { 4 }
  static func encode(_ value: UInt32, into output: inout OutputRawSpan) { output.append(bigEndian: value) }
  static func decode(_ bytes: RawSpan) -> UInt32? { bytes.byteCount == 4 ? bytes.load(bigEndian: UInt32.self) : nil }
}
