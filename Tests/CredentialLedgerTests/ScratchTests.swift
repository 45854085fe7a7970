import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// What a verification or a state of the past needs on disk for a while lies where the configuration says.
@Suite struct ScratchTests {
  @Test("Verifications and states go by the folder named") func verificationsStates() async throws {
    let copied = try await CopiedLedger(tokens: 30)
    await copied.ledger.close()
    var configuration = CopiedLedger.configuration
    configuration.scratch = copied.path("scratch")
    let reader = try await Ledger.openForReading(at: copied.path("ledger"), configuration)
    let refused = await failure { () throws(LedgerError) in _ = try await reader.integrity.verify() }
    #expect(refused?.code == .notFound && refused?.field == "scratch")

    try #require(Program.run("mkdir", [copied.path("scratch")]))
    let seen = Mutex<(scratch: Bool, beside: Bool)>((false, false))
    let (scratch, beside) = (copied.path("scratch"), copied.folder.path)
    let report = try await reader.integrity.verify { _, _ in
      seen.withLock { seen in
        seen.scratch = seen.scratch || TemporaryFolder.names(in: scratch)?.isEmpty == false
        seen.beside = seen.beside || TemporaryFolder.names(in: beside)?.contains { $0.contains(".new-") } == true
      }
    }
    #expect(report.projectionsMatch)
    #expect(seen.withLock { $0.scratch && !$0.beside })
    let state = try await reader.history.state(at: .position(5))
    #expect(state.position == 5)
    state.close()
    _ = try await reader.integrity.compareProjections()
    #expect(TemporaryFolder.names(in: scratch) == [])
    await reader.close()
  }
}
