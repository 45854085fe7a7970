import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@Suite struct SignOutTests {
  @Test("Each session that ended has its event, and each refusal says why")
  func sessions() throws {
    let access = try GroupAccess()
    let out = RecordSignOut(
      account: access.owner, signIns: [0, 2], end: .ended, requester: .account(access.owner))
    let event = { (signIn: UInt64) in
      LedgerEvent.accountSignedOut(
        filled(AccountSignedOut()) {
          $0.account = access.owner.rawValue
          $0.signIn = signIn
          $0.end = .ended
        })
    }
    let owner = Subject(access.owner)
    try access.scenario.when(out).then(event(0), event(2), by: owner)
    var wrong = out
    wrong.signIns = [.max]
    access.scenario.when(wrong).thenRefused(.invalidValue, field: "signIns")
    wrong.signIns = Array(repeating: 0, count: RecordSignOut.limit + 1)
    access.scenario.when(wrong).thenRefused(.invalidValue, field: "signIns")
    wrong.account = AccountID(rawValue: 999)
    access.scenario.when(wrong).thenRefused(.notFound, field: "account")

    let refused = RecordSignInRefusal(
      issuer: "https://id.example.org", refusal: .domain, detail: "", account: nil, unrecorded: 3)
    try access.scenario.when(refused).then(
      .accountSignInRefused(
        filled(AccountSignInRefused()) {
          $0.issuer = "https://id.example.org"
          $0.refusal = .domain
          $0.unrecorded = 3
        }), by: .operator)
    var unknown = refused
    unknown.detail = String(repeating: "x", count: 201)
    access.scenario.when(unknown).thenRefused(.invalidValue, field: "detail")
  }

  @Test("Each cause has its own number in the events, as the schema has it")
  func numbers() {
    #expect(SignOutCause.allCases.map(\.recorded.rawValue) == [1, 2, 3, 4, 5, 6])
    #expect(RefusedSignIn.allCases.map(\.recorded.rawValue) == [1, 2, 3, 4, 5])
  }
}
