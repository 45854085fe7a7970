import Glibc
import LedgerFiles
import TestSupport
import Testing

@testable import LMDB

@Suite("Checking every row")
struct RowCheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = TemporaryFolder()
    let environment = try Environment(at: folder.environment)
    defer { environment.close() }
    let one = try environment.openTable(Rows("one.a", logicalName: "one"))
    let two = try environment.openTable(TableDefinition<BytesKey, RawBytes>("two"))
    try environment.write { (t) throws(LMDBError) in
      for key in 1...200 as ClosedRange<UInt64> { try one.append(key, Array(repeating: 7, count: 300), in: &t) }
      for key in UInt8(0)..<50 { try two.put([key, 1], [key, key, key], in: &t) }
    }
  }

  private var options: Environment.Options {
    var options = Environment.Options()
    options.access = .frozen
    return options
  }

  private func check(_ logicalName: (String) -> String = { $0 == "one.a" ? "one" : $0 }) throws -> Int {
    let environment = try Environment(at: folder.environment, options: options)
    defer { environment.close() }
    return try rows(of: environment, logicalName)
  }

  private func rows(of environment: Environment, _ logicalName: (String) -> String) throws -> Int {
    try environment.checkRows(logicalName: logicalName)
  }

  @Test("counts them, whatever the keys are, and touches nothing")
  func counting() throws {
    #expect(unsafe unlink(folder.environment + "/lock.mdb") == 0)
    #expect(unsafe unlink(folder.environment + "/writer.lock") == 0)
    #expect(try check() == 250)
    #expect(!exists(folder.environment + "/lock.mdb"))
    #expect(!exists(folder.environment + "/writer.lock"))
  }

  @Test("finds one that was changed, and a table under another name")
  func damage() throws {
    #expect(throws: LMDBError(.damagedRow, "", "")) { try check { $0 } }
    var bytes = try contents(of: folder.data)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [41, 41, 41]) })
    bytes[place] ^= 8
    try overwrite(folder.data, with: [bytes[place]], at: place)
    #expect(throws: LMDBError(.damagedRow, "", "")) { try check() }
  }

  @Test("is possible while nothing may be written")
  func reading() throws {
    let environment = try Environment(at: folder.environment, options: options)
    defer { environment.close() }
    #expect(throws: LMDBError(.readOnly, "", "")) { try begin(environment) }
  }

  private func begin(_ environment: Environment) throws(LMDBError) { _ = try environment.beginWrite() }
}

@Suite("Copies through a pipe")
struct PipedCopyTests {
  @Test("end where nobody reads any more, without a signal")
  func brokenPipe() throws {
    let folder = TemporaryFolder()
    let environment = try Environment(at: folder.environment)
    let table = try environment.openTable(Rows("rows"))
    try environment.write { (t) throws(LMDBError) in
      for key in 1...2_000 as ClosedRange<UInt64> { try table.append(key, Array(repeating: 7, count: 1_500), in: &t) }
    }
    let pipe = try Pipe<LMDBError>(capacity: 1 << 16)
    close(pipe.readingEnd)
    #expect(throws: LMDBError.self) { try copy(environment, pipe.writingEnd) }
    close(pipe.writingEnd)
    #expect(try table.count(in: environment.beginRead()) == 2_000)
  }

  private func copy(_ environment: Environment, _ descriptor: Int32) throws(LMDBError) {
    try environment.copy(into: descriptor, compacting: true)
  }
}
