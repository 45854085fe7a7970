import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

private let number = "+911199999999"
private let lookup = KeyedHashes.fake.number(.fake(number))

private func person(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 16) }

extension Scenario {
  /// Somebody is known in a group by a number alone, sealed under a person's key.
  @discardableResult
  fileprivate mutating func known(
    by number: String, person: UInt8, in group: GroupID, account: AccountID? = nil
  ) throws -> MembershipID {
    let event = filled(GroupMemberAdded()) {
      $0.group = group.rawValue
      $0.account = account?.rawValue ?? 0
      $0.number = .fake(number, person: person)
      $0.role = .member
    }
    return MembershipID(rawValue: try given(.groupMemberAdded(event)))
  }

  fileprivate mutating func disable(_ account: AccountID) throws {
    try given(.accountDisabled(filled(AccountDisabled()) { $0.account = account.rawValue }))
  }

  fileprivate mutating func erase(person: [UInt8]) throws {
    try given(.subjectErased(filled(SubjectErased()) { $0.person = .init(person) }))
  }
}

@Suite struct ErasureOfNumbersTests {
  @Test("The numbers that an account holds go with it, each with its own key, and the account last")
  func numbers() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let group = try scenario.group(by: alice)
    for index in 0..<2 {
      try scenario.known(by: "\(number)\(index)", person: UInt8(10 + index), in: group)
      _ = try scenario.phone("\(number)\(index)", of: alice)
    }
    let command = EraseSubject(.account(alice), requester: .operator)
    #expect(try scenario.perform(command) == [person(10), person(11), person(1)])
    #expect(try scenario.perform(command).isEmpty)
  }

  @Test("At most eight persons are erased by one command, and the rest by the next")
  func eightPersons() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let group = try scenario.group(by: alice)
    for index in 0..<9 {
      try scenario.known(by: "\(number)\(index)", person: UInt8(10 + index), in: group)
      _ = try scenario.phone("\(number)\(index)", of: alice)
    }
    let command = EraseSubject(.account(alice), requester: .operator)
    #expect(try scenario.perform(command) == (10..<18).map { person($0) })
    #expect(try scenario.state.account(alice)?.isErased == false)
    #expect(try scenario.perform(command) == [person(18), person(1)])
    #expect(try scenario.state.account(alice)?.isErased == true)
  }

  @Test("A disabled holder does not erase itself")
  func disabledHolder() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    try scenario.disable(alice)
    scenario.when(EraseSubject(.account(alice), requester: .account(alice)))
      .thenRefused(.accountDisabled, field: "requester")
  }

  @Test("A number is sealed under one key, which is not an erased person's")
  func sealedKey() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let groups = [try scenario.group(by: alice), try scenario.group(by: alice, publicID: .fake(101))]
    func add(_ person: UInt8) -> AddMember {
      AddMember(
        group: groups[1], person: .number(lookup, .fake(number, person: person)), requester: Requester.operator)
    }
    try scenario.known(by: number, person: 10, in: groups[0])
    scenario.when(add(11)).thenRefused(.conflict, field: "number")
    var other = scenario
    try other.perform(add(10))
    try scenario.erase(person: person(10))
    scenario.when(add(10)).thenRefused(.conflict, field: "number")
    try scenario.perform(add(11))
  }
}

