import EventLog
package import KeyStore
package import LedgerCrypto
import LedgerDomain
package import LedgerEvents
import Projections

extension Ledger {
  /// The keyed hash by which a number is found.
  ///
  /// - Throws: `key_unavailable` in a reader without the keys.
  package func hash(of number: PhoneNumber) throws(LedgerError) -> Digest { try hash(ofDigits: number.digits.utf8) }

  package func hash(ofDigits digits: some Sequence<UInt8>) throws(LedgerError) -> Digest {
    try logged { () throws(LogError) in try log.participant.personalData.hash(number: digits) }
  }

  /// The digest of a PIN: an HMAC under the pepper, so that the log alone does not allow guessing. Cheap on purpose: a
  /// PIN has few values and ten minutes, so what protects it are the limits on tries, and a costly hash would let somebody who
  /// presents PINs keep the processor busy.
  package func digest(ofPIN digits: String, salt: [UInt8]) throws(LedgerError) -> Digest {
    let pepper = try keyed(keyStore.pinPepper)
    return HMACSHA256.authenticate(Array("pin/3\0".utf8) + salt + Array(digits.utf8), key: pepper)
  }

  /// Opens a sealed value; nil once the person is erased.
  ///
  /// - Throws: `keys_missing` where the person's key is gone though nobody erased the person.
  package func open(_ sealed: Sealed, _ purpose: Purpose) throws(LedgerError) -> [UInt8]? {
    guard let person = PersonID(bytes: sealed.person) else {
      throw LedgerError(.damaged, "the name of a person's key is malformed")
    }
    return try opened(by: person) { () throws(KeyStoreError) in
      try keyStore.vault.open(SealedValue(person: person, box: sealed.boxBytes), purpose: purpose)
    }
  }

  /// Seals a text under a person's key.
  package func seal(_ text: String, for person: PersonID, _ purpose: Purpose) throws(LedgerError) -> Sealed {
    let value: SealedValue
    do throws(KeyStoreError) { value = try keyStore.vault.seal(text, for: person, purpose: purpose) } catch {
      guard error.code == .personMissing, try !isDestroyed(person) else { throw LedgerError(error) }
      throw Self.lost(person)
    }
    return Sealed(person: value.person.bytes, box: value.box)
  }

  /// The person that an account is.
  package func person(of account: AccountID) throws(LedgerError) -> PersonID {
    let found = try reading { (state) throws(StateUnreadable) in try state.person(of: account) }
    guard let person = found else {
      throw LedgerError(
        Refusal(.notFound, field: "account", expected: "an account of this ledger, and \(account) is none"))
    }
    return person
  }

  /// Makes a key for a new person.
  package func newPerson() throws(LedgerError) -> PersonID { try newPersons(1)[0] }

  /// Makes keys for new persons, all at the cost of one where they fall into the same files.
  package func newPersons(_ count: Int) throws(LedgerError) -> [PersonID] {
    guard count > 0 else { return [] }
    let random = configuration.random
    var persons: [PersonID] = []
    for _ in 0..<count { persons.append(try drawn(PersonID(random: random))) }
    try keyed(keyStore.persons.add(persons))
    return persons
  }

  /// Opens something by the key of a person or a webhook; nil once that is erased or deleted, whether its key is still there
  /// or not.
  ///
  /// - Throws: `keys_missing` where the key is gone and no event says why.
  package func opened(
    by key: PersonID, _ open: () throws(KeyStoreError) -> [UInt8]?
  ) throws(LedgerError) -> [UInt8]? {
    if try isErased(key) { return nil }
    if let bytes = try keyed(open()) { return bytes }
    if try isDestroyed(key) { return nil }
    throw Self.lost(key)
  }

  /// An opener of many values.
  package func opener() throws(LedgerError) -> Vault.Opener {
    do throws(KeyStoreError) { return try keyStore.vault.opener() } catch { throw LedgerError(error) }
  }

  /// Opens a value of somebody who was not erased when the caller read it; nil where that happened since. Spares the
  /// look-up that ``open(_:_:)`` makes for each value.
  ///
  /// - Throws: `keys_missing` where the key is gone and no event says why.
  package func openUnlessErasedSince(
    _ value: SealedValue, _ purpose: Purpose, _ opener: inout Vault.Opener
  ) throws(LedgerError) -> [UInt8]? {
    let bytes: [UInt8]?
    do throws(KeyStoreError) { bytes = try opener.open(value, purpose: purpose) } catch { throw LedgerError(error) }
    if let bytes { return bytes }
    if try isDestroyed(value.person) { return nil }
    throw Self.lost(value.person)
  }

  /// Whether an event says by now that the person was erased.
  package func isErased(_ person: PersonID) throws(LedgerError) -> Bool {
    try reading { (state) throws(StateUnreadable) in try state.isErased(person: person.bytes) }
  }

  /// Whether an event says by now that the person was erased, or the webhook deleted, whose key it was. Reads the rows of
  /// all webhooks where no person was.
  package func isDestroyed(_ key: PersonID) throws(LedgerError) -> Bool {
    let bytes = key.bytes
    return try reading { (state) throws(StateUnreadable) in
      if try state.isErased(person: bytes) { return true }
      return try state.deletedWebhooks().contains { $0.key == bytes }
    }
  }

  /// The error for a key that is missing without an event that says so.
  package static func lost(_ key: PersonID) -> LedgerError {
    LedgerError(
      .keysMissing,
      "a key is not in \(key.fileOfKey), and no event says that it was destroyed: restore the file from a backup of keys/, and "
        + "rebuild nothing before", field: "keys")
  }

  /// Destroys the keys of persons whose erasure is recorded.
  package func destroyKeys(of persons: [[UInt8]]) async throws(LedgerError) {
    guard !persons.isEmpty else { return }
    try await blocking(.short) { [keyStore] () throws(LedgerError) in
      for bytes in persons {
        guard let person = PersonID(bytes: bytes) else { continue }
        do throws(KeyStoreError) { _ = try keyStore.persons.erase(person) } catch {
          throw LedgerError(
            error.code == .diskFull ? .diskFull : .storage,
            "the erasure is recorded, and holds for everybody who reads; but the key is still in \(person.fileOfKey): "
              + "\(error.reason) Ask again, or open the ledger for writing, which destroys it",
            field: "keys")
        }
      }
    }
    try await forgetStaleSnapshots()
  }

  /// Throws away snapshots, and what a stopped rebuild has made, if somebody was erased since: what that person was found
  /// by may be in it.
  package func forgetStaleSnapshots() async throws(LedgerError) {
    do { try await ProjectionRebuild(log).dropStale() } catch { throw LedgerError(error) }
    try await blocking { [log, snapshotKeeper] () throws(LedgerError) in
      try logged { () throws(LogError) in try snapshotKeeper.forgetStale(in: log) }
    }
  }
}
