import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct AuthorityTests {
  var scenario = Scenario()
  let admin: AccountID
  let operatorAccount: AccountID
  let user: AccountID

  init() throws {
    admin = try scenario.account("admin", role: .tenantAdmin)
    operatorAccount = try scenario.account("operator", role: .operator)
    user = try scenario.account("user")
  }

  @Test("A tenant administrator does nothing to an operator")
  func tenantAdministrator() throws {
    scenario.when(DisableAccount(account: operatorAccount, reason: "x", requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
    scenario.when(ChangeAccountRole(account: operatorAccount, role: .user, requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
    var disabled = scenario
    try disabled.perform(DisableAccount(account: operatorAccount, reason: "x", requester: .operator))
    disabled.when(EnableAccount(account: operatorAccount, requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
  }

  @Test("What an operator disabled, only an operator enables", arguments: [true, false])
  func enabling(isAtCommandLine: Bool) throws {
    var scenario = scenario
    let requester = isAtCommandLine ? Requester.operator : .account(operatorAccount)
    try scenario.perform(DisableAccount(account: user, reason: "fraud", requester: requester))
    scenario.when(EnableAccount(account: user, requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
    #expect(try scenario.perform(EnableAccount(account: user, requester: requester)))
    try scenario.perform(DisableAccount(account: user, reason: "left", requester: .account(admin)))
    #expect(try scenario.perform(EnableAccount(account: user, requester: .account(admin))))
  }

  @Test("An account is enabled with the tokens of before left stopped")
  mutating func leftStopped() throws {
    var access = try GroupAccess()
    try access.scenario.perform(DisableAccount(account: access.granter, reason: "stolen", requester: .operator))
    var plain = access.scenario
    try plain.perform(EnableAccount(account: access.granter, requester: .operator))
    #expect(try judge(handle: access.token, at: plain.now, in: plain.state).isValid)
    #expect(
      try access.scenario.perform(
        EnableAccount(account: access.granter, revokesTokens: true, requester: .operator)))
    #expect(try !judge(handle: access.token, at: access.scenario.now, in: access.scenario.state).isValid)
    #expect(try access.scenario.state.account(access.granter)?.isDisabled == false)
  }

  @Test("Who may read whose personal data", arguments: [AccountRole.user, .tenantAdmin, .auditor, .operator])
  func personalData(role: AccountRole) throws {
    var scenario = scenario
    let reader = try scenario.account("reader", role: role)
    let all = [user, admin, operatorAccount, reader]
    let readable: [AccountID] =
      switch role {
      case .tenantAdmin, .auditor: [user, admin, reader]
      case .operator: all
      default: [reader]
      }
    for id in all {
      let account = try #require(try scenario.state.account(id))
      let isAllowed = (try? scenario.state.requireAuthority(.account(reader), to: .reveal, account)) != nil
      #expect(isAllowed == readable.contains(id))
      try scenario.state.requireAuthority(.operator, to: .reveal, account)
    }
  }

  @Test("The last tenant administrator in force does not erase itself")
  mutating func lastAdministrator() throws {
    scenario.when(EraseSubject(.account(admin), requester: .account(admin))).thenRefused(.lastAdmin, field: "account")
    var others = scenario
    _ = try others.account("second", role: .tenantAdmin)
    #expect(
      try others.perform(EraseSubject(.account(admin), requester: .account(admin), limits: .unlimited)).isEmpty == false
    )
    #expect(try scenario.perform(EraseSubject(.account(admin), requester: .operator)).isEmpty == false)
  }
}
