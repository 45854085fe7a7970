import TestSupport
import Testing

@testable import LMDB

@Suite("The structure of the file")
struct StructureTests {
  private let folder = TemporaryFolder()

  /// In a process of its own: LMDB ends it on some of these files.
  @Test("no flipped bit of a separator or of an order passes, and hides rows from look-ups")
  func separators() async throws {
    await #expect(processExitsWith: .success) { [path = folder.environment as String] in
      var random = SeededRandom(stream: 8_120)
      try fill(path)
      let sound = try contents(of: path + "/data.mdb")
      #expect(try isSound(path))
      #expect(try missing(path) == 0)
      // Nodes of branches, and the order of the nodes in leaves and branches.
      var places: [Int] = []
      for page in 2..<sound.count / 4_096 {
        let start = page * 4_096
        let flags = UInt16(sound[start + 10]) | UInt16(sound[start + 11]) << 8
        let lower = Int(sound[start + 12]) | Int(sound[start + 13]) << 8
        guard flags & Page.kindMask == Page.branchFlag, lower > 16, lower <= 4_096 else { continue }
        for pointer in stride(from: 18, to: lower, by: 2) {
          let node = start + (Int(sound[start + pointer]) | Int(sound[start + pointer + 1]) << 8)
          let count = Int(sound[node + 6]) | Int(sound[node + 7]) << 8
          places += node + 8..<node + 8 + count
        }
      }
      try #require(places.count > 200)
      var hidden = 0
      for _ in 0..<600 {
        let place = places.randomElement(using: &random) ?? 0
        try overwrite(
          path + "/data.mdb", with: [sound[place] ^ 1 << UInt8.random(in: 0..<8, using: &random)], at: place)
        let lost = try missing(path)
        if lost > 0 { hidden += 1 }
        #expect(try lost == 0 || !isSound(path), "byte \(place), seed \(testSeed): \(lost) rows are not found")
        try overwrite(path + "/data.mdb", with: [sound[place]], at: place)
      }
      #expect(hidden > 20, "the test can tell")
      #expect(try isSound(path))
    }
  }

  @Test("a page that is used twice, or used and free, is refused")
  func freePages() async throws {
    await #expect(processExitsWith: .success) { [path = folder.environment as String] in
      try fill(path)
      let sound = try contents(of: path + "/data.mdb")
      // Each number of a page in a list of free pages becomes that of the last page, which is in use.
      let file = try Descriptor.open(path + "/data.mdb", 0, "read")
      let data = try #require(try DataFile(file))
      let leaf = Int(data.free.root) * 4_096
      let first = leaf + (Int(sound[leaf + 16]) | Int(sound[leaf + 17]) << 8)
      let list = first + 8 + (Int(sound[first + 6]) | Int(sound[first + 7]) << 8)
      let used = (0..<8).map { UInt8(truncatingIfNeeded: data.main.root >> (8 * UInt64($0))) }
      try overwrite(path + "/data.mdb", with: used, at: list + 8)
      #expect(try !isSound(path))
    }
  }

  /// In a process of its own: LMDB maps what the file says.
  @Test("no flipped bit of a meta page ends the process, or shows another state than one of the last two commits")
  func metaPages() async throws {
    await #expect(processExitsWith: .success) { [path = folder.environment as String] in
      try fill(path)
      let sound = try contents(of: path + "/data.mdb")
      var refused = 0
      for place in Array(0..<152) + Array(4_096..<4_096 + 152) {
        for bit in 0..<8 as Range<UInt8> {
          try overwrite(path + "/data.mdb", with: [sound[place] ^ 1 << bit], at: place)
          do {
            let environment = try Environment(at: path, options: .init(access: .readOnly, mapSize: 1 << 30))
            defer { environment.close() }
            let read = try environment.beginRead()
            _ = read.number
          } catch let error as LMDBError {
            refused += 1
            #expect(
              [.corrupted, .notAnEnvironment, .newerFormat].contains(error.code), "byte \(place), bit \(bit): \(error)")
          }
        }
        try overwrite(path + "/data.mdb", with: [sound[place]], at: place)
      }
      #expect(refused > 300)
    }
  }
}

/// Rows under names of many lengths, and under numbers: branches of two levels, and pages that are free.
private func fill(_ path: String) throws {
  let environment = try Environment(at: path, options: .init(mapSize: 1 << 30))
  defer { environment.close() }
  let names = try environment.table(NamedRows("names"))
  let numbers = try environment.table(Rows("numbers"))
  for part in 0..<4 as Range<UInt64> {
    try environment.write { (t) throws(LMDBError) in
      for number in part * 500..<(part + 1) * 500 {
        try names.put(name(number), [1], in: &t)
        try numbers.put(number << 7, Array(repeating: 2, count: 200), in: &t)
      }
    }
  }
}

private func name(_ number: UInt64) -> [UInt8] {
  let mixed = number &* 0x9E37_79B9_7F4A_7C15
  return (0..<8 + Int(mixed % 90)).map { UInt8(truncatingIfNeeded: mixed >> (UInt64($0 % 8) * 8)) }
}

private func isSound(_ path: String) throws -> Bool {
  let environment = try Environment(at: path, options: .init(access: .readOnly, mapSize: 1 << 30))
  defer { environment.close() }
  do throws(LMDBError) {
    try check(environment)
    return true
  } catch {
    guard error.code == .corrupted else { throw error }
    return false
  }
}

private func check(_ environment: Environment) throws(LMDBError) { try environment.checkStructure() }

/// How many rows a look-up does not find.
private func missing(_ path: String) throws -> Int {
  let environment = try Environment(at: path, options: .init(access: .readOnly, mapSize: 1 << 30))
  defer { environment.close() }
  let (names, numbers) = (try environment.table(NamedRows("names")), try environment.table(Rows("numbers")))
  let read = try environment.beginRead()
  var count = 0
  for number in 0..<2_000 as Range<UInt64> {
    if try names.get(name(number), in: read) == nil { count += 1 }
    if try numbers.get(number << 7, in: read) == nil { count += 1 }
  }
  return count
}
