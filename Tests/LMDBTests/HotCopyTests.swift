import Glibc
import Synchronization
import TestSupport
import Testing

@testable import LMDB

@Suite("Hot copies")
struct HotCopyTests {
  private let folder: TemporaryFolder
  private let environment: Environment
  private let table: Table<PositionKey, RawBytes>

  init() throws {
    folder = TemporaryFolder()
    environment = try Environment(at: folder.environment)
    table = try environment.openTable(Rows("rows"))
  }

  @Test("made while rows are written are whole, private, and open as environments", arguments: [false, true])
  func underWriting(_ compacting: Bool) throws {
    let target = folder.path + "/copy"
    try onThreads(2) { [environment, table] index in
      if index == 1 {
        for number in 1...5 { try environment.copy(to: target + "\(number)", compacting: compacting) }
        return
      }
      for key in 1...400 as ClosedRange<UInt64> {
        try environment.write { (t) throws(LMDBError) in
          try table.append(key, Array(repeating: UInt8(truncatingIfNeeded: key), count: 700), in: &t)
        }
      }
    }
    for number in 1...5 {
      let path = target + "\(number)"
      #expect(try mode(of: path) == 0o700)
      #expect(try mode(of: path + "/data.mdb") == 0o600)
      let copy = try Environment(at: path)
      let rows = try copy.openTable(Rows("rows"))
      let read = try copy.beginRead()
      var next: UInt64 = 1
      try rows.forEach(in: read) { key, bytes in
        #expect(key == next && bytes.byteCount == 700)
        next += 1
        return .continue
      }
      #expect(try rows.count(in: read) == Int(next - 1))
    }
  }

  @Test("compacted, hold nothing that was deleted")
  func compacted() throws {
    let secret = Array("a value that must be gone".utf8)
    try environment.write { (t) throws(LMDBError) in
      try table.append(1, secret, in: &t)
      try table.append(2, [2], in: &t)
    }
    try environment.write { (t) throws(LMDBError) in try table.delete(1, in: &t) }
    try environment.copy(to: folder.path + "/compacted", compacting: true)
    let bytes = try contents(of: folder.path + "/compacted/data.mdb")
    #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret) })
    let original = try contents(of: folder.data)
    #expect(original.indices.contains { original[$0...].starts(with: secret) }, "the test can tell")
  }

  /// In a process of its own: without the check LMDB overruns its stack.
  @Test("compacted, are refused where a page is not what it must be")
  func damagedStructure() async throws {
    await #expect(processExitsWith: .success) { [path = folder.path + "/damaged" as String] in
      let random = Mutex(SeededRandom())
      try prepare(path)
      let sound = try contents(of: path + "/data.mdb")
      func isRefused(_ changed: [UInt8], at page: Int) throws -> Bool {
        try overwrite(path + "/data.mdb", with: changed, at: page * 4_096)
        defer {
          try? overwrite(path + "/data.mdb", with: Array(sound[page * 4_096..<(page + 1) * 4_096]), at: page * 4_096)
        }
        let environment = try Environment(at: path, options: .init(access: .readOnly))
        let null = unsafe open("/dev/null", O_WRONLY)
        defer { close(null) }
        do throws(LMDBError) {
          try copyInto(null, environment)
          return false
        } catch {
          #expect(error.code == .corrupted, "page \(page): \(error)")
          return true
        }
      }
      #expect(try !isRefused([], at: 0))
      var refused = 0
      for page in 2..<sound.count / 4_096 {
        let isUsed = try isRefused([UInt8](repeating: 0, count: 4_096), at: page)
        refused += isUsed ? 1 : 0
        for _ in 0..<8 {
          let noise = random.withLock { $0.bytes(4_096...4_096) }
          #expect(try isRefused(noise, at: page) == isUsed, "page \(page)")
          let old = Array(sound[page * 4_096..<page * 4_096 + 48])
          let header = random.withLock { random in
            old.map { Bool.random(using: &random) ? $0 : $0 ^ (1 << UInt8.random(in: 0..<8, using: &random)) }
          }
          _ = try isRefused(header, at: page)
        }
      }
      #expect(refused > 20)
    }
  }

  @Test("never overwrite")
  func existingTarget() throws {
    let target = folder.path + "/copy"
    #expect(unsafe mkdir(target, 0o755) == 0)
    #expect(throws: LMDBError(.targetExists, "", "")) { try environment.copy(to: target, compacting: false) }
    #expect(try mode(of: target) == 0o755)
  }

  @Test("that fail leave nothing behind", arguments: [false, true])
  func failure(_ compacting: Bool) async {
    let path = folder.path + "/limited"
    await #expect(processExitsWith: .success) { [path = path as String, compacting = compacting as Bool] in
      let environment = try Environment(at: path)
      let table = try environment.table(Rows("rows"))
      try environment.write { (t) throws(LMDBError) in
        for key in 1...100 as ClosedRange<UInt64> { try table.append(key, Array(repeating: 1, count: 2_000), in: &t) }
      }
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 65_536, rlim_max: rlim_t.max)
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #expect(throws: LMDBError.self) { try copy(environment, to: path + "-copy", compacting: compacting) }
      #expect(!exists(path + "-copy"))
      #expect(try table.count(in: environment.beginRead()) == 100)
    }
  }
}

/// Rows in two tables, in leaves below branches and outside them, and pages that are free.
private func prepare(_ path: String) throws {
  let environment = try Environment(at: path)
  let (one, other) = (try environment.openTable(Rows("one")), try environment.openTable(Rows("other")))
  for round in 0..<4 as Range<UInt64> {
    try environment.write { (t) throws(LMDBError) in
      for key in round * 60..<(round + 1) * 60 { try one.append(key, Array(repeating: 1, count: 700), in: &t) }
      try other.put(round % 2, Array(repeating: 2, count: 9_000), in: &t)
    }
  }
  environment.close()
}

private func copyInto(_ descriptor: Int32, _ environment: Environment) throws(LMDBError) {
  try environment.copy(into: descriptor, compacting: true)
}

private func copy(_ environment: Environment, to path: String, compacting: Bool) throws {
  try environment.copy(to: path, compacting: compacting)
}
