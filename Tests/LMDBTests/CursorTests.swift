import TestSupport
import Testing

@testable import LMDB

@Suite("Cursors and scans")
struct CursorTests {
  private let folder: TemporaryFolder
  private let environment: Environment

  init() throws {
    folder = TemporaryFolder()
    environment = try Environment(at: folder.environment)
  }

  @Test("rows of byte keys come as from a sorted array")
  func byteKeys() throws {
    try compareWithModel(NamedRows("names"), { $0.lexicographicallyPrecedes($1) }) { generator in
      // Few different bytes and lengths, so that keys are prefixes of each other and bounds are met.
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        [0, 1, 127, 128, 255].randomElement(using: &generator) ?? 0
      }
    }
  }

  @Test("rows of positions come as from a sorted array")
  func positions() throws {
    try compareWithModel(Rows("rows"), <) { generator in
      Bool.random(using: &generator)
        ? UInt64.random(in: 0...600, using: &generator) : UInt64.random(in: 0 ... .max, using: &generator)
    }
  }

  private func compareWithModel<K: KeyCodec>(
    _ definition: TableDefinition<K, RawBytes>, _ precedes: (K.Key, K.Key) -> Bool,
    _ randomKey: (inout SeededRandom) -> K.Key
  ) throws where K.Key: Hashable {
    let table = try environment.openTable(definition)
    var generator = SeededRandom()
    var model: [K.Key: [UInt8]] = [:]
    for round in 0..<12 {
      try environment.write { (t) throws(LMDBError) in
        for _ in 0..<80 {
          let key = randomKey(&generator)
          if Int.random(in: 0..<4, using: &generator) == 0 {
            #expect(try table.delete(key, in: &t) == (model.removeValue(forKey: key) != nil))
          } else {
            let value = generator.bytes(0...120)
            try table.put(key, value, in: &t)
            model[key] = value
          }
        }
      }
      let sorted = model.keys.sorted(by: precedes)
      let read = try environment.beginRead()
      let place: Comment = "seed \(generator.seed), round \(round)"
      #expect(try table.count(in: read) == sorted.count, place)
      #expect(try table.first(in: read)?.key == sorted.first, place)
      #expect(try table.last(in: read)?.key == sorted.last, place)
      for _ in 0..<40 {
        let lower = Int.random(in: 0..<5, using: &generator) == 0 ? nil : randomKey(&generator)
        let upper = Int.random(in: 0..<5, using: &generator) == 0 ? nil : randomKey(&generator)
        let expected = sorted.filter { key in
          (lower.map { !precedes(key, $0) } ?? true) && (upper.map { precedes(key, $0) } ?? true)
        }
        for reversed in [false, true] {
          var keys: [K.Key] = []
          try table.forEach(from: lower, below: upper, reversed: reversed, in: read) { key, bytes in
            #expect(Array(copying: bytes) == model[key], place)
            keys.append(key)
            return .continue
          }
          #expect(keys == (reversed ? expected.reversed() : expected), place)
        }
      }
      try lookUp(table, model, precedes, read, place, &generator, randomKey)
      try walk(table, sorted, precedes, read, place, &generator, randomKey)
    }
  }

  /// Looks up many keys at once, there or not, in order and in disorder.
  private func lookUp<K: KeyCodec>(
    _ table: Table<K, RawBytes>, _ model: [K.Key: [UInt8]], _ precedes: (K.Key, K.Key) -> Bool,
    _ read: borrowing ReadTransaction, _ place: Comment, _ generator: inout SeededRandom,
    _ randomKey: (inout SeededRandom) -> K.Key
  ) throws where K.Key: Hashable {
    for isInOrder in [true, false] {
      var asked = Array(model.keys)
      for _ in 0..<40 { asked.append(randomKey(&generator)) }
      if isInOrder { asked.sort(by: precedes) } else { asked.shuffle(using: &generator) }
      var told: [[UInt8]?] = []
      try table.forEach(at: asked, in: read) { index, bytes in
        #expect(index == told.count, place)
        if let bytes { told.append(Array(copying: bytes)) } else { told.append(nil) }
      }
      #expect(told == asked.map { model[$0] }, place)
    }
  }

  /// Moves a cursor at random, beside an index into the sorted keys.
  private func walk<K: KeyCodec>(
    _ table: Table<K, RawBytes>, _ sorted: [K.Key], _ precedes: (K.Key, K.Key) -> Bool,
    _ read: borrowing ReadTransaction, _ place: Comment, _ generator: inout SeededRandom,
    _ randomKey: (inout SeededRandom) -> K.Key
  ) throws where K.Key: Hashable {
    try table.withCursor(in: read) { (cursor) throws(LMDBError) in
      var index: Int?
      for _ in 0..<200 {
        let key = randomKey(&generator)
        let (found, expected): (Bool, Int?)
        var stays = false
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: (found, expected) = (try cursor.first(), sorted.indices.first)
        case 1: (found, expected) = (try cursor.last(), sorted.indices.last)
        case 2: (found, expected) = (try cursor.seek(atOrAfter: key), sorted.firstIndex { !precedes($0, key) })
        case 3: (found, expected) = (try cursor.seek(atOrBefore: key), sorted.lastIndex { !precedes(key, $0) })
        case 4...6:
          stays = true
          let next = index.map { $0 + 1 } ?? 0
          (found, expected) = (try cursor.next(), next < sorted.count ? next : nil)
        default:
          stays = true
          let previous = index.map { $0 - 1 } ?? sorted.count - 1
          (found, expected) = (try cursor.previous(), previous >= 0 ? previous : nil)
        }
        #expect(found == (expected != nil), place)
        index = expected ?? (stays ? index : nil)
        if let index { #expect(try cursor.key() == sorted[index], place) }
      }
    }
  }

  @Test("a scan stops when told, and passes errors on")
  func stopping() throws {
    let table = try environment.openTable(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in
      for key in 1...10 as ClosedRange<UInt64> { try table.append(key, [UInt8(key)], in: &t) }
    }
    let read = try environment.beginRead()
    var seen: [UInt64] = []
    try table.forEach(from: 3, reversed: true, in: read) { key, _ in
      seen.append(key)
      return key == 8 ? .stop : .continue
    }
    #expect(seen == [10, 9, 8])
    #expect(throws: LMDBError(.closed, "", "")) {
      try table.forEach(in: read) { (_, _) throws(LMDBError) in throw LMDBError(.closed, "", "") }
    }
  }

  @Test("a cursor reads what its own write transaction wrote")
  func uncommitted() throws {
    let table = try environment.openTable(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in
      try table.append(1, [1], in: &t)
      try table.append(2, [2], in: &t)
      let values = try table.withCursor(in: t) { (cursor) throws(LMDBError) in
        var values: [[UInt8]] = []
        while try cursor.next() { values.append(try cursor.value()) }
        return values
      }
      #expect(values == [[1], [2]])
    }
  }
}
