import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct OversightTests {
  var scenario = Scenario()
  let ada: AccountID
  let user: AccountID

  init() throws {
    ada = try scenario.account("ada", role: .operator)
    user = try scenario.account("user")
  }

  private func isAdmitted(_ named: AccountID?, _ actor: Subject = .operator, in scenario: Scenario) -> String {
    do throws(DecisionFailure) {
      try scenario.state.requireNamed(named, as: actor)
      return "admitted"
    } catch {
      guard case .refused(let refusal) = error else { return "unreadable" }
      return "\(refusal.code) \(refusal.field)"
    }
  }

  @Test("Whom a change may name, and whether it must")
  func named() throws {
    #expect(isAdmitted(nil, in: scenario) == "admitted")
    #expect(isAdmitted(ada, in: scenario) == "admitted")
    for other in [user, AccountID(rawValue: 99)] { #expect(isAdmitted(other, in: scenario) == "forbidden operator") }
    #expect(isAdmitted(ada, Subject(user), in: scenario) == "invalid_value operator")
    #expect(isAdmitted(nil, Subject(user), in: scenario) == "admitted")
    var named = scenario
    try named.perform(ConfigureOversight(Oversight(namesOperators: true), named: ada))
    #expect(isAdmitted(nil, in: named) == "forbidden operator")
    #expect(isAdmitted(ada, in: named) == "admitted")
    #expect(isAdmitted(nil, Subject(user), in: named) == "admitted")
    var disabled = scenario
    try disabled.perform(DisableAccount(account: ada, reason: "left", requester: .operator))
    #expect(isAdmitted(ada, in: disabled) == "forbidden operator")
  }

  @Test("Rules are changed by a named operator, and only to what the operators there are can keep")
  func rules() throws {
    let rules = Oversight(namesOperators: true)
    scenario.when(ConfigureOversight(rules, named: nil)).thenRefused(.forbidden, field: "operator")
    scenario.when(ConfigureOversight(Oversight(guarded: [.keys]), named: ada)).thenRefused(
      .invalidValue, field: "rules")
    scenario.when(ConfigureOversight(Oversight(namesOperators: true, guarded: [.keys]), named: ada))
      .thenRefused(.conflict, field: "rules")
    try scenario.when(ConfigureOversight(Oversight(), named: ada)).thenNothing()
    let isNew = try scenario.when(ConfigureOversight(rules, named: ada))
      .then(
        .oversightConfigured(
          .with {
            $0.before = .init(); $0.after = .with { $0.namedOperators = true }
          }), by: .operator)
    #expect(isNew)
  }

  @Test("The last operator stays while operators must be named")
  func lastOperator() throws {
    var scenario = scenario
    // Accounts erase themselves an hour after they were registered.
    scenario.now = scenario.now + .seconds(3_600)
    func expect(_ scenario: Scenario, isRefused: Bool) throws {
      let commands: [any Command] = [
        DisableAccount(account: ada, reason: "x", requester: .operator),
        ChangeAccountRole(account: ada, role: .user, requester: .operator),
        EraseSubject(.account(ada), requester: .operator),
      ]
      for command in commands { Self.expect(command, in: scenario, isRefused: isRefused) }
      for command in Self.inPerson(ada) { Self.expect(command, in: scenario, isRefused: isRefused) }
    }
    // At the command line another is made at any time; in person nobody leaves the ledger without one.
    for command in Self.inPerson(ada) { Self.expect(command, in: scenario, isRefused: true) }
    for command in [DisableAccount(account: ada, reason: "x", requester: .operator)] {
      Self.expect(command, in: scenario, isRefused: false)
    }
    try scenario.perform(ConfigureOversight(Oversight(namesOperators: true), named: ada))
    try expect(scenario, isRefused: true)
    let bo = try scenario.account("bo", role: .operator)
    try expect(scenario, isRefused: false)
    try scenario.perform(ConfigureOversight(Oversight(namesOperators: true, guarded: [.roles]), named: bo))
    try expect(scenario, isRefused: true)
    _ = try scenario.account("cy", role: .operator)
    try expect(scenario, isRefused: false)
  }

  private static func inPerson(_ operatorAccount: AccountID) -> [any Command] {
    [
      EraseSubject(.account(operatorAccount), requester: .account(operatorAccount)),
      DisableAccount(account: operatorAccount, reason: "x", requester: .account(operatorAccount)),
    ]
  }

  private static func expect(_ command: some Command, in scenario: Scenario, isRefused: Bool) {
    let decided = scenario.when(command)
    if isRefused {
      decided.thenRefused(.lastAdmin, field: "account")
    } else {
      #expect(throws: Never.self, "\(command)") { try decided.thenSomething() }
    }
  }

  @Test("An operator registers an identity once")
  func registered() throws {
    let command = RegisterAccount(
      identity: .of("new"), issuer: "https://id.example.org", subject: .fake("new", person: 9),
      name: .fake("Bo", person: 9), role: .operator)
    let made = try scenario.when(command).then(
      .accountRegistered(
        .with {
          $0.issuer = command.issuer
          $0.subject = command.subject
          $0.name = command.name
          $0.role = .operator
        }), by: .operator)
    #expect(made.rawValue == scenario.next)
    var other = command
    other.name = .fake("Bo", person: 8)
    scenario.when(other).thenRefused(.conflict, field: "subject")
  }

  @Test("An operator who registers somebody may vouch for a number that nobody holds")
  func vouched() throws {
    var scenario = scenario
    let number = KeyedHashes.fake.number(.fake("+911199999999", person: 9))
    var command = RegisterAccount(
      identity: .of("new"), issuer: "https://id.example.org", subject: .fake("new", person: 9),
      name: .fake("Bo", person: 9), email: .fake("bo@example.org", person: 9), role: .user,
      phone: .init(number: number, sealed: .fake("+911199999999", person: 9)))
    let next = scenario.next
    try scenario.when(command).then(
      .accountRegistered(
        .with {
          $0.issuer = command.issuer
          $0.subject = command.subject
          $0.name = command.name
          $0.email = .fake("bo@example.org", person: 9)
          $0.role = .user
        }),
      .phoneVerified(
        .with {
          $0.account = next
          $0.number = .fake("+911199999999", person: 9)
        }), by: .operator)
    #expect(try scenario.perform(command).rawValue == next)
    #expect(try scenario.state.phones(of: AccountID(rawValue: next)) == [PhoneID(rawValue: next + 1)])
    command.identity = .of("other")
    scenario.when(command).thenRefused(.conflict, field: "number")
    command.phone?.sealed = .fake("+911199999998", person: 8)
    command.phone?.number = .of("free")
    scenario.when(command).thenRefused(.conflict, field: "subject")
  }
}

extension Decided {
  /// Expects that something happens.
  fileprivate func thenSomething() throws { #expect(try !result.get().events.isEmpty) }
}
