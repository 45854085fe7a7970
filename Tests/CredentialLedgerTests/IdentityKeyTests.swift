import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// An identity is an issuer and a subject, and no other two are found for it.
@Suite struct IdentityKeyTests {
  @Test("Where one text ends is no matter of what is in it") func textEnds() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let data = ledger.log.participant.personalData
    let same = [("a\0b", "c"), ("a", "b\0c"), ("", "a\0b\0c"), ("a\0b\0c", "")]
    #expect(try Set(same.map { try data.hash(issuer: $0.0, subject: $0.1.utf8) }).count == same.count)
    for (issuer, subject) in same {
      let refused = await failure { () throws(LedgerError) in
        _ = try await ledger.accounts.signIn(issuer: issuer, subject: subject)
      }
      #expect(refused?.code == .invalidValue && refused?.field != nil)
    }
    await ledger.close()
  }
}
