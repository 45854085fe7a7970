public import KeyStore
import LedgerCrypto
import LedgerDomain
import TransparencyLog

/// The keys of a ledger: the one that signs checkpoints, and the master key.
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
  public func rotateSigningKey() async throws(LedgerError) -> String {
    let ledger = ledger
    try await ledger.blocking { () throws(LedgerError) in
      try keyed { () throws(KeyStoreError) in
        _ = try ledger.keyStore.rotateSigningKey(createdAt: ledger.configuration.clock())
      }
    }
    try await ledger.recordSigningKeys()
    return try ledger.verifierKey
  }

  /// Replaces the master key, and seals every key anew under it. Backups of the key folder need the old one.
  ///
  /// - Parameter source: where the new one is; with `keysFolder` one is drawn and kept there.
  /// - Throws: `key_unavailable` where it is missing, malformed or the present one. Interrupted, either key opens the
  ///   ledger, and opening with the new one finishes the rotation.
  public func rotateMasterKey(to source: MasterKey.Source) async throws(LedgerError) {
    let ledger = ledger
    let before = ledger.keyStore.masterKeyFingerprint
    try await ledger.blocking { () throws(LedgerError) in
      try keyed { () throws(KeyStoreError) in
        try ledger.keyStore.rotateMasterKey(to: source, createdAt: ledger.configuration.clock())
      }
    }
    let after = ledger.keyStore.masterKeyFingerprint
    guard let before = Hex.decode(before), let after = Hex.decode(after) else {
      throw LedgerError(.damaged, "the fingerprint of a master key is malformed")
    }
    try await ledger.execute(RecordMasterKey(before: before, after: after))
  }

  /// What tells the present master key from others: 16 hexadecimal digits.
  public var masterKeyFingerprint: String { ledger.keyStore.masterKeyFingerprint }
}

extension Ledger {
  /// The keys of the ledger.
  public var keys: Keys { Keys(ledger: self) }

  /// Every key that has signed checkpoints of this ledger, oldest first (C2SP signed-note).
  public var verifierKeys: [String] {
    get throws(LedgerError) {
      try keyStore.verifierKeys(origin: origin).map(\.description)
    }
  }

  /// Records the signing keys that the log does not name yet.
  func recordSigningKeys() async throws(LedgerError) {
    while try await execute(RecordSigningKeys(keys: keyStore.verifyingKeys.map { $0.key.bytes })) != 0 {}
  }
}

extension KeyStore {
  /// Every key that has signed checkpoints, oldest first.
  func verifierKeys(origin: String) throws(LedgerError) -> [VerifierKey] {
    do throws(TransparencyError) {
      var keys: [VerifierKey] = []
      for published in verifyingKeys {
        keys.append(try VerifierKey(name: origin, type: .ed25519, key: published.key))
      }
      return keys
    } catch { throw LedgerError(error) }
  }
}
