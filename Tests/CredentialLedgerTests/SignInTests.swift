import LedgerTestSupport
import Testing

@testable import CredentialLedger

@Suite struct SignInTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  // No code and no PIN expires while a test waits for its turn.
  let quick = LedgerConfiguration(clock: { 1_800_000_000_000 })
  let uri = "https://client.example.org/callback"
  // The example of RFC 7636, appendix B.
  let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  private func client(of steps: FourSteps, on ledger: Ledger) async throws -> (Connector, ConnectorSecret) {
    try await ledger.connectors.create(
      name: "Web", permissions: [.textMessage], redirectURIs: [uri], by: steps.developer)
  }

  @Test("A code is traded for tokens once") func codeTraded() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let (connector, secret) = try await client(of: steps, on: ledger)
    let code = try await ledger.authorizationCodes.issue(
      connector.id, consent: .scopes(.all), redirectURI: uri, codeChallenge: challenge, by: steps.admin)
    #expect(code.code.text.hasPrefix("clc_"))
    #expect("\(code.code)" == "<redacted>")
    for (text, wrongVerifier) in [(code.code.text, verifier + "x"), ("clc_nonsense", verifier)] {
      await #expect(throws: LedgerError.self) {
        try await ledger.authorizationCodes.redeem(
          AuthorizationCode(text), connector: connector.publicID, secret: secret, redirectURI: uri,
          codeVerifier: wrongVerifier)
      }
    }
    let tokens = try await ledger.authorizationCodes.redeem(
      code.code, connector: connector.publicID, secret: secret, redirectURI: uri, codeVerifier: verifier)
    guard case .valid(let claims) = try ledger.tokens.validate(tokens.accessToken) else {
      Issue.record("the token is not valid")
      return
    }
    #expect(claims.group == nil)
    #expect(claims.granter == steps.admin)
    #expect(claims.scopes == tokens.scopes)
    let next = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: tokens.refreshToken)
    #expect(try ledger.tokens.validate(next.accessToken).isValid)

    await #expect(throws: LedgerError.self) {
      try await ledger.authorizationCodes.redeem(
        code.code, connector: connector.publicID, secret: secret, redirectURI: uri, codeVerifier: verifier)
    }
    #expect(try !ledger.tokens.validate(tokens.accessToken).isValid)
    #expect(try !ledger.tokens.validate(next.accessToken).isValid)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// RFC 7636, section 4.1: 43 to 128 characters. The challenge is right each time.
  @Test("A verifier has its length", arguments: [(42, false), (43, true), (128, true), (129, false)])
  func aVerifierHasItsLength(count: Int, isAccepted: Bool) async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let (connector, secret) = try await client(of: steps, on: ledger)
    let verifier = String(repeating: "a", count: count)
    let challenge = Base64.encode(SHA256.hash(Array(verifier.utf8)).bytes)
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    let issued = try await ledger.authorizationCodes.issue(
      connector.id, consent: .scopes(.all), redirectURI: uri, codeChallenge: challenge, by: steps.admin)
    let failure = try await code(of: {
      try await ledger.authorizationCodes.redeem(
        issued.code, connector: connector.publicID, secret: secret, redirectURI: uri, codeVerifier: verifier)
    })
    #expect((failure == nil) == isAccepted)
    await ledger.close()
  }

  @Test("A malformed challenge is refused") func malformedChallenge() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let (connector, _) = try await client(of: steps, on: ledger)
    for text in ["", "short", challenge + "=", challenge.replacing("-", with: "+"), verifier + verifier] {
      await #expect(throws: LedgerError.self) {
        try await ledger.authorizationCodes.issue(
          connector.id, consent: .scopes(.all), redirectURI: uri, codeChallenge: text, by: steps.admin)
      }
    }
    await ledger.close()
  }

  @Test("Of many who redeem one code one succeeds") func redeemCode() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let (connector, secret) = try await client(of: steps, on: ledger)
    let code = try await ledger.authorizationCodes.issue(
      connector.id, consent: .scopes(.all), redirectURI: uri, codeChallenge: challenge, by: steps.admin)
    let (uri, verifier) = (uri, verifier)
    let results = await concurrently(64) { (_) throws(LedgerError) in
      try await ledger.authorizationCodes.redeem(
        code.code, connector: connector.publicID, secret: secret, redirectURI: uri, codeVerifier: verifier)
    }
    #expect(results.count { $0.isSuccess } == 1)
    #expect(results.allSatisfy { $0.isSuccess || $0.code == "invalid_grant" })
    #expect(try await ledger.audit.latest(of: .type(.authorizationCodeRedeemed)).count == 1)
    // The other 63 presented a used code: what came of it is stopped, by one event.
    #expect(try await ledger.audit.latest(of: .type(.tokenRevoked)).count == 1)
    await ledger.close()
  }

  @Test("A PIN opens the holders own access") func pinOpens() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let (connector, secret) = (steps.connector.publicID, steps.secret)
    let number = try PhoneNumber("+4915112345678")
    let unknown = try PhoneNumber("+4915112345679")
    var head = try ledger.head()
    #expect(try await ledger.pinSignIns.request(for: unknown, connector: connector) == nil)
    // An ask that leads to nothing is one event, as one that does.
    #expect(try ledger.head() == head + 1)
    head = head.next
    let stranger = try PublicID(random: SystemRandom())
    for number in [number, unknown] {
      let refused = await #expect(throws: LedgerError.self) {
        try await ledger.pinSignIns.request(for: number, connector: stranger)
      }
      #expect(refused?.code.rawValue == "invalid_client")
    }
    #expect(try ledger.head() == head)

    let request = try #require(
      try await ledger.pinSignIns.request(for: number, connector: connector, secret: secret))
    let wrong = request.pin?.digits == "000000" ? "000001" : "000000"
    var errors: [LedgerError] = []
    for (number, pin) in [(number, wrong), (unknown, request.pin?.digits ?? "")] {
      do {
        _ = try await ledger.pinSignIns.signIn(number, pin: pin, connector: connector, secret: secret)
      } catch { errors.append(error) }
    }
    #expect(errors.count == 2)
    #expect(Set(errors.map(\.description)).count == 1)
    let access = try await ledger.pinSignIns.signIn(
      number, pin: request.pin?.digits ?? "", connector: connector, secret: secret)
    #expect(access.account == steps.admin)
    #expect(access.scopes == (try ledger.grants.grant(access.grant)?.scopes))
    let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: access.refreshToken)
    #expect(try ledger.tokens.validate(token.accessToken).isValid)
    // The admin's grant for the group is another matter.
    #expect(try ledger.grants.grant(steps.granted.grant)?.isRevoked == false)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("Of many who sign in by one PIN one succeeds") func signPIN() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let number = try PhoneNumber("+4915112345678")
    let request = try #require(try await ledger.pinSignIns.request(for: number, connector: steps.connector.publicID))
    let results = await concurrently(64) { (_) throws(LedgerError) in
      try await ledger.pinSignIns.signIn(
        number, pin: request.pin?.digits ?? "", connector: steps.connector.publicID, secret: steps.secret)
    }
    #expect(results.count { $0.isSuccess } == 1)
    #expect(results.allSatisfy { $0.isSuccess || $0.code == "invalid_grant" })
    await ledger.close()
  }

  @Test("Of many who verify one PIN one succeeds") func verifyPIN() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    let results = await concurrently(64) { (_) throws(LedgerError) in
      try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    }
    #expect(results.count { $0.isSuccess } == 1)
    #expect(results.allSatisfy { $0.isSuccess || $0.code == "no_open_pin" })
    #expect(try ledger.phones.verified(by: account).count == 1)
    await ledger.close()
  }

  @Test("A user agent is cut at the end of a character") func userAgent() {
    let flag = "\u{1F1EE}\u{1F1F3}"
    #expect(String(repeating: "a", count: 500).prefix(bytes: 500).utf8.count == 500)
    #expect(String(repeating: "a", count: 501).prefix(bytes: 500) == String(repeating: "a", count: 500))
    #expect((String(repeating: "a", count: 499) + "\u{E9}").prefix(bytes: 500) == String(repeating: "a", count: 499))
    #expect((String(repeating: "a", count: 496) + flag + "b").prefix(bytes: 500) == String(repeating: "a", count: 496))
    #expect((String(repeating: "a", count: 492) + flag + "b").prefix(bytes: 500).hasSuffix(flag))
    // A single character of many marks.
    let marked = "a" + String(repeating: "\u{301}", count: 400)
    #expect(marked.count == 1 && marked.prefix(bytes: 500).utf8.count == 499)
  }
}
