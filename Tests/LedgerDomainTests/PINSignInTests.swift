import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct PINSignInTests {
  static let number = "+910000000002"
  var access: GroupAccess
  init() throws { access = try GroupAccess() }

  private func request(
    _ change: (inout RequestSignInPIN) -> Void = { _ in }
  ) -> RequestSignInPIN {
    var command = RequestSignInPIN(
      connector: .fake(1), secretDigest: .of("secret"), number: .of(Self.number),
      holder: .init(account: access.granter, sealedNumber: .fake(Self.number)),
      salt: [UInt8](repeating: 7, count: 16), pinDigest: .of("123456"))
    change(&command)
    return command
  }

  private func signIn(
    _ challenge: ChallengeID?, _ change: (inout SignInWithPIN) -> Void = { _ in }
  ) -> SignInWithPIN {
    var command = SignInWithPIN(
      connector: .fake(1), secretDigest: .of("secret"), number: .of(Self.number), challenge: challenge,
      candidate: .of("123456"), refreshDigest: .of("user refresh"))
    change(&command)
    return command
  }

  private var withheld: LedgerEvent {
    .phonePINWithheld(filled(PhonePINWithheld()) { $0.connector = access.connector.rawValue })
  }

  private mutating func open() throws -> ChallengeID {
    try #require(try access.scenario.perform(request())).challenge
  }

  @Test("PINs for signing in count with all others, and past the limit none is made")
  mutating func counted() throws {
    // The number was verified by a PIN before, in the same hour.
    for _ in 0..<2 { _ = try open() }
    try access.scenario.when(request()).then(withheld)
    access.scenario.now = access.scenario.now + .seconds(3_601)
    _ = try open()
  }

  @Test("Wrong PINs for signing in count for the number, whatever PIN is tried next")
  mutating func wrongNumber() throws {
    for _ in 0..<2 {
      let challenge = try open()
      for _ in 0..<5 {
        _ = try access.scenario.perform(signIn(challenge) { $0.candidate = .of("wrong") })
      }
      access.scenario.now = access.scenario.now + .seconds(3_601)
    }
    // Ten wrong ones: no new PIN is made on any way, and the right one would be refused.
    try access.scenario.when(request()).then(withheld)
    let event = filled(V3PhonePINRequested()) {
      $0.account = access.granter.rawValue
      $0.number = .fake(Self.number)
      $0.salt = .init([UInt8](repeating: 7, count: 16))
      $0.pinDigest = .init(Digest.of("123456"))
      $0.expiresAt = (access.scenario.now + .seconds(600)).milliseconds
      $0.connector = access.connector.rawValue
    }
    let other = ChallengeID(rawValue: try access.scenario.given(.phonePINRequested(event)))
    access.scenario.when(signIn(other)).thenRefused(.invalidGrant, field: "pin")
  }

  @Test("A PIN is made for the holder of a verified number")
  func made() throws {
    let event = filled(V3PhonePINRequested()) {
      $0.account = access.granter.rawValue
      $0.number = .fake(Self.number)
      $0.salt = .init([UInt8](repeating: 7, count: 16))
      $0.pinDigest = .init(Digest.of("123456"))
      $0.expiresAt = (access.scenario.now + .seconds(600)).milliseconds
      $0.connector = access.connector.rawValue
    }
    let made = try access.scenario.when(request()).then(.phonePINRequested(event), by: Subject(access.connector))
    #expect(
      made
        == .init(challenge: ChallengeID(rawValue: access.scenario.next), expiresAt: access.scenario.now + .seconds(600))
    )
  }

  @Test("Where nobody can sign in, no PIN is made, and nothing is refused")
  mutating func nobody() throws {
    let none = [
      request { $0.number = .of("+910000000099") }, request { $0.holder = nil },
      request { $0.holder?.account = access.stranger },
    ]
    for command in none {
      #expect(try access.scenario.when(command).then(withheld, by: Subject(access.connector)) == nil)
    }
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    #expect(try disabled.when(request()).then(withheld) == nil)
    access.scenario.when(request { $0.salt = [] }).thenRefused(.invalidValue, field: "salt")
  }

  @Test("Whoever is no connector is refused before the number counts")
  mutating func noConnector() throws {
    for isKnown in [true, false] {
      for change: (inout RequestSignInPIN) -> Void in [
        { $0.connector = .fake(200) }, { $0.secretDigest = .of("guess") },
        {
          $0.connector = .fake(200)
          $0.secretDigest = nil
        },
      ] {
        var command = request(change)
        if !isKnown { command.holder = nil }
        access.scenario.when(command).thenRefused(.invalidClient, field: "connector")
      }
    }
    try access.scenario.given(
      .connectorDeleted(filled(ConnectorDeleted()) { $0.connector = access.connector.rawValue }))
    access.scenario.when(request()).thenRefused(.invalidClient, field: "connector")
    access.scenario.when(request { $0.secretDigest = nil }).thenRefused(.invalidClient, field: "connector")
  }

  @Test("The PIN gives the connector the holder's own access")
  mutating func ownAccess() throws {
    let challenge = try open()
    let first = access.scenario.next
    let accepted = filled(PhonePINAccepted()) {
      $0.account = access.granter.rawValue
      $0.challenge = challenge.rawValue
      $0.connector = access.connector.rawValue
    }
    let granted = filled(PermissionGranted()) {
      $0.connector = access.connector.rawValue
      $0.granter = access.granter.rawValue
      $0.phone = access.phone.rawValue
      $0.scopes = Scopes.all.rawValue
    }
    let refresh = filled(RefreshTokenIssued()) {
      $0.grant = first + 1
      $0.connector = access.connector.rawValue
      $0.granter = access.granter.rawValue
      $0.digest = .init(Digest.of("user refresh"))
      $0.expiresAt = (access.scenario.now + .seconds(365 * 86_400)).milliseconds
    }
    let outcome = try access.scenario.when(signIn(challenge)).then(
      .phonePINAccepted(accepted), .permissionGranted(granted), .refreshTokenIssued(refresh),
      by: Subject(access.connector))
    #expect(
      outcome
        == .signedIn(
          .init(
            account: access.granter, grant: GrantID(rawValue: first + 1), family: FamilyID(rawValue: first + 2),
            expiresAt: access.scenario.now + .seconds(365 * 86_400), scopes: .all)))
    try access.scenario.perform(signIn(challenge))
    access.scenario.when(signIn(challenge)).thenRefused(.invalidGrant, field: "pin")
    // Signing in again keeps the grant.
    let again = try open()
    guard case .signedIn(let second) = try access.scenario.perform(signIn(again)) else { throw Unexpected() }
    #expect(second.grant == GrantID(rawValue: first + 1))
    #expect(second.scopes == nil)
  }

  @Test("Wrong PINs count, and after five the right one is refused")
  mutating func wrongPINs() throws {
    let challenge = try open()
    for left in (0..<5).reversed() {
      let event = filled(PhonePINRejected()) {
        $0.account = access.granter.rawValue
        $0.challenge = challenge.rawValue
        $0.triesLeft = UInt32(left)
      }
      let wrong = signIn(challenge) { $0.candidate = .of("000000") }
      #expect(try access.scenario.when(wrong).then(.phonePINRejected(event)) == .rejected(triesLeft: left))
      try access.scenario.perform(wrong)
    }
    access.scenario.when(signIn(challenge)).thenRefused(.invalidGrant, field: "pin")
  }

  @Test("What is unknown, over or another's is refused alike")
  mutating func refusedAlike() throws {
    let superseded = try open()
    let challenge = try open()
    _ = try access.scenario.connector(of: access.owner, publicID: .fake(2), secret: "other")
    var descriptions = Set<String>()
    func refuse(_ scenario: Scenario, _ command: SignInWithPIN) {
      let refusal = scenario.when(command).thenRefused(.invalidGrant, field: "pin")
      descriptions.insert(refusal?.description ?? "none")
    }
    refuse(access.scenario, signIn(nil))
    refuse(access.scenario, signIn(ChallengeID(rawValue: 999)))
    refuse(access.scenario, signIn(superseded))
    refuse(access.scenario, signIn(challenge) { $0.number = .of("+910000000099") })
    refuse(access.scenario, signIn(challenge) { $0.number = .of("+910000000001") })
    refuse(
      access.scenario,
      signIn(challenge) {
        $0.connector = .fake(2)
        $0.secretDigest = .of("other")
      })
    var late = access.scenario
    late.now = late.now + .seconds(600)
    refuse(late, signIn(challenge))
    var disabled = access.scenario
    try disabled.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.granter.rawValue }))
    refuse(disabled, signIn(challenge))
    var ownerless = access.scenario
    try ownerless.given(.accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    refuse(ownerless, signIn(challenge))
    var removed = access.scenario
    try removed.given(
      .phoneRemoved(
        filled(PhoneRemoved()) {
          $0.phone = access.phone.rawValue
          $0.account = access.granter.rawValue
        }))
    refuse(removed, signIn(challenge))
    #expect(descriptions.count == 1)
    access.scenario.when(signIn(challenge) { $0.secretDigest = .of("guess") })
      .thenRefused(.invalidClient, field: "connector")
  }

  @Test("A PIN for signing in verifies no number")
  mutating func noVerification() throws {
    let challenge = try open()
    access.scenario.when(
      VerifyPIN(account: access.granter, challenge: challenge, candidate: .of("123456"), number: .of(Self.number))
    ).thenRefused(.noOpenPIN, field: "challenge")
  }
}
