import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Persons who erase themselves are counted, and too many are refused until a day has passed.
@Suite struct SelfErasureTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  @Test("Too early and too many are refused with a code of their own, and a restart changes nothing") func tooEarly()
    async throws
  {
    var configuration = clock.configuration
    configuration.selfErasures = SelfErasureLimits(age: .seconds(3_600), daily: 2)
    let path = folder.path + "/ledger"
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    var accounts: [AccountID] = []
    for number in 0..<5 {
      accounts.append(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "\(number)").account)
    }
    func erase(_ account: AccountID, on ledger: Ledger, by requester: Requester? = nil) async -> LedgerError? {
      do throws(LedgerError) {
        try await ledger.people.erase(account, by: requester ?? .account(account))
        return nil
      } catch { return error }
    }
    let early = await erase(accounts[0], on: ledger)
    #expect(early?.code.rawValue == "too_many" && early?.field == "account" && early?.isRefusal == true)
    clock.advance(seconds: 3_600)
    // What an operator erases is neither limited nor counted.
    #expect(await erase(accounts[4], on: ledger, by: .operator) == nil)
    for account in accounts[..<2] { #expect(await erase(account, on: ledger) == nil) }
    #expect(await erase(accounts[2], on: ledger)?.code.rawValue == "too_many")
    await ledger.close()
    ledger = try await Ledger.open(at: path, configuration)
    try await ledger.integrity.rebuildProjections()
    #expect(await erase(accounts[2], on: ledger)?.code.rawValue == "too_many")
    #expect(await erase(accounts[3], on: ledger, by: .operator) == nil)
    clock.advance(seconds: 86_400 + 600)
    #expect(await erase(accounts[2], on: ledger) == nil)
    await ledger.close()
  }
}
