import TestSupport
import Testing

@testable import LMDB

@Suite("Rows with a keyed check")
struct KeyedRowTests {
  private let folder = TemporaryFolder()

  private static func key(_ first: UInt8) -> RowKey {
    let bytes = (0..<16 as Range<UInt8>).map { first &+ $0 }
    return unsafe RowKey(bytes.span.bytes)
  }

  /// The outputs of OpenSSL 3, `openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH`, over
  /// the bytes 0, 1, 2 and so on.
  @Test(
    "SipHash-2-4 of 128 bits is that of OpenSSL, whatever pieces the bytes come in",
    arguments: [
      (0, 0xE6A8_25BA_047F_81A3, 0x9302_55C7_1472_F66D),
      (1, 0x44AF_996B_D8C1_87DA, 0x45FC_229B_1159_7634),
      (7, 0x53C1_DBD8_BEEB_F1A1, 0x3982_F01F_A64A_B8C0),
      (8, 0x61F5_5862_BAA9_623B, 0xB497_14F3_64E2_830F),
      (9, 0xABBA_D90A_0699_4426, 0xED71_6DBB_028B_7FC4),
      (16, 0xBB54_B067_CAA4_E26E, 0x7705_2385_BF15_33FD),
      (63, 0x4A83_502F_77D1_5051, 0x7CBD_3F97_9A06_3E50),
    ] as [(Int, UInt64, UInt64)])
  func vectors(_ count: Int, _ first: UInt64, _ second: UInt64) {
    let bytes = (0..<count).map { UInt8($0) }
    for words in 0...count / 8 {
      let found = Self.hash(bytes, words: words)
      #expect(found.0 == first)
      #expect(found.1 == second)
    }
  }

  private static func hash(_ bytes: [UInt8], words: Int) -> (UInt64, UInt64) {
    var hash = SipHash(key(0))
    let first = unsafe bytes.withUnsafeBytes { bytes in
      unsafe hash.takePadded(UnsafeRawBufferPointer(rebasing: bytes[..<(words * 8)]))
      return unsafe hash.finish(UnsafeRawBufferPointer(rebasing: bytes[(words * 8)...]))
    }
    return (first, hash.finishSecond())
  }

  @Test("are read by the key that they were written under, and no other")
  func otherKeys() throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(NamedRows("rows", key: Self.key(0)))
    let other = try environment.openTable(NamedRows("rows", key: Self.key(1)))
    let open = try environment.openTable(NamedRows("rows"))
    try environment.write { (t) throws(LMDBError) in
      try table.put([1], [2, 3], in: &t)
      try open.put([2], [2, 3], in: &t)
    }
    let read = try environment.beginRead()
    #expect(try table.get([1], in: read) == [2, 3])
    #expect(throws: LMDBError(.damagedRow, "", "")) { try other.get([1], in: read) }
    #expect(throws: LMDBError(.damagedRow, "", "")) { try open.get([1], in: read) }
    #expect(throws: LMDBError(.damagedRow, "", "")) { try table.get([2], in: read) }
  }

  @Test("do not pass where bytes of the key count as bytes of the value")
  func movedBoundary() {
    let check = RowCheck("rows", Self.key(0), hasIntegerKeys: false)
    let nines = Array(repeating: 9, count: 24) as [UInt8]
    #expect(Self.code(check, nines, keyBytes: 8) != Self.code(check, nines, keyBytes: 16))
  }

  private static func code(_ check: RowCheck, _ bytes: [UInt8], keyBytes: Int) -> UInt64 {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe check.check(
        UnsafeRawBufferPointer(rebasing: bytes[..<keyBytes]), UnsafeRawBufferPointer(rebasing: bytes[keyBytes...]))
    }
  }

  @Test("add up to what their changes say, through every way of writing")
  func sums() throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(Rows("rows", key: Self.key(0)))
    var random = SeededRandom(stream: 8_121)
    var sum: UInt64 = 0
    for round in 0..<40 {
      let isCleared = round % 9 == 8
      if round % 5 == 4 {
        // What comes to nothing leaves no trace in what the next transaction says.
        let transaction = try environment.beginWrite()
        _ = try Self.change(table, transaction, &random, isCleared: isCleared)
      } else {
        if isCleared { sum = 0 }
        sum &+= try Self.commit(table, environment, &random, isCleared: isCleared)
      }
      #expect(try table.sum(in: environment.beginRead()) == sum, "round \(round), seed \(testSeed)")
    }
    #expect(sum != 0)
    #expect(try table.sum(in: environment.beginRead(), { false }) == nil)
  }

  private typealias Positions = Table<PositionKey, RawBytes>

  private static func commit(
    _ table: Positions, _ environment: Environment, _ random: inout SeededRandom, isCleared: Bool
  ) throws -> UInt64 {
    var transaction = try environment.beginWrite()
    try write(table, &transaction, &random, isCleared: isCleared)
    let change = table.takeSumChange(in: &transaction)
    let rest = table.takeSumChange(in: &transaction)
    try transaction.commit()
    #expect(rest == 0)
    return change
  }

  private static func change(
    _ table: Positions, _ transaction: consuming WriteTransaction, _ random: inout SeededRandom, isCleared: Bool
  ) throws -> UInt64 {
    try write(table, &transaction, &random, isCleared: isCleared)
    return table.takeSumChange(in: &transaction)
  }

  private static func write(
    _ table: Positions, _ transaction: inout WriteTransaction, _ random: inout SeededRandom, isCleared: Bool
  ) throws(LMDBError) {
    for _ in 0..<10 {
      let next = try (table.last(in: transaction)?.key ?? 0) + 1
      let key = UInt64.random(in: 1...next, using: &random)
      let bytes = random.bytes(0...40)
      switch Int.random(in: 0..<8, using: &random) {
      case 0...2: try table.append(next, bytes, in: &transaction)
      case 3...5: try table.put(key, bytes, in: &transaction)
      case 6: try table.delete(key, in: &transaction)
      default: if try !table.contains(key, in: transaction) { try table.insert(key, bytes, in: &transaction) }
      }
    }
    if isCleared { try table.clear(in: &transaction) }
  }
}
