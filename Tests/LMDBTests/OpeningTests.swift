import Glibc
import TestSupport
import Testing

@testable import LMDB

@Suite("Opening an environment")
struct OpeningTests {
  private let folder: TemporaryFolder

  init() throws { folder = TemporaryFolder() }

  @Test("creates folder and files for the owner alone, whatever the umask", arguments: [0, 0o777] as [mode_t])
  func modes(_ mask: mode_t) async throws {
    let path = folder.environment
    await #expect(processExitsWith: .success) { [path = path as String, mask = mask as mode_t] in
      umask(mask)
      let environment = try Environment(at: path)
      let table = try environment.table(Rows("rows"))
      try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
      #expect(try mode(of: path) == 0o700)
      for name in ["data.mdb", "lock.mdb", "writer.lock"] { #expect(try mode(of: path + "/" + name) == 0o600) }
    }
  }

  @Test("is refused to a second writer in one process, by any path, and shared by readers")
  func twice() throws {
    let first = try Environment(at: folder.environment)
    let link = folder.path + "/link"
    #expect(unsafe symlink(folder.environment, link) == 0)
    for path in [folder.environment, folder.path + "/./environment/", link] {
      #expect(throws: LMDBError(.alreadyOpen, "", "")) { try Environment(at: path) }
      let reader = try Environment(at: path, options: .init(access: .readOnly))
      #expect(throws: LMDBError(.readOnly, "", "")) { _ = try reader.beginWrite() }
      reader.close()
      #expect(throws: LMDBError(.closed, "", "")) { _ = try reader.beginRead() }
    }
    first.close()
    first.close()
    _ = try Environment(at: link)
  }

  @Test("readers of one process share it, and it stays open until the last has closed")
  func readersShare() throws {
    let path = folder.environment
    let writer = try Environment(at: path)
    let rows = try writer.openTable(Rows("rows"))
    try writer.write { (t) throws(LMDBError) in try rows.append(1, [1], in: &t) }
    let one = try Environment(at: path, options: .init(access: .readOnly))
    let other = try Environment(at: path, options: .init(access: .readOnly))
    let seen = try one.openTable(Rows("rows"))
    try writer.write { (t) throws(LMDBError) in try rows.append(2, [2], in: &t) }
    #expect(try seen.get(2, in: one.beginRead()) == [2])
    // Whoever closes ends its own use alone.
    writer.close()
    #expect(throws: LMDBError(.closed, "", "")) { _ = try writer.beginWrite() }
    #expect(try seen.get(1, in: other.beginRead()) == [1])
    let again = try Environment(at: path)
    try again.write { (t) throws(LMDBError) in try rows.append(3, [3], in: &t) }
    #expect(try seen.get(3, in: one.beginRead()) == [3])
    again.close()
    one.close()
    other.close()
  }

  @Test("a writer joins the readers of its process, and locks out those of others only then")
  func writerAfterReader() throws {
    let path = folder.environment
    let maker = try Environment(at: path)
    let rows = try maker.openTable(Rows("rows"))
    try maker.write { (t) throws(LMDBError) in try rows.append(1, [1], in: &t) }
    maker.close()
    let reader = try Environment(at: path, options: .init(access: .readOnly))
    let seen = try reader.openTable(Rows("rows"))
    #expect(throws: LMDBError(.readOnly, "", "")) { _ = try reader.beginWrite() }
    #expect(throws: LMDBError(.readOnly, "", "")) { try reader.growMap() }
    let before = try reader.beginRead()
    let writer = try Environment(at: path, options: .init(mapSize: 1 << 20, maximumMapSize: 1 << 40))
    #expect(throws: LMDBError(.alreadyOpen, "", "")) { _ = try Environment(at: path) }
    let written = try writer.openTable(Rows("rows"))
    try writer.write { (t) throws(LMDBError) in try written.append(2, [2], in: &t) }
    #expect(try seen.get(2, in: before) == nil)
    #expect(try seen.get(2, in: reader.beginRead()) == [2])
    // The reader stays, and the next writer joins it too.
    writer.close()
    #expect(throws: LMDBError(.closed, "", "")) { _ = try writer.beginWrite() }
    let next = try Environment(at: path)
    try next.write { (t) throws(LMDBError) in try written.append(3, [3], in: &t) }
    #expect(try seen.get(3, in: reader.beginRead()) == [3])
    reader.close()
    try next.write { (t) throws(LMDBError) in try written.append(4, [4], in: &t) }
    next.close()
  }