@Suite struct WaitingMembershipTests {
  @Test("Whoever verifies a number becomes no member of anything by that")
  func noMembership() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let bob = try scenario.account("bob")
    var groups: [GroupID] = []
    for index in 0..<4 { groups.append(try scenario.group(by: bob, publicID: .fake(UInt8(100 + index)))) }
    try scenario.known(by: number, person: 10, in: groups[0])
    try scenario.known(by: number, person: 10, in: groups[1])
    // One that somebody has already, and one in a group that the account is a member of anyway.
    try scenario.known(by: number, person: 10, in: groups[2], account: bob)
    _ = try scenario.member(of: groups[3], account: alice)
    try scenario.known(by: number, person: 10, in: groups[3])
    try scenario.known(by: "+33699999999", person: 12, in: groups[0])
    let challenge = try scenario.challenge(number, by: alice)
    let event = filled(PhoneVerified()) {
      $0.account = alice.rawValue
      $0.challenge = challenge.rawValue
      $0.number = .fake(number)
    }
    try scenario.when(VerifyPIN(account: alice, challenge: challenge, candidate: .of("1234"), number: lookup))
      .then(.phoneVerified(event), by: Subject(alice))
  }

  @Test("A disabled account removes no phone")
  func disabledPhone() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let phone = try scenario.phone(number, of: alice)
    try scenario.disable(alice)
    scenario.when(RemovePhone(phone: phone, requester: .account(alice)))
      .thenRefused(.accountDisabled, field: "requester")
  }
}

@Suite struct SignInPINHolderTests {
  static let number = "+910000000002"
  var access: GroupAccess
  let challenge: ChallengeID

  init() throws {
    var access = try GroupAccess()
    _ = try access.scenario.phone("+910000000012", of: access.granter)
    let asked = filled(V3PhonePINRequested()) {
      $0.account = access.granter.rawValue
      $0.number = .fake(Self.number)
      $0.salt = .init([UInt8](repeating: 7, count: 16))
      $0.pinDigest = .init(Digest.of("123456"))
      $0.expiresAt = (access.scenario.now + .seconds(600)).milliseconds
      $0.connector = access.connector.rawValue
    }
    challenge = ChallengeID(rawValue: try access.scenario.given(.phonePINRequested(asked)))
    self.access = access
  }

  private func signIn(_ number: String, pin: String = "123456") -> SignInWithPIN {
    SignInWithPIN(
      connector: .fake(1), secretDigest: .of("secret"), number: KeyedHashes.fake.number(.fake(number)),
      challenge: challenge, candidate: .of(pin), refreshDigest: .of("user refresh"))
  }

  @Test("It is good with the number that it was sent to")
  func sentNumber() throws {
    var scenario = access.scenario
    guard case .signedIn = try scenario.perform(signIn(Self.number)) else { throw Unexpected() }
    // The same person's other number is another one.
    access.scenario.when(signIn("+910000000012")).thenRefused(.invalidGrant, field: "pin")
  }

  @Test("A number that has moved to another account signs nobody in")
  mutating func movedNumber() throws {
    let removed = filled(PhoneRemoved()) {
      $0.phone = access.phone.rawValue
      $0.account = access.granter.rawValue
    }
    try access.scenario.given(.phoneRemoved(removed))
    _ = try access.scenario.phone(Self.number, of: access.stranger)
    access.scenario.when(signIn(Self.number)).thenRefused(.invalidGrant, field: "pin")
  }

  @Test("A disabled holder's wrong PIN is no event")
  mutating func disabledPIN() throws {
    try access.scenario.disable(access.granter)
    access.scenario.when(signIn(Self.number, pin: "000000")).thenRefused(.invalidGrant, field: "pin")
  }
}

@Suite struct AccountRulesTests {
  @Test("An account with the operator role administers accounts, and is an operator's to demote")
  func operatorRole() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    let officer = try scenario.account("officer", role: .operator)
    let admin = try scenario.account("admin", role: .tenantAdmin)
    scenario.when(ChangeAccountRole(account: officer, role: .user, requester: .account(admin)))
      .thenRefused(.forbidden, field: "requester")
    try scenario.when(ChangeAccountRole(account: alice, role: .user, requester: .account(admin))).thenNothing()
    // Without a tenant administrator in force, those who never were one, or are none in force, may still be changed.
    try scenario.disable(admin)
    try scenario.perform(DisableAccount(account: alice, reason: "left", requester: .account(officer)))
    try scenario.perform(ChangeAccountRole(account: admin, role: .user, requester: .account(officer)))
  }

  @Test("A reason has at most 500 characters")
  func reason() throws {
    var scenario = Scenario()
    let alice = try scenario.account("alice")
    func disable(_ count: Int) -> DisableAccount {
      DisableAccount(account: alice, reason: String(repeating: "x", count: count), requester: .operator)
    }
    scenario.when(disable(501)).thenRefused(.invalidValue, field: "reason")
    try scenario.perform(disable(500))
  }

  @Test("What concerns the tenant is a tenant administrator's to give")
  func tenant() {
    #expect(AccountRole.tenantAdmin.grantableScopes == .all)
    for role: AccountRole in [.user, .auditor, .operator] {
      #expect(role.grantableScopes == Scopes.all.subtracting([.tenantRead, .tenantWrite, .tenantRemove]))
    }
  }
}

