import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

private let number = "+911199999999"
private let lookup = KeyedHashes.fake.number(.fake(number))

@Suite struct EraseSubjectTests {
  private func erased(_ person: UInt8, _ account: AccountID? = nil) -> LedgerEvent {
    .subjectErased(
      filled(SubjectErased()) {
        $0.person = .init([UInt8](repeating: person, count: 16))
        $0.account = account?.rawValue ?? 0
      })
  }

  @Test("An erased account is gone for good, and its access stops")
  func erasedForGood() throws {
    var access = try GroupAccess()
    _ = try access.scenario.account("another", role: .tenantAdmin)
    let command = EraseSubject(.account(access.granter), requester: .operator)
    let persons = try access.scenario.when(command).then(erased(1, access.granter), by: .operator)
    #expect(persons == [[UInt8](repeating: 1, count: 16)])
    try access.scenario.when(
      EraseSubject(.account(access.granter), requester: .account(access.granter), limits: .unlimited)
    )
    .then(erased(1, access.granter), by: Subject(access.granter))
    try access.scenario.perform(command)
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.granter), by: Position(access.scenario.next - 1))))
    try access.scenario.when(command).thenNothing()
    access.scenario.when(EnableAccount(account: access.granter, requester: .operator))
      .thenRefused(.gone, field: "account")
  }

  @Test("Others may not erase")
  func authority() throws {
    let access = try GroupAccess()
    access.scenario.when(EraseSubject(.account(access.granter), requester: .account(access.owner)))
      .thenRefused(.forbidden, field: "requester")
    access.scenario.when(EraseSubject(.number(lookup), requester: .account(access.owner)))
      .thenRefused(.forbidden, field: "requester")
    access.scenario.when(EraseSubject(.account(AccountID(rawValue: 999)), requester: .operator))
      .thenRefused(.notFound, field: "account")
  }

  @Test("A number is erased where nobody holds it")
  func unheldNumber() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let group = try scenario.group(by: alice)
    let command = EraseSubject(.number(lookup), requester: .operator)
    scenario.when(command).thenRefused(.notFound, field: "number")
    _ = try scenario.member(of: group, account: nil, number: number)
    try scenario.when(command).then(erased(1), by: .operator)
    _ = try scenario.phone(number, of: alice)
    scenario.when(command).thenRefused(.conflict, field: "number")
  }
}

@Suite struct SelfErasureLimitTests {
  private static let limits = SelfErasureLimits(age: .seconds(3_600), daily: 2)

  @Test("A person erases itself an hour after registering at the earliest, and operators at once")
  func selfErasure() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let own = EraseSubject(.account(alice), requester: .account(alice), limits: Self.limits)
    scenario.when(own).thenRefused(.tooMany, field: "account")
    var operators = scenario
    #expect(
      try operators.perform(EraseSubject(.account(alice), requester: .operator, limits: Self.limits)).count == 1)
    scenario.now = try #require(try scenario.state.account(alice)).registeredAt + .seconds(3_600) - .milliseconds(1)
    scenario.when(own).thenRefused(.tooMany, field: "account")
    scenario.now = scenario.now + .milliseconds(1)
    #expect(try scenario.perform(own).count == 1)
  }

  @Test("So many persons erase themselves within a day, and operators go on")
  func dailyLimit() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    scenario.now = scenario.now + .seconds(7_200)
    let own = EraseSubject(.account(alice), requester: .account(alice), limits: Self.limits)
    scenario.state.countSelfErasure(at: scenario.now - .seconds(3_600))
    var one = scenario
    #expect(try one.perform(own).count == 1)
    scenario.state.countSelfErasure(at: scenario.now)
    scenario.when(own).thenRefused(.tooMany, field: "account")
    var operators = scenario
    #expect(
      try operators.perform(EraseSubject(.account(alice), requester: .operator, limits: Self.limits)).count == 1)
    scenario.now = scenario.now + .seconds(86_400 - 3_600)
    #expect(try scenario.perform(own).count == 1)
  }
}

@Suite struct AccountCommandTests {
  var scenario = Scenario()
  let alice: AccountID
  let admin: AccountID

  init() throws {
    alice = try scenario.account("alice")
    admin = try scenario.account("admin")
    try scenario.perform(ChangeAccountRole(account: admin, role: .tenantAdmin, requester: .operator))
  }

