import EventLog
import LMDB
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

@Suite("Erasures")
struct ErasureTests {
  @Test("An erasure reads the rows of its person and of nobody else, so that its cost does not grow with the ledger")
  func ownRowsAlone() async throws {
    let ledger = try TestLedger()
    try await #require(ledger.log.writer).maintain { (view, _) throws(LogError) in
      let rows = try view.participant.current(in: view.transaction).directory.rows
      try stored { () throws(LMDBError) in
        // Whoever reads one of these fails.
        for family in [.account, .phone, .challenge, .membership, .subscription] as [DirectoryKey.Family] {
          try rows.put(.number(family, 1_000_000), [0xFF], in: &view.transaction)
        }
      }
    }
    let head = try ledger.log.snapshot().head()
    try await ledger.append(
      .subjectErased(filled(SubjectErased()) { $0.person = .init([UInt8](repeating: 7, count: 16)) }))
    #expect(try ledger.log.snapshot().head() == head + 1)
  }
}
