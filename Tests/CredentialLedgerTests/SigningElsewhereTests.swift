import LedgerCrypto
import LedgerTestSupport
import Synchronization
import Testing
import TransparencyLog

@testable import CredentialLedger

/// A key that signs checkpoints and is kept elsewhere: when it is out of reach, and when it signs something else.
@Suite struct SigningElsewhereTests {
  private let folder = TemporaryFolder()
  private let clock = TestClock()
  private var path: String { folder.path + "/ledger" }

  private final class Signer: SigningKeyProvider {
    let place = "the signer of the test"
    let key: Ed25519.SigningKey
    let isAway = Atomic(false)
    /// Whether it signs another text than it was given.
    let isWrong = Atomic(false)

    init(_ byte: UInt8) throws {
      key = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: byte, count: 32)))
    }

    func verifyingKey() -> Ed25519.VerifyingKey? { key.verifyingKey }

    func sign(_ message: [UInt8]) throws(SigningUnavailable) -> [UInt8] {
      if isAway.load(ordering: .relaxed) { throw SigningUnavailable("the token is gone") }
      do { return try key.sign(isWrong.load(ordering: .relaxed) ? message + [0] : message) } catch {
        throw SigningUnavailable("\(error)")
      }
    }
  }

  private func configuration(_ signer: Signer?) -> LedgerConfiguration {
    var configuration = clock.configuration
    configuration.signingKey = signer
    return configuration
  }

  private func signIn(_ name: String, on ledger: Ledger) async throws {
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name)
  }

  @Test("It signs and while it is out of reach events are recorded") func signsWhile() async throws {
    let signer = try Signer(7)
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration(signer))
    let own = try ledger.verifierKey
    try await signIn("a", on: ledger)
    let verifierKey = try await ledger.keys.rotateSigningKey(to: signer)
    #expect(try VerifierKey(verifierKey).key == signer.key.verifyingKey)
    let note = try SignedNote(decoding: Array(await ledger.checkpoint().utf8))
    #expect(try note.verifiedKeys(among: [VerifierKey(verifierKey)]).count == 1)
    #expect(ledger.keys.all.filter { $0.kind == .signing }.map(\.isElsewhere) == [false, true])
    // Rotating all keys leaves it where it is.
    try await ledger.keys.rotateAll()
    #expect(try ledger.verifierKey == verifierKey)
    let types = try await ledger.audit.latest(20).map(\.type)
    #expect(types.count { $0 == .signingKeyRotated } == 1)

    for isAway in [true, false] {
      signer.isAway.store(isAway, ordering: .relaxed)
      signer.isWrong.store(!isAway, ordering: .relaxed)
      try await signIn("b", on: ledger)
      try await signIn("c \(isAway)", on: ledger)
      let error = await #expect(throws: LedgerError.self) { _ = try await ledger.checkpoint() }
      #expect(error?.code == .signingUnavailable, "\(String(describing: error))")
      #expect(try ledger.health.signingFault == .signingUnavailable && ledger.health.fault == nil)
      #expect(try ledger.health.signedSize < ledger.health.head.rawValue)
      signer.isAway.store(false, ordering: .relaxed)
      signer.isWrong.store(false, ordering: .relaxed)
      _ = try await ledger.checkpoint()
      #expect(try ledger.health.signingFault == nil && ledger.health.signedSize == ledger.health.head.rawValue)
    }
    await ledger.close()

    // Without its provider the ledger opens, and records.
    ledger = try await Ledger.open(at: path, configuration(nil))
    try await signIn("d", on: ledger)
    let error = await #expect(throws: LedgerError.self) { _ = try await ledger.checkpoint() }
    #expect(error?.code == .signingUnavailable && error?.reason.contains("CREDLEDGER_SIGNING_KEY_SOURCE") == true)
    await ledger.close()
    // With it what was left unsigned is signed, and all of it holds.
    ledger = try await Ledger.open(at: path, configuration(signer))
    _ = try await ledger.checkpoint()
    #expect(try await ledger.integrity.verify().projectionsMatch)
    // An own key takes its place where that is asked for.
    try await ledger.keys.rotateSigningKey()
    #expect(try ![own, verifierKey].contains(ledger.verifierKey) && ledger.verifierKeys.count == 3)
    _ = try await ledger.checkpoint()
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("A key that does not sign for its public key is not taken") func keySign() async throws {
    let (signer, other) = (try Signer(7), try Signer(8))
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration(signer))
    let (before, head) = (try ledger.verifierKeys, try ledger.head())
    func refused(_ key: String?, _ code: LedgerError.Code) async {
      let error = await #expect(throws: LedgerError.self) {
        try await ledger.keys.rotateSigningKey(to: signer, verifierKey: key)
      }
      #expect(error?.code == code, "\(String(describing: error))")
    }
    await refused(Base64.encode(other.key.verifyingKey.bytes), .signingUnavailable)
    await refused("AAAA", .invalidValue)
    await refused("other.example+1fd97d20+Abm5kmQfVyvLrbGbBAqKwJhdQM6yBYb1VZ8i1dZPOaTK", .invalidValue)
    signer.isAway.store(true, ordering: .relaxed)
    await refused(nil, .signingUnavailable)
    signer.isAway.store(false, ordering: .relaxed)
    signer.isWrong.store(true, ordering: .relaxed)
    await refused(nil, .signingUnavailable)
    #expect(try ledger.verifierKeys == before && ledger.head() == head)
    signer.isWrong.store(false, ordering: .relaxed)
    try await ledger.keys.rotateSigningKey(to: signer, verifierKey: Base64.encode(signer.key.verifyingKey.bytes))
    #expect(try ledger.verifierKeys.count == 2)
    await ledger.close()
  }
}
