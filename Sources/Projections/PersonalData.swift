package import EventLog
package import KeyStore
package import LedgerCrypto
import LedgerEvents

/// Opens what events carry sealed, to compute the keyed hashes by which people are found.
///
/// A hash is computed as the event is applied, and lives in a projection only: so nothing that could be guessed stays
/// in the log, and the hash goes with the person.
package struct PersonalData: Sendable {
  private let keys: KeyStore
  let lookup: LookupKey

  /// Persons whose boxes are not to be opened, whether their keys are there or not.
  private let erased: Set<[UInt8]>

  /// Opens by the keys of a store, for everybody whose key is there.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` where there is no key for the hashes.
  package init(_ keys: KeyStore) throws(LogError) { self.init(keys, try LookupKey(keys), without: []) }

  private init(_ keys: KeyStore, _ lookup: LookupKey, without erased: Set<[UInt8]>) {
    self.keys = keys
    self.lookup = lookup
    self.erased = erased
  }

  /// The same, but for persons whose erasure is recorded: their keys may be there for a moment more.
  func without(_ erased: Set<[UInt8]>) -> PersonalData { PersonalData(keys, lookup, without: erased) }

  /// The keyed hash by which a phone number is found.
  /// - Parameter number: in E.164 form.
  package func hash(number: some Sequence<UInt8>) -> Digest {
    KeyStore.lookupHash(of: Array("phone\0".utf8) + number, key: lookup.secret)
  }

  /// The keyed hash by which an OpenID identity is found.
  package func hash(issuer: String, subject: some Sequence<UInt8>) -> Digest {
    KeyStore.lookupHash(
      of: FramedTexts.bytes(Array("identity".utf8), Array(issuer.utf8), Array(subject)), key: lookup.secret)
  }

  /// The keyed hash of a sealed number; nil once the person is erased.
  /// - Throws: ``LogError/Code/keyUnavailable`` where the box cannot be opened for another reason.
  func hash(number: Sealed, purpose: Purpose, at position: Position) throws(LogError) -> Digest? {
    try open(number, purpose, at: position).map { hash(number: $0) }
  }

  /// The keyed hash of an identity; nil once the person is erased.
  func hash(issuer: String, subject: Sealed, at position: Position) throws(LogError) -> Digest? {
    try open(subject, .accountSubject, at: position).map { hash(issuer: issuer, subject: $0) }
  }

  private func open(_ sealed: Sealed, _ purpose: Purpose, at position: Position) throws(LogError) -> [UInt8]? {
    guard let person = PersonID(bytes: sealed.person) else {
      throw LogError(
        .unreadableEvent, "the name of a person's key has \(sealed.person.count) bytes, not 16", at: position)
    }
    guard erased.isEmpty || !erased.contains(sealed.personBytes) else { return nil }
    do { return try keys.vault.open(SealedValue(person: person, box: sealed.boxBytes), purpose: purpose) } catch {
      throw LogError(.keyUnavailable, error.reason, at: position)
    }
  }
}
