import EventLog
public import KeyStore
public import LedgerCrypto
import LedgerDomain
import Synchronization
import TransparencyLog

/// The keys of a ledger: those of the keyring, of which one signs checkpoints, and the master key that seals them.
public struct Keys: Sendable {
  let ledger: Ledger

  /// Makes a new key, which signs every checkpoint from now on. The old public keys stay among
  /// ``Ledger/verifierKeys``, so that what they signed can be checked.
  ///
  /// The key comes before the event: an event about a key that was lost could not be taken back, while a key without
  /// its event is recorded when the ledger is opened.
  ///
  /// ```swift
  /// let verifierKey = try await ledger.keys.rotateSigningKey()
  /// ```
  ///
  /// - Returns: the new public key (C2SP signed-note).
  /// - Throws: `key_unavailable`, `closed`.
  @discardableResult
  public func rotateSigningKey(context: RequestContext = .none) async throws(LedgerError) -> String {
    var request = try ledger.prepare(context)
    try await ledger.authorize(&request, .keys, .rotateSigningKey())
    try await ledger.replaceSigningKey()
    try await ledger.recordSigningKeys(request)
    return try ledger.verifierKey
  }

  /// Has a key that is kept elsewhere sign every checkpoint from now on: the ledger has its public key only, and
  /// ``LedgerConfiguration/signingKey`` must give the same provider whenever the ledger is opened for writing. The key is shown
  /// to sign before anything is changed. The ledger's own keys of before stay in the keyring, to be destroyed by nobody: rotate
  /// the master key, and destroy old backups, where they are to be of no use.
  ///
  /// While the key is out of reach, events are appended and no checkpoint is signed: ``LedgerHealth/signingFault``.
  ///
  /// ```swift
  /// let provider = try SigningKeySource.provider("pkcs11:token=ledger;object=signing?module-path=/usr/lib/module.so")
  /// let verifierKey = try await ledger.keys.rotateSigningKey(to: provider)
  /// ```
  ///
  /// - Parameters:
  ///   - provider: signs by the key.
  ///   - verifierKey: its public key, as a C2SP verifier key or as 32 bytes in Base64; nil asks the provider.
  ///   - context: names the operator.
  /// - Returns: the new public key (C2SP signed-note).
  /// - Throws: `signing_unavailable` where the key does not sign, or not what the public key verifies; `invalid_value` where
  ///   there is no public key; `key_unavailable`, also where the ledger has had the key before; `closed`.
  @discardableResult
  public func rotateSigningKey(
    to provider: any SigningKeyProvider, verifierKey: String? = nil, context: RequestContext = .none
  ) async throws(LedgerError) -> String {
    var request = try ledger.prepare(context)
    try ledger.requireNamed(request)
    let (origin, challenge) = (ledger.origin, Array("credledger signing key/1\n\(ledger.origin)\n".utf8))
    let key = try await ledger.blocking { () throws(LedgerError) -> Ed25519.VerifyingKey in
      let key = try Self.verifyingKey(verifierKey, origin: origin, provider)
      do throws(TransparencyError) {
        _ = try ProvidedSigner(VerifierKey(name: origin, type: .ed25519, key: key), key, provider).sign(challenge)
      } catch { throw LedgerError(.signingUnavailable, "\(error.reason); nothing was changed") }
      return key
    }
    try await ledger.authorize(&request, .keys, .rotateSigningKey(to: key.bytes))
    try await ledger.replaceSigningKey(to: key)
    try await ledger.recordSigningKeys(request)
    return try ledger.verifierKey
  }

  /// The public key of one that is kept elsewhere, as ``ProposedChange/rotateSigningKey(to:)`` takes it.
  ///
  /// ```swift
  /// let key = try ledger.keys.signingKey(of: provider)
  /// ```
  ///
  /// - Parameters:
  ///   - provider: signs by the key.
  ///   - verifierKey: its public key, as a C2SP verifier key or as 32 bytes in Base64; nil asks the provider.
  /// - Returns: 32 bytes.
  /// - Throws: `signing_unavailable`; `invalid_value` where there is no public key.
  public func signingKey(
    of provider: any SigningKeyProvider, verifierKey: String? = nil
  ) throws(LedgerError) -> [UInt8] {
    try Self.verifyingKey(verifierKey, origin: ledger.origin, provider).bytes
  }

  private static func verifyingKey(
    _ text: String?, origin: String, _ provider: any SigningKeyProvider
  ) throws(LedgerError) -> Ed25519.VerifyingKey {
    guard let text else {
      let found: Ed25519.VerifyingKey?
      do throws(SigningUnavailable) { found = try provider.verifyingKey() } catch {
        throw LedgerError(.signingUnavailable, "\(error.reason); nothing was changed")
      }
      guard let found else {
        throw LedgerError(
          .invalidValue, "verifierKey: expected the public key, which \(provider.place) does not tell",
          field: "verifierKey")
      }
      return found
    }
    let wrong = LedgerError(
      .invalidValue, "verifierKey: expected a verifier key of \(origin), or 32 bytes of an Ed25519 key in Base64",
      field: "verifierKey")
    if let bytes = Base64.decode(text) {
      do throws(CryptoError) { return try Ed25519.VerifyingKey(bytes: bytes) } catch { throw wrong }
    }
    do throws(TransparencyError) {
      let key = try VerifierKey(text, of: .ed25519)
      guard key.name == origin else { throw TransparencyError(.wrongOrigin, "") }
      return key.key
    } catch { throw wrong }
  }

