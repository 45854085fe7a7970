import EventLog
import LedgerCrypto
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// What is known of a refresh token's successor, by whom, and for how long.
@Suite struct SuccessorTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  private func rotating(
    _ rotation: RefreshRotation = .always
  ) async throws -> (ledger: Ledger, steps: FourSteps, token: RefreshToken) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    try await ledger.connectors.update(steps.connector.id, rotation: rotation, by: steps.developer)
    return (ledger, steps, steps.granted.refreshToken)
  }

  private func issue(
    _ token: RefreshToken, _ steps: FourSteps, on ledger: Ledger, _ context: RequestContext = .none
  ) async throws -> Tokens.Issued {
    try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: token, context: context)
  }

  private func kept(_ token: RefreshToken, in ledger: Ledger) throws -> [UInt8]? {
    let handle = try #require(ledger.tokenFormat.read(prefix: RefreshToken.prefix, token.text)).handle
    return try ledger.log.snapshot().keptSuccessor(handle)
  }

  @Test("Whoever had the ledger and its keys does not know the successors of tokens") func ledgerKeys() async throws {
    let (ledger, steps, token) = try await rotating()
    let presented = try #require(ledger.tokenFormat.read(prefix: RefreshToken.prefix, token.text))
    let successor = try #require(try await issue(token, steps, on: ledger).refreshToken)
    let known = try #require(ledger.tokenFormat.read(prefix: RefreshToken.prefix, successor.text))
    for key in try ledger.keyStore.derivationKeys {
      #expect(SHA256.hash(Ledger.successorSecret(derivedFrom: presented, key: key)) != known.digest)
    }
    // What is kept of it opens for whoever has the replaced token, and for nobody else.
    let kept = try #require(try kept(successor, in: ledger))
    #expect(SuccessorSeal(token: token.text).open(kept).map { SHA256.hash($0) } == known.digest)
    #expect(SuccessorSeal(token: successor.text).open(kept) == nil)
    #expect(SuccessorSeal(token: "nonsense").open(kept) == nil && SuccessorSeal(token: token.text).open([1]) == nil)
    for index in kept.indices {
      var changed = kept
      changed[index] ^= 1
      #expect(SuccessorSeal(token: token.text).open(changed) == nil)
    }
    await ledger.close()
  }

  @Test("What is kept of a successor goes with the window, or once it is used") func keptSuccessor() async throws {
    let (ledger, steps, token) = try await rotating()
    let first = try #require(try await issue(token, steps, on: ledger).refreshToken)
    #expect(try kept(first, in: ledger) != nil)
    let second = try #require(try await issue(first, steps, on: ledger).refreshToken)
    #expect(try kept(first, in: ledger) == nil && kept(second, in: ledger) != nil)
    clock.advance(seconds: 59)
    #expect(try await issue(first, steps, on: ledger).refreshToken?.text == second.text)
    clock.advance(seconds: 1)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "somebody")
    #expect(try kept(second, in: ledger) == nil)
    #expect(try await issue(second, steps, on: ledger).refreshToken != nil)
    await ledger.close()
  }

  @Test("A late successor is told for as long as the token before it may be used, after a restart too")
  func lateSuccessor()
    async throws
  {
    var (ledger, steps, token) = try await rotating(.late)
    clock.advance(seconds: 330 * 86_400)
    let successor = try #require(try await issue(token, steps, on: ledger).refreshToken)
    await ledger.close()
    ledger = try await Ledger.open(at: path, clock.configuration)
    clock.advance(seconds: 34 * 86_400)
    #expect(try await issue(token, steps, on: ledger).refreshToken?.text == successor.text)
    try await ledger.keys.rotateAll()
    #expect(try await issue(token, steps, on: ledger).refreshToken != nil)
    await ledger.close()
  }

  @Test("A repeated request has its successor when the window is long over") func repeatedRequest() async throws {
    let (ledger, steps, token) = try await rotating()
    let once = RequestContext(idempotencyKey: "once")
    let first = try await issue(token, steps, on: ledger, once)
    clock.advance(seconds: 86_400)
    let again = try await issue(token, steps, on: ledger, once)
    #expect(again.refreshToken != nil && again.refreshToken?.text == first.refreshToken?.text)
    #expect(again.accessToken.text == first.accessToken.text)
    await ledger.close()
  }

  @Test("A successor that an earlier version derived is told within its window") func successorEarlier() async throws {
    let (ledger, steps, token) = try await rotating()
    let presented = try #require(ledger.tokenFormat.read(prefix: RefreshToken.prefix, token.text))
    let derived = Ledger.successorSecret(derivedFrom: presented, key: try ledger.keyStore.derivationKeys[0])
    let outcome = try await ledger.submit(
      IssueAccessToken(
        connector: steps.connector.publicID, secretDigest: steps.secret.digest, refreshToken: presented.handle,
        refreshDigest: presented.digest, accessDigest: .zero,
        successor: { IssueAccessToken.NewSuccessor(digest: SHA256.hash(derived), kept: []) }))
    guard case .issued(let issued) = outcome, let handle = issued.successor else {
      return #expect(Bool(false), "nothing was issued")
    }
    try await ledger.keys.rotate(.derivation)
    let told = try await issue(token, steps, on: ledger).refreshToken
    let text = try ledger.tokenFormat.text(prefix: RefreshToken.prefix, handle: handle, secret: derived)
    #expect(told?.text == text)
    // Once nothing leads to it any more, the answer has an access token and no successor.
    try await ledger.keys.drop(.derivation)
    let unknown = try await issue(token, steps, on: ledger)
    #expect(unknown.refreshToken == nil)
    #expect(try ledger.tokens.validate(unknown.accessToken).isValid)
    await ledger.close()
  }

  @Test("What a token is made of is drawn at one go, and is what the source gives for each part in turn")
  func drawnAtOnce() throws {
    let seed = Secret(copying: [UInt8](repeating: 7, count: 32))
    let (whole, parts) = (DeterministicRandom(seed: seed), DeterministicRandom(seed: seed))
    let drawn = try RequestSecrets.fresh(whole).tokenSecrets(and: 12, from: whole)
    let secrets = RequestSecrets.fresh(parts)
    let access = try secrets.tokenSecret(for: .accessToken)
    let successor = try secrets.tokenSecret(for: .successor)
    let rest = try parts.bytes(count: 12)
    #expect(drawn.access == access && drawn.successor == successor && drawn.rest == rest)
  }
}
