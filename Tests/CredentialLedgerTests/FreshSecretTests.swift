import EventLog
import KeyStore
import LedgerCrypto
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// What somebody gains who repeats requests, or reads what they left: nothing.
@Suite struct FreshSecretTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  let once = RequestContext(idempotencyKey: "once")
  let issuer = "https://id.example.org"

  private func create() async throws -> Ledger {
    var configuration = clock.configuration
    // The same draws in each run, so that no two values are alike by chance.
    configuration.random = DeterministicRandom(seed: Secret(copying: [UInt8](repeating: 7, count: 32)))
    return try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration)
  }

  private func pass(days: Int64, on ledger: Ledger) async throws {
    clock.advance(seconds: days * 86_400)
    _ = try await ledger.accounts.signIn(issuer: issuer, subject: "somebody")
  }

  @Test("PINs have six digits, and never begin with 0") func piNsSix() throws {
    let random = DeterministicRandom(seed: Secret(copying: [UInt8](repeating: 7, count: 32)))
    var first: Set<Character> = []
    for _ in 0..<500 {
      let digits = try Phones.drawDigits(random)
      #expect(digits.wholeMatch(of: /[1-9][0-9]{5}/) != nil, "\(digits)")
      first.formUnion(digits.prefix(1))
    }
    #expect(first.count == 9)
  }

  @Test("A PIN is never told again, and another is made once its key is forgotten") func pinNever() async throws {
    let ledger = try await create()
    let account = try await ledger.accounts.signIn(issuer: issuer, subject: "ada").account
    let number = try PhoneNumber("+4915112345678")
    let seen = try await ledger.phones.requestPIN(for: number, by: account, context: once)
    let pin = try #require(seen.pin)
    let again = try await ledger.phones.requestPIN(for: number, by: account, context: once)
    #expect(again.challenge == seen.challenge && again.expiresAt == seen.expiresAt && again.pin == nil)
    for _ in 0..<3 {
      try await pass(days: 8, on: ledger)
      let later = try await ledger.phones.requestPIN(for: number, by: account, context: once)
      #expect(later.challenge != seen.challenge)
      #expect(try #require(later.pin).digits != pin.digits)
      await #expect(throws: LedgerError.self) {
        try await ledger.phones.verify(pin.digits, challenge: later.challenge, by: account)
      }
    }
    await ledger.close()
  }

  @Test("A Secret that was rotated away does not come back with its key") func secretRotated() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    func rotate(_ context: RequestContext) async throws -> ConnectorSecret {
      try await ledger.connectors.rotateSecret(
        of: steps.connector.id, overlap: .zero, by: steps.developer, context: context)
    }
    let leaked = try await rotate(once)
    #expect(try await rotate(once).text == leaked.text)
    _ = try await rotate(.none)
    try await pass(days: 8, on: ledger)
    let fresh = try await rotate(once)
    #expect(fresh.text != leaked.text)
    let refused = try await code {
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: leaked, refreshToken: steps.granted.refreshToken)
    }
    #expect(refused?.rawValue == "invalid_client")
    _ = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: fresh, refreshToken: steps.granted.refreshToken)
    await ledger.close()
  }

  @Test("After its retention a key is performed anew, public IDs and all") func afterRetention() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    func group() async throws -> Group {
      try await ledger.groups.create(name: "Team", by: steps.admin, context: once)
    }
    let first = try await group()
    #expect(try await group().id == first.id)
    try await pass(days: 8, on: ledger)
    let second = try await group()
    #expect(second.id != first.id && second.publicID != first.publicID)
    #expect(try await group().id == second.id)
    await ledger.close()
  }

  @Test("While a key is remembered, each secret comes again as it was, and no two are alike") func whileKey()
    async throws
  {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    func all() async throws -> [String] {
      let (connector, secret) = try await ledger.connectors.create(
        name: "Other", permissions: [.textMessage], redirectURIs: ["https://roster.example.org/"],
        requiresPKCE: false, by: steps.developer,
        context: once)
      let granted = try await ledger.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin,
        context: .init(idempotencyKey: "grant"))
      let token = try await ledger.tokens.issue(
        connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken, context: once)
      let code = try await ledger.authorizationCodes.issue(
        connector.id, consent: .scopes(.all), redirectURI: "https://roster.example.org/", by: steps.admin, context: once
      )
      let redeemed = try await ledger.authorizationCodes.redeem(
        code.code, connector: connector.publicID, secret: secret, context: .init(idempotencyKey: "redeem"))
      return [
        connector.publicID.description, secret.text, granted.refreshToken.text, token.accessToken.text, code.code.text,
        redeemed.accessToken.text, redeemed.refreshToken.text,
      ]
    }
    let first = try await all()
    let head = try ledger.head()
    #expect(try await all() == first)
    #expect(try ledger.head() == head)
    #expect(Set(first.map { $0.suffix(24) }).count == first.count)
    await ledger.close()
  }

  /// As somebody would who has an export of the log, and the keys that an erasure leaves.
  @Test("No record holds a digest of what was asked") func recordHolds() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    let number = try PhoneNumber("+442079460123")
    let subject = "subject-of-ada"
    let ada = try await ledger.accounts.signIn(issuer: issuer, subject: subject, context: once).account
    _ = try await ledger.phones.requestPIN(for: number, by: ada, context: once)
    _ = try await ledger.groups.add(number, to: steps.group.id, by: steps.admin, context: once)
    let records = try await records(of: ledger)
    let derivation = try ledger.keyStore.derivationKeys[0]
    let lookup = try ledger.keyStore.lookupKey.key
    let keys =
      [derivation, lookup]
      + [DerivationUse.idempotencyKey, .requestNonce].map { $0.key(from: derivation) }
    let membership = Groups.NewMember(.number(number))
    let callers: [Caller] = [
      .identity(issuer: issuer, subject: subject, try ledger.person(of: ada)), ada.caller, steps.admin.caller,
    ]
    let encodings: [RequestEncoding] = [
      .signIn(issuer: issuer, subject: subject, name: nil, email: nil, userAgent: nil, role: .user),
      .requestPIN(for: number), .add(membership, to: steps.group.id),
    ]
    var texts = encodings.map(\.bytes)
    for caller in callers { texts.append(RequestField.list([caller.field, .text("once")]).bytes) }
    texts += [number.digits, String(number.digits.dropFirst()), subject, "once"].map { Array($0.utf8) }
    // What the records held before: the number in two of the spellings that digests were made of.
    for parts in [
      ["phones.requestPIN", number.digits, ada.description],
      ["groups.add", number.digits, "1", steps.group.id.description, steps.admin.description],
      ["accounts.signIn", issuer, subject, "", "", "1"],
    ] { texts.append(Array("request\0\(parts.map { "\($0.utf8.count):\($0)" }.joined())".utf8)) }
    for text in texts {
      for key in keys {
        let digest = HMACSHA256.authenticate(text, key: key).bytes
        #expect(!records.contains { $0.holds(Array(digest.prefix(16))) })
      }
      #expect(!records.contains { $0.holds(Array(SHA256.hash(text).bytes.prefix(16))) })
      #expect(!records.contains { $0.holds(text) })
    }
    // The search finds what is there.
    #expect(records.contains { $0.holds(steps.connector.publicID.bytes) })
    await ledger.close()
  }

  @Test("Who shows a wrong Secret hears nothing of the key") func showsWrong() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    let clientID = steps.connector.publicID
    let wrong = ConnectorSecret("cls_wrong")
    _ = try await ledger.tokens.issue(
      connector: clientID, secret: steps.secret, refreshToken: steps.granted.refreshToken, context: once)
    for token in [steps.granted.refreshToken, RefreshToken("clr_other")] {
      let refused = try await code {
        try await ledger.tokens.issue(connector: clientID, secret: wrong, refreshToken: token, context: once)
      }
      #expect(refused?.rawValue == "invalid_client")
    }
    let reused = try await code {
      try await ledger.tokens.issue(
        connector: clientID, secret: steps.secret, refreshToken: RefreshToken("clr_other"), context: once)
    }
    #expect(reused == .idempotencyKeyReused)
    let presented = steps.granted.refreshToken.text
    #expect(
      try await ledger.tokens.revoke(presented: presented, connector: clientID, secret: steps.secret, context: once))
    let revoking = try await code {
      try await ledger.tokens.revoke(presented: presented, connector: clientID, secret: wrong, context: once)
    }
    #expect(revoking?.rawValue == "invalid_client")
    await ledger.close()
  }

  @Test("A disabled account does not sign in by repeating itself") func disabledAccount() async throws {
    let ledger = try await create()
    func signIn() async throws -> SignIn.Outcome {
      try await ledger.accounts.signIn(issuer: issuer, subject: "ada", context: once)
    }
    let account = try await signIn().account
    #expect(try await signIn().account == account)
    try await ledger.accounts.disable(account, reason: "left", by: Requester.operator)
    #expect(try await code { try await signIn() }?.rawValue == "account_disabled")
    try await ledger.people.erase(account, by: Requester.operator)
    #expect(try await code { try await signIn() }?.rawValue == "conflict")
    await ledger.close()
  }

  /// Whoever asks has shown nothing, or the Secret of a connector of its own.
  @Test("A reused key answers alike for numbers that somebody holds and for others") func reusedKey() async throws {
    let ledger = try await create()
    let steps = try await FourSteps(on: ledger)
    let (clientID, secret) = (steps.connector.publicID, steps.secret)
    let held = try PhoneNumber("+4915112345678")
    let unknown = try PhoneNumber("+442079460123")
    let other = try PhoneNumber("+33612345678")
    for (index, number) in [held, unknown].enumerated() {
      let key = RequestContext(idempotencyKey: "key \(index)")
      let asked = try await code {
        for target in [number, other, number] {
          _ = try await ledger.pinSignIns.request(for: target, connector: clientID, context: key)
        }
      }
      #expect(asked == nil)
      var answers: [String?] = []
      for (target, pin) in [(number, "x"), (other, "x"), (number, "y"), (number, "x")] {
        answers.append(
          try await code {
            try await ledger.pinSignIns.signIn(target, pin: pin, connector: clientID, secret: secret, context: key)
          }?.rawValue)
      }
      #expect(answers == [String?](repeating: "invalid_grant", count: 4))
    }
    // Neither does a token that is revoked under a key tell that it was one.
    let tokens = [steps.granted.refreshToken.text, "clr_unknown"]
    for (index, token) in tokens.enumerated() {
      let key = RequestContext(idempotencyKey: "revoke \(index)")
      for presented in [token, "clr_another"] {
        _ = try await ledger.tokens.revoke(
          presented: presented, connector: clientID, secret: secret, context: key)
      }
    }
    await ledger.close()
  }

  @Test("The program that a person used is part of a sign-in") func programPerson() async throws {
    let ledger = try await create()
    func signIn(_ userAgent: String?) async throws {
      _ = try await ledger.accounts.signIn(issuer: issuer, subject: "ada", userAgent: userAgent, context: once)
    }
    try await signIn("Browser/1.0")
    try await signIn("Browser/1.0")
    for other in ["Browser/2.0", "", nil] {
      #expect(try await code { try await signIn(other) } == .idempotencyKeyReused)
    }
    await ledger.close()
  }

  /// The row is moved to another key, as somebody could who writes the file: its nonce opens in its own place alone.
  @Test("A nonce opens in its own row alone") func nonceOpens() throws {
    let derivation = Secret(copying: [UInt8](repeating: 3, count: 32))
    func request(_ key: String) throws -> KeyedRequest {
      try KeyedRequest(
        key, within: .number(1), RequestEncoding(.enableWebhook, .id(WebhookID(rawValue: 7))), newest: derivation,
        random: SystemRandom())
    }
    let (first, second, other) = (try request("a"), try request("a"), try request("b"))
    #expect(first.key.key == second.key.key && first.key.memo != second.key.memo)
    #expect(try first.nonce(in: second.key.memo).secret == second.nonce.secret)
    try first.requireSame(as: second.key.memo)
    #expect(throws: LogError(.damagedProjection, "")) { try first.nonce(in: other.key.memo) }
    var changed = first.key.memo
    for index in changed.indices.dropLast(32) {
      changed[index] ^= 1
      #expect(throws: LogError(.damagedProjection, "")) { try first.nonce(in: changed) }
      changed[index] ^= 1
    }
    #expect(throws: LogError(.damagedProjection, "")) { try first.nonce(in: []) }
    changed[changed.count - 1] ^= 1
    #expect(throws: LogError(.idempotencyKeyReused, "")) { try first.requireSame(as: changed) }
  }

  private func records(of ledger: Ledger) async throws -> [[UInt8]] {
    let view = try logged { () throws(LogError) in try ledger.log.snapshot() }
    return try view.records(from: 1, limit: .max, byteLimit: .max).map(\.bytes)
  }
}

extension [UInt8] {
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    guard !part.isEmpty, count >= part.count else { return false }
    return (0...(count - part.count)).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
  }
}
