import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

private let number = "+911199999999"
private let lookup = KeyedHashes.fake.number(.fake(number))

@Suite struct RequestPINTests {
  var scenario = Scenario()
  let alice: AccountID

  init() throws { alice = try scenario.account("alice") }

  private var command: RequestPIN {
    RequestPIN(
      account: alice, number: lookup, sealedNumber: .fake(number), salt: [UInt8](repeating: 3, count: 16),
      pinDigest: .of("1234"))
  }

  @Test("A PIN is open for ten minutes")
  func open() throws {
    let event = filled(V3PhonePINRequested()) {
      $0.account = alice.rawValue
      $0.number = .fake(number)
      $0.salt = .init([UInt8](repeating: 3, count: 16))
      $0.pinDigest = .init(Digest.of("1234"))
      $0.expiresAt = (scenario.now + .seconds(600)).milliseconds
    }
    let outcome = try scenario.when(command).then(.phonePINRequested(event), by: Subject(alice))
    #expect(outcome.challenge.rawValue == scenario.next)
    #expect(outcome.expiresAt == scenario.now + .seconds(600))
  }

  @Test("Who asks hears nothing of another who holds the number, until the PIN is there")
  mutating func silent() throws {
    _ = try scenario.phone(number, of: scenario.account("bob"))
    let asked = try scenario.perform(command)
    var present = VerifyPIN(account: alice, challenge: asked.challenge, candidate: .of("0000"), number: lookup)
    #expect(try scenario.perform(present) == .rejected(triesLeft: 4))
    present.candidate = .of("1234")
    let taken = scenario.when(present).thenRefused(.conflict, field: "number")
    #expect(taken?.expected.contains("other account") == true)
    // The ask counted as any other: with that by which it was verified it was the second of three.
    try scenario.perform(command)
    scenario.when(command).thenRefused(.tooMany, field: "number")
  }

  @Test("A number is verified once")
  mutating func once() throws {
    _ = try scenario.phone(number, of: alice)
    let own = scenario.when(command).thenRefused(.conflict, field: "number")
    #expect(own?.expected.contains("other account") == false)
  }

  @Test("Only accounts in force ask")
  mutating func asking() throws {
    var unknown = command
    unknown.account = AccountID(rawValue: 99)
    scenario.when(unknown).thenRefused(.notFound, field: "account")
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    scenario.when(command).thenRefused(.accountDisabled, field: "account")
  }

  @Test("The salt has its length")
  func salt() throws {
    var command = command
    command.salt = []
    scenario.when(command).thenRefused(.invalidValue, field: "salt")
  }
}

@Suite struct VerifyPINTests {
  var scenario = Scenario()
  let alice: AccountID
  let challenge: ChallengeID

  init() throws {
    alice = try scenario.account("alice")
    challenge = try scenario.challenge(number, by: alice)
  }

  private func command(_ pin: String) -> VerifyPIN {
    VerifyPIN(account: alice, challenge: challenge, candidate: .of(pin), number: lookup)
  }

  private func rejected(triesLeft: UInt32) -> LedgerEvent {
    .phonePINRejected(
      filled(PhonePINRejected()) {
        $0.account = alice.rawValue
        $0.challenge = challenge.rawValue
        $0.triesLeft = triesLeft
      })
  }

  @Test("The right PIN verifies the phone, once")
  mutating func verified() throws {
    let event = filled(PhoneVerified()) {
      $0.account = alice.rawValue
      $0.challenge = challenge.rawValue
      $0.number = .fake(number)
    }
    let outcome = try scenario.when(command("1234")).then(.phoneVerified(event), by: Subject(alice))
    #expect(outcome == .verified(PhoneID(rawValue: scenario.next)))
    try scenario.perform(command("1234"))
    scenario.when(command("1234")).thenRefused(.noOpenPIN, field: "challenge")
    scenario.when(command("0000")).thenRefused(.noOpenPIN, field: "challenge")
  }

  @Test("Five wrong PINs are recorded, then even the right one is refused")
  mutating func fiveWrong() throws {
    for left in [4, 3, 2, 1, 0] {
      let outcome = try scenario.when(command("0000")).then(rejected(triesLeft: UInt32(left)), by: Subject(alice))
      #expect(outcome == .rejected(triesLeft: left))
      try scenario.perform(command("0000"))
    }
    scenario.when(command("1234")).thenRefused(.tooMany, field: "challenge")
  }

  @Test("The right PIN is taken at the fifth try")
  mutating func fifthTry() throws {
    for _ in 1...4 { try scenario.perform(command("0000")) }
    #expect(try scenario.perform(command("1234")) == .verified(PhoneID(rawValue: scenario.next - 1)))
  }

  @Test("A PIN is open until just before it expires")
  mutating func expiry() throws {
    scenario.now += .milliseconds(599_999)
    try scenario.when(command("0000")).then(rejected(triesLeft: 4))
    scenario.now += .milliseconds(1)
    scenario.when(command("1234")).thenRefused(.noOpenPIN, field: "challenge")
  }

  @Test("A newer PIN supersedes it")
  mutating func superseded() throws {
    _ = try scenario.challenge("+910000000000", by: alice)
    try scenario.when(command("0000")).then(rejected(triesLeft: 4))
    _ = try scenario.challenge(number, by: alice)
    scenario.when(command("1234")).thenRefused(.noOpenPIN, field: "challenge")
  }

  @Test("Another's or an unknown challenge is none")
  mutating func foreign() throws {
    var command = command("1234")
    command.account = try scenario.account("bob")
    scenario.when(command).thenRefused(.noOpenPIN, field: "challenge")
    command.account = alice
    command.challenge = ChallengeID(rawValue: 99)
    scenario.when(command).thenRefused(.noOpenPIN, field: "challenge")
  }

  @Test("Who was quicker keeps the number")
  mutating func quicker() throws {
    _ = try scenario.phone(number, of: scenario.account("bob"))
    scenario.when(command("1234")).thenRefused(.conflict, field: "number")
  }

  @Test("A disabled account verifies nothing")
  mutating func disabled() throws {
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    scenario.when(command("1234")).thenRefused(.accountDisabled, field: "account")
  }
}

@Suite struct RemovePhoneTests {
  @Test("An account removes its own phones only, once")
  func removed() throws {
    var access = try GroupAccess()
    let event = filled(PhoneRemoved()) {
      $0.phone = access.phone.rawValue
      $0.account = access.granter.rawValue
    }
    let command = RemovePhone(phone: access.phone, requester: .account(access.granter))
    try access.scenario.when(command).then(.phoneRemoved(event), by: Subject(access.granter))
    access.scenario.when(RemovePhone(phone: access.phone, requester: .account(access.owner)))
      .thenRefused(.notFound, field: "phone")
    access.scenario.when(RemovePhone(phone: PhoneID(rawValue: 999), requester: .account(access.owner)))
      .thenRefused(.notFound, field: "phone")
    try access.scenario.perform(command)
    access.scenario.when(command).thenRefused(.gone, field: "phone")
    #expect(
      try judge(handle: access.token, at: access.scenario.now, in: access.scenario.state)
        == .invalid(.stopped(Subject(access.phone), by: Position(access.scenario.next - 1))))
  }
}