  @Test("is refused to a second writing process, and granted to a reading one")
  func secondProcess() async throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.table(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in try table.append(1, [42], in: &t) }
    let path = folder.environment
    await #expect(processExitsWith: .success) { [path = path as String] in
      #expect(throws: LMDBError(.lockedByAnotherProcess, "", "")) { try Environment(at: path) }
      let reading = try Environment(at: path, options: .init(access: .readOnly))
      let table = try reading.table(Rows("rows"))
      #expect(try table.get(1, in: reading.beginRead()) == [42])
    }
    environment.close()
    await #expect(processExitsWith: .success) { [path = path as String] in _ = try Environment(at: path) }
  }

  @Test("leaves a folder alone whose data file is something else")
  func foreign() throws {
    #expect(unsafe mkdir(folder.environment, 0o755) == 0)
    let text = Array(repeating: Array("not a database\n".utf8), count: 1_000).flatMap { $0 }
    for length in [1, 15, 151, 15_000] {
      if exists(folder.data) { try shorten(folder.data, to: 0) }
      try overwrite(folder.data, with: Array(text[..<length]))
      for access in [Environment.Options.Access.readWrite, .readOnly] {
        #expect(throws: LMDBError(.notAnEnvironment, "", "")) {
          try Environment(at: folder.environment, options: .init(access: access))
        }
      }
      #expect(try contents(of: folder.data) == Array(text[..<length]))
      #expect(!exists(folder.environment + "/lock.mdb") && !exists(folder.environment + "/writer.lock"))
    }
  }

  @Test("for reading creates nothing")
  func missing() throws {
    #expect(throws: LMDBError(.notAnEnvironment, "", "")) {
      try Environment(at: folder.environment, options: .init(access: .readOnly))
    }
    #expect(!exists(folder.environment))
  }

  @Test("refuses a newer format")
  func newerFormat() throws {
    _ = try Environment(at: folder.environment)
    try overwrite(folder.data, with: [9, 0, 0, 0], at: 20)
    #expect(throws: LMDBError(.newerFormat, "", "")) { try Environment(at: folder.environment) }
  }

  @Test("refuses a file that was cut off anywhere")
  func truncated() throws {
    var environment = try Environment(at: folder.environment)
    let table = try environment.table(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in
      for key in 1...200 as ClosedRange<UInt64> { try table.append(key, Array(repeating: 1, count: 100), in: &t) }
    }
    environment.close()
    let whole = try contents(of: folder.data).count
    for length in stride(from: whole - 1, to: 8_192, by: -1_024) {
      try shorten(folder.data, to: length)
      let refused = #expect(throws: LMDBError.self, "\(length) of \(whole) bytes") {
        try Environment(at: folder.environment)
      }
      #expect(refused?.code == .corrupted)
      // What cp makes of a ledger in use is such a file, and its maker is told of the way that works.
      #expect(refused?.reason.contains("as a copy is that cp made of a ledger in use") == true, "\(length)")
    }
    try shorten(folder.data, to: 4_096)
    #expect(throws: LMDBError(.notAnEnvironment, "", "")) { try Environment(at: folder.environment) }
    try shorten(folder.data, to: 0)
    environment = try Environment(at: folder.environment)
  }

  @Test("accepts a sound file that ends before its last page", arguments: [1, 3_000])
  func soundShortFile(_ values: Int) throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.table(Rows("rows"))
    for value in (1...5 as ClosedRange<UInt8>).reversed() {
      try environment.write { (t) throws(LMDBError) in try table.put(1, [value], in: &t) }
    }
    // Pages taken and given back within one transaction are never written.
    try environment.write { (t) throws(LMDBError) in
      for key in 2..<UInt64(2 + values) { try table.put(key, Array(repeating: 7, count: 10_000), in: &t) }
      for key in 2..<UInt64(2 + values) { try table.delete(key, in: &t) }
    }
    let statistics = try environment.statistics()
    try #require(statistics.fileBytes < statistics.usedBytes)
    environment.close()
    let again = try Environment(at: folder.environment)
    let rows = try again.table(Rows("rows"))
    #expect(try rows.get(1, in: again.beginRead()) == [1])
    again.close()
    try shorten(folder.data, to: statistics.pageSize * 3)
    #expect(throws: LMDBError(.corrupted, "", "")) { try Environment(at: folder.environment) }
  }

  @Test("knows network file systems by their numbers")
  func networkFileSystems() {
    #expect(EnvironmentFolder.networkFileSystemName(0x6969) == "NFS")
    #expect(EnvironmentFolder.networkFileSystemName(0xFF53_4D42) == "CIFS")
    #expect(EnvironmentFolder.networkFileSystemName(0xEF53) == nil)
    #expect(EnvironmentFolder.networkFileSystemName(0x0102_1994) == nil)
  }

  @Test("makes do with less address space where the system refuses")
  func addressSpace() async {
    let path = folder.environment
    await #expect(processExitsWith: .success) { [path = path as String] in
      var limit = rlimit(rlim_cur: 20 << 30, rlim_max: 20 << 30)
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      let environment = try Environment(at: path)
      #expect(try (1 << 30)..<(20 << 30) ~= environment.statistics().mapSize)
    }
  }

  @Test("closing waits for nobody, and the last transaction closes the files")
  func closingWithTransactions() throws {
    let environment = try Environment(at: folder.environment)
    let table = try environment.table(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in try table.append(1, [1], in: &t) }
    do {
      let read = try environment.beginRead()
      environment.close()
      #expect(throws: LMDBError(.closed, "", "")) { _ = try environment.beginRead() }
      #expect(throws: LMDBError(.closed, "", "")) { _ = try environment.beginWrite() }
      #expect(throws: LMDBError(.closed, "", "")) { try environment.growMap() }
      #expect(throws: LMDBError(.alreadyOpen, "", "")) { try Environment(at: folder.environment) }
      #expect(try table.get(1, in: read) == [1])
    }
    _ = try Environment(at: folder.environment)
  }

  @Test("a transaction outlives the environment it came from")
  func transactionOutlives() throws {
    func begin() throws -> (ReadTransaction) { try Environment(at: folder.environment).beginRead() }
    do {
      let read = try begin()
      #expect(read.number == 0)
      #expect(throws: LMDBError(.alreadyOpen, "", "")) { try Environment(at: folder.environment) }
    }
    _ = try Environment(at: folder.environment)
  }
}
