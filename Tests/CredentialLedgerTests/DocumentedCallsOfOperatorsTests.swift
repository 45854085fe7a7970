import CredentialLedger
import LedgerTestSupport
import Testing

/// The examples in the doc comments on operators, line by line.
@Suite struct DocumentedCallsOfOperatorsTests {
  let folder = TemporaryFolder()

  @Test func `Operators and their rules`() async throws {
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let ada = try await ledger.operators.create(issuer: "https://id.example.org", subject: "248289761001", name: "Ada")
    let bo = try await ledger.accounts.create(
      NewAccount(issuer: "https://id.example.org", subject: "7", name: "Bo", phone: PhoneNumber("+911199999998")),
      context: RequestContext(reason: "taken over from the staff list"))
    #expect(try !ledger.phones.verified(by: bo).isEmpty)
    try await ledger.accounts.check(NewAccount(issuer: "https://id.example.org", subject: "8", name: "Cy"))
    let active = try ledger.operators.list().filter { !$0.isDisabled }
    #expect(active.map(\.id) == [ada])
    let context = RequestContext(namedOperator: try await ledger.operators.find("Ada"), reason: "left the company")
    #expect(context.namedOperator == ada)
    try await ledger.operators.configure(Oversight(namesOperators: true), context: RequestContext(namedOperator: ada))
    let isRequired = try ledger.operators.rules.namesOperators
    #expect(isRequired)
    await ledger.close()
  }
}
