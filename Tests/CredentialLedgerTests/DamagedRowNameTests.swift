import EventLog
import LMDB
import LedgerTestSupport
import Projections
import Testing

@testable import CredentialLedger

/// A damaged row is named by what it is, by whatever way it is found.
@Suite struct DamagedRowNameTests {
  @Test("Every row has a name") func everyRowHasAName() async throws {
    let copied = try await CopiedLedger(tokens: 20)
    await copied.ledger.close()
    let pages = DataPages(try FileBytes.read(copied.path("ledger/ledger/data.mdb")))
    var (named, tables) = (0, 0)
    for table in try pages.tables() {
      let codec = try #require(TableRows.keys(ofTable: table), "\(table)")
      let keys = try pages.leaves(of: table).values.flatMap { pages.keys(of: $0) }
      tables += keys.isEmpty ? 0 : 1
      for key in keys {
        let name = unsafe codec.name(of: key.span.bytes)
        #expect(name?.isEmpty == false, "\(table): \(key)")
        named += 1
      }
    }
    #expect(named > 100 && tables > 8, "\(named) rows of \(tables) tables")
  }

  @Test("A reader and a verification say the same") func readerVerification() async throws {
    let copied = try await CopiedLedger(tokens: 1)
    await copied.ledger.close()
    try compare(copied.path("ledger/ledger"), copied.steps.granted.grant)
  }

  private func compare(_ path: String, _ grant: GrantID) throws {
    let environment = try Environment(at: path)
    defer { environment.close() }
    // Without the key of their checks all rows look damaged.
    let validity: Table<PositionKey, RawBytes> = try environment.openTable(.init("validity.a", logicalName: "validity"))
    let directory: Table<DirectoryKeyCodec, RawBytes> = try environment.openTable(
      .init("directory.a", logicalName: "directory"))
    let read = try environment.beginRead()
    let first = try #require(DataPages(FileBytes.read("\(path)/data.mdb")).keys(of: "validity.a").first)
    let position = first.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let live = #expect(throws: LMDBError.self) { try validity.get(position, in: read) }
    #expect(
      live?.reason.contains("the row of table validity at position \(position) is damaged") == true,
      "\(live?.reason ?? "")")
    let found = #expect(throws: LMDBError.self) { try directory.get(.number(.grant, grant.rawValue), in: read) }
    #expect(
      found?.reason.contains("the row of table directory at \(grant) is damaged") == true, "\(found?.reason ?? "")")
    func checked(_ table: String) -> String? {
      #expect(throws: LMDBError.self) {
        try environment.checkRows(
          logicalName: ProjectionTables.logicalName, keys: { $0 == table ? [nil] : [] }, codec: TableRows.keys(ofTable:)
        )
      }?.reason
    }
    #expect(checked("validity.a") == live?.reason)
    #expect(checked("directory.a")?.contains("the row of table directory at ") == true)
  }
}
