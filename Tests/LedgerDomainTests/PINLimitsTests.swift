import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

private func number(_ index: Int) -> String { "+9111999900\(10 + index)" }
private func lookup(_ index: Int) -> Digest { KeyedHashes.fake.number(.fake(number(index))) }

@Suite struct PINLimitsTests {
  var scenario = Scenario()
  let alice: AccountID
  let bob: AccountID

  init() throws {
    alice = try scenario.account("alice")
    bob = try scenario.account("bob")
  }

  private func request(_ index: Int, by account: AccountID) -> RequestPIN {
    RequestPIN(
      account: account, number: lookup(index), sealedNumber: .fake(number(index)),
      salt: [UInt8](repeating: 3, count: 16), pinDigest: .of("1234"))
  }

  @Test("Three PINs an hour for an account, whatever the numbers")
  mutating func perAccount() throws {
    for index in 0..<3 { try scenario.perform(request(index, by: alice)) }
    scenario.when(request(3, by: alice)).thenRefused(.tooMany, field: "account")
    try scenario.perform(request(3, by: bob))
    scenario.now += .milliseconds(3_599_999)
    scenario.when(request(4, by: alice)).thenRefused(.tooMany, field: "account")
    scenario.now += .milliseconds(1)
    try scenario.perform(request(4, by: alice))
  }

  @Test("Three PINs an hour for a number, whoever asks")
  mutating func perNumber() throws {
    for account in [alice, bob, try scenario.account("carol")] { try scenario.perform(request(0, by: account)) }
    let dave = try scenario.account("dave")
    scenario.when(request(0, by: dave)).thenRefused(.tooMany, field: "number")
  }

  @Test("Ten PINs a day")
  mutating func perDay() throws {
    for _ in 0..<10 {
      try scenario.perform(request(0, by: alice))
      scenario.now += .seconds(3_600)
    }
    scenario.when(request(0, by: bob)).thenRefused(.tooMany, field: "number")
    scenario.when(request(1, by: alice)).thenRefused(.tooMany, field: "account")
    scenario.now += .milliseconds(14 * 3_600_000 - 1)
    scenario.when(request(0, by: bob)).thenRefused(.tooMany, field: "number")
    scenario.now += .milliseconds(1)
    try scenario.perform(request(0, by: bob))
  }

  @Test("Asking again forgives no wrong PIN, nor does asking by another account")
  mutating func persistence() throws {
    let start = scenario.now
    for account in [alice, bob] {
      let asked = try scenario.perform(request(0, by: account))
      for _ in 0..<5 {
        try scenario.perform(
          VerifyPIN(account: account, challenge: asked.challenge, candidate: .of("0000"), number: lookup(0)))
      }
    }
    scenario.when(request(0, by: alice)).thenRefused(.tooMany, field: "number")
    let challenge = try scenario.challenge(number(0), by: alice)
    let right = VerifyPIN(account: alice, challenge: challenge, candidate: .of("1234"), number: lookup(0))
    scenario.when(right).thenRefused(.tooMany, field: "number")
    // A day after the last wrong try, and not before.
    scenario.now = start + .milliseconds(86_399_999)
    scenario.when(request(0, by: alice)).thenRefused(.tooMany, field: "number")
    scenario.now += .milliseconds(1)
    try scenario.perform(request(0, by: alice))
  }

  @Test("An operator removes anybody's phone, and the number is free")
  mutating func removed() throws {
    let phone = try scenario.phone(number(0), of: alice)
    scenario.when(RemovePhone(phone: phone, requester: .account(bob))).thenRefused(.notFound, field: "phone")
    let removed = filled(PhoneRemoved()) {
      $0.phone = phone.rawValue
      $0.account = alice.rawValue
    }
    try scenario.when(RemovePhone(phone: phone, requester: .operator)).then(.phoneRemoved(removed), by: .operator)
    try scenario.perform(RemovePhone(phone: phone, requester: .operator))
    let asked = try scenario.perform(request(0, by: bob))
    let verified = try scenario.perform(
      VerifyPIN(account: bob, challenge: asked.challenge, candidate: .of("1234"), number: lookup(0)))
    let holder = try scenario.state.phone(number: lookup(0))
    #expect(holder.map { .verified($0) } == verified)
  }

  @Test("Who is erased and comes again finds the counts of before")
  mutating func erased() throws {
    let asked = try scenario.perform(request(0, by: alice))
    for _ in 0..<5 {
      try scenario.perform(
        VerifyPIN(account: alice, challenge: asked.challenge, candidate: .of("0000"), number: lookup(0)))
    }
    for index in 1...2 { try scenario.perform(request(index, by: alice)) }
    let erased = filled(SubjectErased()) {
      $0.person = .init([UInt8](repeating: 1, count: 16))
      $0.account = alice.rawValue
    }
    try scenario.given(.subjectErased(erased))
    // The same identity, under a new key: a new account, and the same person to the limits.
    let registered = filled(V2AccountRegistered()) {
      $0.issuer = "https://login.example.org"
      $0.subject = .fake("alice", person: 2)
      $0.role = .user
    }
    let again = AccountID(rawValue: try scenario.given(.accountRegistered(registered)))
    var command = request(3, by: again)
    command.sealedNumber = .fake(number(3), person: 2)
    scenario.when(command).thenRefused(.tooMany, field: "account")
    scenario.now += .seconds(3_600)
    let open = try scenario.perform(filled(request(0, by: again)) { $0.sealedNumber = .fake(number(0), person: 2) })
    for _ in 0..<5 {
      try scenario.perform(
        VerifyPIN(account: again, challenge: open.challenge, candidate: .of("0000"), number: lookup(0)))
    }
    scenario.when(request(0, by: again)).thenRefused(.tooMany, field: "number")
  }
}
