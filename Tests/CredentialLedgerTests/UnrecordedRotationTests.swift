import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// A master key that was replaced, and whose event cannot be committed.
@Suite struct UnrecordedRotationTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  @Test("The message says which key opens the ledger now, and the next opening records it") func messageSays()
    async throws
  {
    func text(_ digits: String) -> MasterKey.Source {
      .text(Secret(copying: Array(String(repeating: digits, count: 32).utf8)))
    }
    let clock = SteppedClock()
    var configuration = clock.configuration
    configuration.masterKey = text("1a")
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    let (before, after) = (ledger.keys.masterKeyFingerprint, try ledger.keys.fingerprint(of: text("2b")))
    let head = try ledger.head()
    // Nothing is recorded while the clock is off.
    clock.step(seconds: 3_600)
    let error = await failure { () throws(LedgerError) in try await ledger.keys.rotateMasterKey(to: text("2b")) }
    #expect(error?.code == .clockStepped, "\(String(describing: error))")
    #expect(error?.reason.contains("the master key with the fingerprint \(after) opens the ledger from now on") == true)
    #expect(error?.reason.contains(before) == false)
    #expect(try ledger.head() == head && ledger.keys.masterKeyFingerprint == after)
    await ledger.close()
    clock.step(seconds: -3_600)
    let old = configuration
    #expect(
      await failure { () throws(LedgerError) in _ = try await Ledger.open(at: path, old) }?.code == .keyUnavailable)
    configuration.masterKey = text("2b")
    let again = try await Ledger.open(at: path, configuration)
    #expect(try await again.audit.latest(of: .type(.masterKeyRotated)).count == 1)
    await again.close()
  }
}
