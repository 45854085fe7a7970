import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct CreateLedgerTests {
  let key = [UInt8](repeating: 9, count: 32)

  @Test("A ledger begins with its name and its key")
  func created() throws {
    let event = filled(LedgerCreated()) {
      $0.origin = "ledger.example.org"
      $0.verifyingKey = .init(key)
    }
    try given().when(CreateLedger(origin: "ledger.example.org", verifyingKey: key))
      .then(.ledgerCreated(event), by: .operator)
  }

  @Test("A log that has events is never begun again")
  func again() throws {
    try given(.ledgerCreated(LedgerCreated())).when(CreateLedger(origin: "a", verifyingKey: key))
      .thenRefused(.conflict, field: "ledger")
  }

  @Test(
    "The name is one that a checkpoint can carry",
    arguments: ["", "two words", "a+b", "line\nfeed", "\u{7}", String(repeating: "x", count: 256)])
  func origin(origin: String) throws {
    try given().when(CreateLedger(origin: origin, verifyingKey: key)).thenRefused(.invalidValue, field: "origin")
  }

  @Test("The key has 32 bytes", arguments: [0, 31, 33])
  func keyLength(count: Int) throws {
    try given().when(CreateLedger(origin: "a", verifyingKey: [UInt8](repeating: 1, count: count)))
      .thenRefused(.invalidValue, field: "verifyingKey")
  }
}

@Suite struct SignInTests {
  let issuer = "https://login.example.org"
  var command: SignIn {
    SignIn(
      identity: KeyedHashes.fake.identity(issuer, .fake("alice")), issuer: issuer, subject: .fake("alice"),
      name: .fake("Alice"))
  }

  @Test("The first sign-in registers the account")
  func firstSignIn() throws {
    let event = filled(V2AccountRegistered()) {
      $0.issuer = issuer
      $0.subject = .fake("alice")
      $0.name = .fake("Alice")
      $0.role = .user
    }
    var scenario = Scenario()
    let outcome = try scenario.when(command).then(.accountRegistered(event), by: Subject(kind: .account, number: 1))
    #expect(outcome == SignIn.Outcome(account: AccountID(rawValue: 1), isNew: true))
    #expect(try scenario.perform(command) == outcome)
    #expect(try scenario.perform(command).isNew == false)
  }

  @Test("Later ones are recorded for the same account")
  func laterSignIn() throws {
    var scenario = Scenario()
    _ = try scenario.account("bob")
    let alice = try scenario.account("alice")
    let event = filled(AccountSignedIn()) {
      $0.account = alice.rawValue
      $0.name = .fake("Alice")
      $0.userAgent = .fake("curl")
    }
    var command = command
    command.userAgent = .fake("curl")
    let outcome = try scenario.when(command).then(.accountSignedIn(event), by: Subject(alice))
    #expect(outcome == SignIn.Outcome(account: alice, isNew: false))
  }

  @Test("A disabled account does not sign in")
  func disabled() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    scenario.when(command).thenRefused(.accountDisabled, field: "account")
    try scenario.given(.accountEnabled(filled(AccountEnabled()) { $0.account = alice.rawValue }))
    #expect(try scenario.perform(command).account == alice)
  }

  @Test("An issuer has a name")
  func issuerName() throws {
    var command = command
    command.issuer = ""
    Scenario().when(command).thenRefused(.invalidValue, field: "issuer")
  }

  @Test("Unreadable state decides nothing")
  func unreadable() throws {
    var scenario = Scenario()
    scenario.state.failure = StateUnreadable("planted")
    scenario.when(command).thenUnreadable()
  }
}
