import KeyStore
import LedgerCrypto
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// Every key is replaceable while the ledger goes on: what was made before works as long as it is said, and no longer.
@Suite struct KeyringRotationTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()
  let issuer = "https://id.example.org"

  private func reopened(_ ledger: Ledger) async throws -> Ledger {
    await ledger.close()
    return try await Ledger.open(at: path, clock.configuration)
  }

  @Test("Each kind is rotated with an event, and all that was made before is found again") func eachKind() async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let account = try await ledger.accounts.signIn(issuer: issuer, subject: "ada", name: "Ada").account
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let made = try await ledger.keys.rotateAll()
    #expect(made.map(\.kind) == KeyKind.allCases && made.allSatisfy { $0.number == 2 && $0.until == nil })
    for _ in 0..<2 {
      #expect(try ledger.tokens.validate(token.accessToken).isValid)
      let open = ledger
      _ = try await open.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
      #expect(try await ledger.accounts.signIn(issuer: issuer, subject: "ada").account == account)
      #expect(try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator)?.name == "Ada")
      #expect(try await ledger.integrity.verify().projectionsMatch)
      ledger = try await reopened(ledger)
    }
    // Rows were made anew; masks and keys for derivations stay for their time.
    let numbers = Dictionary(grouping: ledger.keys.all, by: \.kind).mapValues { $0.map(\.number) }
    #expect(
      numbers == [
        .signing: [1, 2], .person: [2], .tokenMask: [1, 2], .lookup: [2], .pinPepper: [2], .derivation: [1, 2],
        .rowCheck: [2], .tokenSigning: [1, 2],
      ])
    #expect(try await ledger.audit.latest(of: .type(.keyRotated)).count == 7)
    #expect(try await ledger.audit.latest(of: .type(.signingKeyRotated)).count == 1)
    clock.advance(seconds: 7 * 86_400)
    ledger = try await reopened(ledger)
    #expect(ledger.keys.all.filter { $0.kind == .derivation }.map(\.number) == [2])
    var dropped: [String: UInt32] = [:]
    for entry in try await ledger.audit.latest(of: .type(.keyDropped)) {
      if case .keyDropped(let event) = entry.event { dropped[event.purpose.word] = event.oldest }
    }
    #expect(
      dropped == ["person": 2, "lookup": 2, "pin-pepper": 2, "derivation": 2, "row-check": 2, "token-signing": 2])
    await ledger.close()
  }

  @Test("Tokens of before the rotation of their mask work until the overlap ends") func tokensBefore() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    func issue(_ token: RefreshToken) async throws -> Tokens.Issued {
      try await ledger.tokens.issue(connector: steps.connector.publicID, secret: steps.secret, refreshToken: token)
    }
    let old = try await issue(steps.granted.refreshToken)
    let key = try await ledger.keys.rotate(.tokenMask, overlap: .seconds(3_600))
    #expect(key.number == 2)
    let new = try await issue(steps.granted.refreshToken)
    clock.advance(seconds: 3_599)
    #expect(try ledger.tokens.validate(old.accessToken).isValid && ledger.tokens.validate(new.accessToken).isValid)
    clock.advance(seconds: 1)
    #expect(try ledger.tokens.validate(old.accessToken) == .invalid(.malformed))
    #expect(try ledger.tokens.validate(new.accessToken).isValid)
    await #expect(throws: LedgerError.self) { try await issue(steps.granted.refreshToken) }
    await ledger.close()
  }

  @Test("A mask is dropped before its time where somebody says so") func maskDropped() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let old = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    #expect(try await ledger.keys.drop(.tokenMask) == [])
    try await ledger.keys.rotate(.tokenMask)
    #expect(try ledger.tokens.validate(old.accessToken).isValid)
    #expect(try await ledger.keys.drop(.tokenMask) == [1])
    #expect(try ledger.tokens.validate(old.accessToken) == .invalid(.malformed))
    let entry = try #require(try await ledger.audit.latest(1).first)
    #expect(entry.actor == .operator && entry.event.type == .keyDropped)
    // What rows or signatures stand on is not dropped, and no overlap is promised that there is not.
    let signing = await #expect(throws: LedgerError.self) { try await ledger.keys.drop(.signing) }
    #expect(signing?.code == .invalidValue && signing?.field == "kind")
    for kind in [KeyKind.lookup, .rowCheck] {
      try await ledger.keys.rotate(kind)
      let refused = await #expect(throws: LedgerError.self) { try await ledger.keys.drop(kind) }
      #expect(refused?.code.rawValue == "conflict")
      let overlap = await #expect(throws: LedgerError.self) {
        try await ledger.keys.rotate(kind, overlap: .seconds(1))
      }
      #expect(overlap?.code == .invalidValue && overlap?.field == "overlap")
    }
    let negative = await #expect(throws: LedgerError.self) {
      try await ledger.keys.rotate(.tokenMask, overlap: .seconds(-1))
    }
    #expect(negative?.field == "overlap")
    await ledger.close()
  }

  @Test("A request that is repeated after the rotation of the key for derivations is not performed twice")
  func requestRepeated()
    async throws
  {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let once = RequestContext(idempotencyKey: "once")
    func rotateSecret() async throws -> ConnectorSecret {
      try await ledger.connectors.rotateSecret(
        of: steps.connector.id, overlap: .zero, by: steps.developer, context: once)
    }
    let secret = try await rotateSecret()
    for _ in 0..<2 {
      try await ledger.keys.rotate(.derivation)
      let head = try ledger.head()
      #expect(try await rotateSecret().text == secret.text)
      #expect(try ledger.head() == head)
    }
    #expect(try await ledger.keys.drop(.derivation) == [1, 2])
    #expect(try await rotateSecret().text != secret.text)
    await ledger.close()
  }

  @Test("The rotation of the key of hashes gives no fresh tries at PINs") func rotationKey() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let number = try PhoneNumber("+911199999999")
    let account = try await ledger.accounts.signIn(issuer: issuer, subject: "mallory").account
    func ask(_ ledger: Ledger) async -> String {
      do { _ = try await ledger.phones.requestPIN(for: number, by: account) } catch { return error.code.rawValue }
      return "made"
    }
    for _ in 0..<3 { #expect(await ask(ledger) == "made") }
    for _ in 0..<5 {
      try await ledger.keys.rotate(.lookup)
      #expect(await ask(ledger) == "too_many")
      ledger = try await reopened(ledger)
      #expect(await ask(ledger) == "too_many")
    }
    clock.advance(seconds: 86_400)
    #expect(await ask(ledger) == "made")
    await ledger.close()
  }

  @Test("PINs that were sent before the rotation of their pepper are refused") func piNsSent() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let account = try await ledger.accounts.signIn(issuer: issuer, subject: "ada").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+4915112345678"), by: account)
    try await ledger.keys.rotate(.pinPepper)
    let pin = try #require(request.pin)
    let refused = await #expect(throws: LedgerError.self) {
      try await ledger.phones.verify(pin.digits, challenge: request.challenge, by: account)
    }
    #expect(refused?.code.rawValue == "wrong_pin")
    await ledger.close()
  }

  @Test("Keys that a crash kept from the log are recorded, once, and those of before are refused") func keysCrash()
    async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    await ledger.close()
    let old = try FileBytes.read(path + "/keys/keyring")
    let keys = try KeyStore.open(at: path + "/keys", origin: "ledger.example.org", master: .keysFolder)
    for kind in KeyKind.allCases { try keys.rotate(kind, createdAt: 1, until: 2) }
    keys.close()
    for _ in 0..<2 {
      ledger = try await Ledger.open(at: path, clock.configuration)
      #expect(try await ledger.audit.latest(of: .type(.keyRotated)).count == 7)
      #expect(try await ledger.audit.latest(of: .type(.keyDropped)).count == 7)
      await ledger.close()
    }
    try FileBytes.write(old, to: path + "/keys/keyring")
    await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, clock.configuration) }
  }

  @Test("A keyring that is older than the log is refused") func keyringOlder() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let old = try FileBytes.read(path + "/keys/keyring")
    try await ledger.keys.rotate(.tokenMask)
    ledger = try await reopened(ledger)
    await ledger.close()
    try FileBytes.write(old, to: path + "/keys/keyring")
    let refused = await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, clock.configuration) }
    #expect(refused?.code.rawValue == "conflict")
  }
}
