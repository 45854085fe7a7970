import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// The file that keeps the newest checkpoint never goes back.
@Suite struct WitnessAdvanceTests {
  let folder = TemporaryFolder()

  @Test("An older checkpoint is passed over") func olderCheckpoint() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration())
    let older = try await ledger.checkpoint()
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "one")
    let newer = try await ledger.checkpoint()
    let path = folder.path + "/witness"
    func witness() throws -> WitnessFile { try WitnessFile(path, origin: ledger.origin, keys: ledger.keyStore) }
    func content() throws -> String { String(decoding: try FileBytes.read(path), as: UTF8.self) }
    let file = try witness()
    for note in [older, newer, older] { try file.advance(to: note) }
    #expect(try content() == newer)
    // Also where the file was written by another process.
    let again = try witness()
    again.keep(older)
    #expect(try content() == newer && again.failure == nil)
    await ledger.close()
  }
}