  /// Replaces the master key, and seals every key anew under it. Backups of the key folder need the old one,
  /// the ledger opens with the new one alone: open it by a configuration that says where that is.
  ///
  /// The key folder keeps in mind that the key was replaced until the event of it is durable; opening the ledger records
  /// what a crash left out.
  ///
  /// ```swift
  /// try await ledger.keys.rotateMasterKey(to: .file("/run/secrets/ledger-key"))
  /// ```
  ///
  /// Replace it by none that may be gone with this process, such as one in a variable of its environment: all that it seals
  /// would be lost.
  ///
  /// - Parameter source: where the new one is; with `keysFolder` one is drawn and kept there, and otherwise one that is kept
  ///   there is overwritten and removed.
  /// - Throws: `key_unavailable` where it is missing or malformed; `invalid_value` where it is the present one;
  ///   `conflict` while another rotation runs. Where the key was replaced and that could not be recorded, the error says
  ///   which key opens the ledger now. Interrupted, either key opens the ledger, and opening with the new one
  ///   finishes the rotation.
  public func rotateMasterKey(
    to source: MasterKey.Source, context: RequestContext = .none
  ) async throws(LedgerError) {
    let ledger = ledger
    // Another one may not come between the new key and the record of it.
    guard !ledger.isReplacingMasterKey.exchange(true, ordering: .acquiring) else {
      throw LedgerError(KeyStoreError(.rotationUnconfirmed, "The rotation before is not recorded yet; try again."))
    }
    defer { ledger.isReplacingMasterKey.store(false, ordering: .releasing) }
    var request = try ledger.prepare(context)
    try await ledger.recordMasterKey()
    try await ledger.authorize(&request, .keys, .rotateMasterKey(to: fingerprintOfProposal(source)))
    try await ledger.blocking { () throws(LedgerError) in
      let now = try ledger.now.milliseconds
      try keyed(ledger.keyStore.rotateMasterKey(to: source, createdAt: now))
    }
    do throws(LedgerError) {
      try await ledger.recordMasterKey(request)
      // With the master key comes a new key for those of persons.
      try await ledger.recordKeys(request)
    } catch {
      throw LedgerError(
        error.code,
        "the master key with the fingerprint \(masterKeyFingerprint) opens the ledger from now on, and no other; that it was "
          + "replaced is recorded the next time the ledger is opened for writing, since now: \(error.reason)",
        field: error.field, position: error.position)
    }
  }

  /// The fingerprint of the master key of a source, for this ledger: 16 hexadecimal digits. To be compared with what was
  /// noted of a key, before it takes the place of the present one.
  ///
  /// ```swift
  /// let fingerprint = try ledger.keys.fingerprint(of: .file("/run/secrets/ledger-key"))
  /// ```
  ///
  /// - Throws: `key_unavailable` where there is no key, or none that may be used.
  public func fingerprint(of source: MasterKey.Source) throws(LedgerError) -> String {
    try keyed(ledger.keyStore.fingerprint(of: source))
  }

  /// How a proposal names a new master key; nil for one that is drawn.
  private func fingerprintOfProposal(_ source: MasterKey.Source) throws(LedgerError) -> String? {
    if case .keysFolder = source { nil } else { try fingerprint(of: source) }
  }

  /// The key of a role in text, to be handed out in place of the master key, to a process that is not to have that: it is
  /// given where the master key would be, such as in a file that ``LedgerConfiguration/masterKey`` names. Rotating the master
  /// key, or the keys of persons, ends it.
  ///
  /// ```swift
  /// let readerKey = try ledger.keys.key(of: .reader)
  /// ```
  ///
  /// - Throws: `key_unavailable` where the ledger was opened by other than the master key.
  public func key(of role: KeyRole) throws(LedgerError) -> Secret {
    try keyed(ledger.keyStore.roleKey(role))
  }

  /// The fingerprint of the present master key: 16 hexadecimal digits.
  ///
  /// ```swift
  /// let fingerprint = ledger.keys.masterKeyFingerprint
  /// ```
  public var masterKeyFingerprint: String { ledger.keyStore.masterKeyFingerprint }
}

extension Keys {
  /// Whether checkpoints are signed by a key that is kept elsewhere, so that one made here would take its place.
  package var isSigningKeyElsewhere: Bool { ledger.configuration.signingKey != nil }
}

extension Ledger {
  /// The keys of the ledger.
  public var keys: Keys { Keys(ledger: self) }

  /// Replaces the signing key on the writer's thread, where no larger tree is signed meanwhile by the one before.
  ///
  /// - Parameter elsewhere: the public key of one that is kept elsewhere; nil makes a key.
  func replaceSigningKey(to elsewhere: Ed25519.VerifyingKey? = nil) async throws(LedgerError) {
    let (keys, now, number) = (keyStore, try now.milliseconds, keyStore.verifyingKeys.last?.number)
    // Performed once, also where the writer tries again.
    try await maintain { (_, head) throws(LogError) in
      do throws(KeyStoreError) {
        try keys.rotateSigningKey(to: elsewhere, createdAt: now, lastSize: head, replacing: number)
      } catch { throw LogError(.keyUnavailable, error.reason) }
    }
  }
}