  @Test("Disabling and enabling, once each")
  mutating func disabling() throws {
    let disable = DisableAccount(account: alice, reason: " left ", requester: .account(admin))
    let disabled = filled(AccountDisabled()) {
      $0.account = alice.rawValue
      $0.reason = "left"
    }
    try scenario.when(disable).then(.accountDisabled(disabled), by: Subject(admin))
    let enable = EnableAccount(account: alice, requester: .operator)
    try scenario.when(enable).thenNothing()
    try scenario.perform(disable)
    try scenario.when(disable).thenNothing()
    try scenario.when(enable).then(
      .accountEnabled(filled(AccountEnabled()) { $0.account = alice.rawValue }), by: .operator)
  }

  @Test("Only administrators do it, in person")
  func administrators() throws {
    for requester: Requester in [.account(alice), .connector(ConnectorID(rawValue: 9), for: admin)] {
      scenario.when(DisableAccount(account: alice, reason: "x", requester: requester))
        .thenRefused(.forbidden, field: "requester")
      scenario.when(EnableAccount(account: alice, requester: requester)).thenRefused(.forbidden, field: "requester")
      scenario.when(ChangeAccountRole(account: alice, role: .auditor, requester: requester))
        .thenRefused(.forbidden, field: "requester")
    }
    scenario.when(DisableAccount(account: alice, reason: "", requester: .operator))
      .thenRefused(.invalidValue, field: "reason")
    scenario.when(DisableAccount(account: AccountID(rawValue: 99), reason: "x", requester: .operator))
      .thenRefused(.notFound, field: "account")
    scenario.when(ChangeAccountRole(account: alice, role: .unspecified, requester: .operator))
      .thenRefused(.invalidValue, field: "role")
    scenario.when(ChangeAccountRole(account: alice, role: .operator, requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
  }

  @Test("The last tenant administrator is an operator's to demote or disable")
  mutating func lastAdministrator() throws {
    let demote = ChangeAccountRole(account: admin, role: .user, requester: .account(admin))
    scenario.when(demote).thenRefused(.lastAdmin, field: "account")
    scenario.when(DisableAccount(account: admin, reason: "x", requester: .account(admin)))
      .thenRefused(.lastAdmin, field: "account")
    var byOperator = demote
    byOperator.requester = .operator
    let changed = filled(AccountRoleChanged()) {
      $0.account = admin.rawValue
      $0.before = .tenantAdmin
      $0.after = .user
    }
    try scenario.when(byOperator).then(.accountRoleChanged(changed), by: .operator)
    try scenario.perform(ChangeAccountRole(account: alice, role: .tenantAdmin, requester: .operator))
    try scenario.when(demote).then(.accountRoleChanged(changed), by: Subject(admin))
    // A disabled one does not count.
    try scenario.perform(DisableAccount(account: alice, reason: "x", requester: .operator))
    scenario.when(demote).thenRefused(.lastAdmin, field: "account")
  }

  @Test("A tenant's data is open while the granter administers the tenant")
  func tenantData() throws {
    var access = try GroupAccess()
    func scopes() throws -> Scopes? {
      guard
        case .valid(let claims) = try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
      else { return nil }
      return claims.scopes
    }
    #expect(try scopes() == .all)
    try access.scenario.perform(ChangeAccountRole(account: access.granter, role: .auditor, requester: .operator))
    #expect(try scopes()?.isDisjoint(with: [.tenantRead, .tenantWrite, .tenantRemove]) == true)
    #expect(try scopes()?.contains(.reactionWrite) == true)
    try access.scenario.perform(ChangeAccountRole(account: access.granter, role: .tenantAdmin, requester: .operator))
    #expect(try scopes() == .all)
  }
}

@Suite struct SigningKeyRecordTests {
  private func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
  private func rotated(_ before: UInt8, _ after: UInt8) -> LedgerEvent {
    .signingKeyRotated(
      filled(SigningKeyRotated()) {
        $0.before = .init(key(before))
        $0.after = .init(key(after))
      })
  }

  @Test("Every key that the log lacks is recorded, once")
  func lostKeys() throws {
    var scenario = try given(.ledgerCreated(filled(LedgerCreated()) { $0.verifyingKey = .init(key(1)) }))
    try scenario.when(RecordSigningKeys(keys: [key(1)])).thenNothing()
    let command = RecordSigningKeys(keys: [key(1), key(2), key(3)])
    try scenario.when(command).then(rotated(1, 2), rotated(2, 3), by: .operator)
    try scenario.perform(command)
    try scenario.when(command).thenNothing()
    scenario.when(RecordSigningKeys(keys: [key(4)])).thenRefused(.conflict, field: "keys")
  }
}
