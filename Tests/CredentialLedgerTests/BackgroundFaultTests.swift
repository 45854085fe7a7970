import CredentialLedger
import LedgerTestSupport
import Testing

@Suite struct BackgroundFaultTests {
  private func signIn(_ numbers: Range<Int>, _ ledger: Ledger) async throws {
    for number in numbers {
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "\(number)")
    }
  }

  @Test("Health says what fails in the background, until it succeeds")
  func snapshots() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org",
      LedgerConfiguration(snapshots: SnapshotPolicy(events: 10)))
    #expect(try ledger.health.backgroundFaults.isEmpty)
    // A file is where the folder of the snapshots is to be made.
    let place = "\(ledger.path)/snapshots"
    try FileBytes.write([], to: place)
    try await signIn(0..<12, ledger)
    #expect(try await Patience.wait { try ledger.health.backgroundFaults.map(\.work) == [.snapshots] })
    TemporaryFolder.remove(place)
    try await signIn(12..<24, ledger)
    #expect(try await Patience.wait { try ledger.health.backgroundFaults.isEmpty })
    await ledger.close()
  }
}
