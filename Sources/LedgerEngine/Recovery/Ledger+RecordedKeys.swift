import EventLog
package import KeyStore
import LedgerCrypto
import LedgerDomain
package import LedgerEvents
import Projections

extension Ledger {
  /// Records the rotation of the master key that the log does not name yet, if there is one.
  ///
  /// - Parameter asked: what asked for it; without it the ledger records what it finds.
  package func recordMasterKey(_ asked: PreparedRequest = PreparedRequest()) async throws(LedgerError) {
    guard let rotation = keyStore.unconfirmedRotation else { return }
    guard let before = Hex.decode(rotation.before), let after = Hex.decode(rotation.after) else {
      throw LedgerError(.damaged, "the fingerprint of a master key is malformed")
    }
    // A crash may have come after the event. Since every rotation is recorded before the next, the newest event tells.
    let newest = try await newestMasterKeyRotation()
    if let event = newest?.event, Array(event.before) == before, Array(event.after) == after {
      return try confirm(rotation)
    }
    // Another task may be about to record the same.
    let request = try repeatable(
      asked, by: .ledger, key: "\(rotation.before) \(rotation.after) after \(newest?.position ?? 0)",
      RequestEncoding(.rotateMasterKey))
    try await submit(RecordMasterKey(before: before, after: after), in: request)
    try confirm(rotation)
  }

  /// The newest event that says that the master key was rotated.
  private func newestMasterKeyRotation() async throws(LedgerError) -> (position: UInt64, event: MasterKeyRotated)? {
    try await blocking { [log] () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try log.snapshot()
        let head = try view.head()
        guard head > 0 else { return nil }
        let search = AuditSearch(
          groups: [[.type(EventType.masterKeyRotated.rawValue)]], range: 1...head, ascending: false)
        var found: (position: UInt64, event: MasterKeyRotated)?
        var budget = Int.max
        _ = try view.auditTrail().search(search, budget: &budget, in: view) { (position) throws(LogError) in
          guard case .masterKeyRotated(let event) = try view.record(at: position)?.event else { return true }
          found = (position, event)
          return false
        }
        return found
      }
    }
  }

  private func confirm(_ rotation: MasterKeyRotation) throws(LedgerError) {
    try keyed(keyStore.confirm(rotation))
  }

  /// Records the signing keys that the log does not name yet.
  package func recordSigningKeys(_ request: PreparedRequest = PreparedRequest()) async throws(LedgerError) {
    while try await submit(RecordSigningKeys(keys: keyStore.verifyingKeys.map { $0.key.bytes }), in: request) != 0 {}
  }

  /// Records what became of the keys of the keyring and the log does not say yet.
  ///
  /// - Parameter request: what asked for it; without it the ledger records what it finds.
  package func recordKeys(_ request: PreparedRequest = PreparedRequest()) async throws(LedgerError) {
    while true {
      let keys = keyStore.keyringKeys
      let kept = KeyKind.allCases.compactMap { kind -> RecordKeys.Kept? in
        let own = keys.filter { $0.kind == kind }
        guard let purpose = kind.purpose, let oldest = own.first, let newest = own.last else { return nil }
        return RecordKeys.Kept(
          purpose, KeyNumbers(oldest: oldest.number, newest: newest.number),
          beforeUntil: own.dropLast().last?.until ?? 0)
      }
      do throws(LedgerError) {
        _ = try await submit(RecordKeys(kept: kept), in: request)
        return
      } catch {
        // Another task may have made newer keys, and recorded them.
        guard error.code == .conflict, keyStore.keyringKeys != keys else { throw error }
      }
    }
  }

  /// Drops the keys whose time has come, and those that no row is under since the rows were made anew at opening.
  package func dropKeysOutOfUse() async throws(LedgerError) {
    try await blocking { [self] () throws(LedgerError) in
      let now = try now.milliseconds
      let rows = log.participant.rowKeys
      _ = try keyed(keyStore.dropExpiredKeys(at: now))
      _ = try keyed(keyStore.dropKeys(of: .lookup, below: rows.lookup))
      _ = try keyed(keyStore.dropKeys(of: .rowCheck, below: rows.rowCheck))
    }
  }
}

extension KeyKind {
  /// How events name the kind; nil for signing keys, which have events of their own.
  package var purpose: KeyPurpose? {
    switch self {
    case .signing: nil
    case .person: .person
    case .tokenMask: .tokenMask
    case .lookup: .lookup
    case .pinPepper: .pinPepper
    case .derivation: .derivation
    case .rowCheck: .rowCheck
    case .tokenSigning: .tokenSigning
    }
  }
}

extension KeyPurpose {
  /// The name of the kind of key.
  package var word: String { KeyKind.allCases.first { $0.purpose == self }?.description ?? "none" }
}
