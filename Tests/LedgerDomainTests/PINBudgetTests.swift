import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Limits over all numbers: a connector may not try every number's few guesses, and whoever is no connector may not use up
/// what others need.
@Suite struct PINBudgetTests {
  static let number = "+910000000002"
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func request(_ budgets: PINBudgets, secret: Digest? = .of("secret")) -> RequestSignInPIN {
    RequestSignInPIN(
      connector: .fake(1), secretDigest: secret, number: .of(Self.number),
      holder: .init(account: access.granter, sealedNumber: .fake(Self.number)),
      salt: [UInt8](repeating: 7, count: 16), pinDigest: .of("123456"), budgets: budgets)
  }

  /// An ask for a number that nobody holds.
  private func spray(_ budgets: PINBudgets, secret: Digest? = .of("secret")) -> RequestSignInPIN {
    var command = request(budgets, secret: secret)
    command.number = .of("+910000000099")
    command.holder = nil
    return command
  }

  @Test("A connector has a budget of asks, whatever the numbers")
  mutating func connector() throws {
    let budgets = PINBudgets(connector: PINBudget(hourly: 3, daily: 4))
    for _ in 0..<3 { #expect(try access.scenario.perform(spray(budgets)) == nil) }
    for command in [spray(budgets), request(budgets)] {
      access.scenario.when(command).thenRefused(.tooMany, field: "connector")
    }
    access.scenario.now += .seconds(3_600)
    try access.scenario.perform(request(budgets))
    for command in [spray(budgets), request(budgets)] {
      access.scenario.when(command).thenRefused(.tooMany, field: "connector")
    }
    // Another connector has its own.
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    var other = request(budgets, secret: .of("other"))
    other.connector = .fake(2)
    try access.scenario.perform(other)
  }

  @Test("All asks have a budget, those of people included")
  mutating func all() throws {
    let budgets = PINBudgets(overall: PINBudget(hourly: 100, daily: 5))
    // Two PINs were asked for when the phones of the scenario were verified.
    let before = try access.scenario.state.dayCounts(.everybody, after: access.scenario.now - .seconds(60)).asks
    for _ in before..<5 { try access.scenario.perform(spray(budgets)) }
    access.scenario.when(request(budgets)).thenRefused(.tooMany, field: "pin")
    let own = RequestPIN(
      account: access.stranger, number: .of("+910000000077"), sealedNumber: .fake("+910000000077"),
      salt: [UInt8](repeating: 7, count: 16), pinDigest: .of("123456"), budgets: budgets)
    access.scenario.when(own).thenRefused(.tooMany, field: "pin")
  }

  @Test("Without the Secret, asks share a budget, and leave half of a number's day")
  mutating func withoutSecret() throws {
    let budgets = PINBudgets()
    access.scenario.now += .seconds(86_400)
    for _ in 0..<5 {
      #expect(try access.scenario.perform(request(budgets, secret: nil)) != nil)
      access.scenario.now += .seconds(3_600)
    }
    let withheld = filled(PhonePINWithheld()) {
      $0.connector = access.connector.rawValue
      $0.unauthenticated = true
    }
    try access.scenario.when(request(budgets, secret: nil)).then(.phonePINWithheld(withheld))
    for _ in 0..<5 {
      #expect(try access.scenario.perform(request(budgets)) != nil)
      access.scenario.now += .seconds(3_600)
    }
    #expect(try access.scenario.perform(request(budgets)) == nil)

    let small = PINBudgets(strangers: PINBudget(hourly: 2, daily: 9))
    for _ in 0..<2 { try access.scenario.perform(spray(small, secret: nil)) }
    access.scenario.when(spray(small, secret: nil)).thenRefused(.tooMany, field: "connector")
    // What strangers ask for is not the connector's.
    try access.scenario.perform(request(small))
  }

  @Test("Wrong PINs have budgets too")
  mutating func wrongPINs() throws {
    for (budgets, field) in [
      (PINBudgets(connectorFailures: PINBudget(hourly: 2, daily: 9)), "connector"),
      (PINBudgets(overallFailures: PINBudget(hourly: 9, daily: 2)), "pin"),
    ] {
      var scenario = access.scenario
      let challenge = try #require(try scenario.perform(request(budgets))).challenge
      var command = SignInWithPIN(
        connector: .fake(1), secretDigest: .of("secret"), number: .of(Self.number), challenge: challenge,
        candidate: .of("wrong"), refreshDigest: .of("user refresh"), budgets: budgets)
      for _ in 0..<2 { try scenario.perform(command) }
      command.candidate = .of("123456")
      scenario.when(command).thenRefused(.tooMany, field: field)
      command.number = .of("+910000000099")
      command.challenge = nil
      scenario.when(command).thenRefused(.tooMany, field: field)
    }
  }
}