@Suite struct SignInValuesTests {
  let issuer = "https://login.example.org"
  private func command(_ change: (inout SignIn) -> Void = { _ in }) -> SignIn {
    var command = SignIn(
      identity: KeyedHashes.fake.identity(issuer, .fake("alice")), issuer: issuer, subject: .fake("alice"),
      email: .fake("alice@example.org"), role: .auditor)
    change(&command)
    return command
  }

  @Test("A registration has the role and the e-mail address, a later sign-in the address")
  func registration() throws {
    var scenario = Scenario()
    let registered = filled(V2AccountRegistered()) {
      $0.issuer = issuer
      $0.subject = .fake("alice")
      $0.email = .fake("alice@example.org")
      $0.role = .auditor
    }
    try scenario.when(command()).then(.accountRegistered(registered))
    let alice = try scenario.perform(command()).account
    let signedIn = filled(AccountSignedIn()) {
      $0.account = alice.rawValue
      $0.email = .fake("alice@example.org")
    }
    try scenario.when(command()).then(.accountSignedIn(signedIn))
  }

  @Test("What is sealed for another is refused")
  func foreignSeal() throws {
    var scenario = Scenario()
    try scenario.perform(command())
    for change: (inout SignIn) -> Void in [
      { $0.subject = .fake("alice", person: 2) }, { $0.name = .fake("Alice", person: 2) },
      { $0.email = .fake("a", person: 2) }, { $0.userAgent = .fake("curl", person: 2) },
    ] {
      scenario.when(command(change)).thenRefused(.conflict, field: "subject")
    }
    var erased = Scenario()
    try erased.erase(person: person(1))
    erased.when(command()).thenRefused(.conflict, field: "subject")
  }

  @Test("An issuer has at most 2,000 bytes")
  func issuerLength() throws {
    func long(_ count: Int) -> SignIn { command { $0.issuer = String(repeating: "x", count: count) } }
    Scenario().when(long(2_001)).thenRefused(.invalidValue, field: "issuer")
    var scenario = Scenario()
    try scenario.perform(long(2_000))
  }
}

@Suite struct KeyRecordTests {
  @Test("A master key's rotation has two fingerprints of eight bytes")
  func rotation() throws {
    func record(_ before: [UInt8], _ after: [UInt8]) -> RecordMasterKey {
      RecordMasterKey(before: before, after: after)
    }
    let (one, two) = ([UInt8](repeating: 1, count: 8), [UInt8](repeating: 2, count: 8))
    for command in [record(one, one), record(Array(one.dropLast()), two), record(one, two + [0])] {
      Scenario().when(command).thenRefused(.invalidValue, field: "after")
    }
    let event = filled(MasterKeyRotated()) {
      $0.before = .init(one)
      $0.after = .init(two)
    }
    try Scenario().when(record(one, two)).then(.masterKeyRotated(event), by: .operator)
  }

  @Test("At most eight signing keys are recorded by one command")
  func eightKeys() throws {
    let keys = (1...11).map { [UInt8](repeating: $0, count: 32) }
    var scenario = try given(.ledgerCreated(filled(LedgerCreated()) { $0.verifyingKey = .init(keys[0]) }))
    #expect(try scenario.perform(RecordSigningKeys(keys: keys)) == 8)
    #expect(try scenario.perform(RecordSigningKeys(keys: keys)) == 2)
    #expect(try scenario.perform(RecordSigningKeys(keys: keys)) == 0)
  }
}
