import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// People whom an operator registers before they come.
@Suite struct NewAccountTests {
  let folder = TemporaryFolder()

  @Test("Somebody with a number can be signed in, give access and be erased like anybody else") func somebodyNumber()
    async throws
  {
    let path = "\(folder.path)/ledger"
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let number = try PhoneNumber("+911199999999")
    var bo = NewAccount(
      issuer: "https://id.example.org", subject: "7", name: "Bo", email: "bo@example.org", role: .tenantAdmin,
      phone: number)
    let missing = await #expect(throws: LedgerError.self) { try await ledger.accounts.create(bo) }
    #expect(missing?.code == .invalidValue && missing?.field == "reason")
    #expect(try ledger.head() == 1)
    let account = try await ledger.accounts.create(bo, context: RequestContext(reason: "staff list"))
    #expect(try ledger.head() == 3)
    #expect(try ledger.phones.verified(by: account).count == 1)
    let found = try await ledger.audit.latest(of: .number(number))
    #expect(found.map(\.type) == [.phoneVerified] && found.first?.actor == .operator)
    #expect(found.first?.reason == "staff list")
    let signedIn = try await ledger.accounts.signIn(issuer: bo.issuer, subject: bo.subject)
    #expect(signedIn.account == account && !signedIn.isNew)
    let known = try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator)
    #expect([known?.name, known?.email] == ["Bo", "bo@example.org"])
    let group = try await ledger.groups.create(name: "Seven", by: account)
    #expect(try ledger.groups.group(group.id) != nil)

    let head = try ledger.head()
    for (field, change) in Self.refused {
      var other = NewAccount(issuer: bo.issuer, subject: "8", name: "Cy")
      change(&other)
      let (created, checked) = (
        await #expect(throws: LedgerError.self, "\(field)") {
          try await ledger.accounts.create(other, context: RequestContext(reason: "staff list"))
        },
        await #expect(throws: LedgerError.self, "\(field)") {
          try await ledger.accounts.check(other, context: RequestContext(reason: "staff list"))
        }
      )
      #expect(created?.field == field && checked == created, "\(field): \(String(describing: created))")
    }
    bo.subject = "8"
    bo.phone = nil
    try await ledger.accounts.check(bo)
    #expect(try ledger.head() == head)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    try await ledger.people.erase(account, by: Requester.operator)
    #expect(try ledger.phones.verified(by: account).isEmpty)
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
    ledger = try await Ledger.open(at: path)
    #expect(try await ledger.accounts.signIn(issuer: bo.issuer, subject: "7").isNew)
    await ledger.close()
  }

  /// By the field that is refused.
  private static let refused: [(String, @Sendable (inout NewAccount) -> Void)] = [
    ("subject", { $0.subject = "7" }), ("subject", { $0.subject = "" }), ("issuer", { $0.issuer = "" }),
    ("name", { $0.name = "" }), ("name", { $0.name = "two\nlines" }), ("email", { $0.email = "nowhere" }),
    ("email", { $0.email = "@example.org" }), ("role", { $0.role = .unspecified }),
    ("number", { $0.phone = try? PhoneNumber("+911199999999") }),
  ]
}
