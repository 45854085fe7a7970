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
  /// What the log says of erasures; nil where events are applied as they are recorded, when every key is there.
  private let recorded: (any ErasureRecord)?
  /// Whether a key that is gone without an event counts as erased: only for a copy whose missing keys are yet to be counted.
  private let acceptsMissing: Bool

  /// Whether nothing is opened, by a reader without the keys: then nobody is found by a hash.
  let isSealed: Bool

  /// Opens by the keys of a store.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` where there is no key for the hashes.
  package init(_ keys: KeyStore, acceptingMissing: Bool = false) throws(LogError) {
    self.init(keys, try LookupKey(keys), without: [], nil, acceptingMissing, isSealed: false)
  }

  private init(
    _ keys: KeyStore, _ lookup: LookupKey, without erased: Set<[UInt8]>, _ recorded: (any ErasureRecord)?,
    _ acceptsMissing: Bool, isSealed: Bool
  ) {
    self.keys = keys
    self.lookup = lookup
    self.erased = erased
    self.recorded = recorded
    self.acceptsMissing = acceptsMissing
    self.isSealed = isSealed
  }

  /// The same, for events that are applied again.
  ///
  /// - Parameters:
  ///   - erased: persons whose erasure is recorded: their keys may be there for a moment more.
  ///   - recorded: tells erasures from lost keys.
  func without(_ erased: Set<[UInt8]>, _ recorded: any ErasureRecord) -> PersonalData {
    PersonalData(keys, lookup, without: erased, recorded, acceptsMissing, isSealed: isSealed)
  }

  /// The same for a state that nobody is looked up in by a number or an identity: a reader without the keys leaves those
  /// hashes out, where it would otherwise fail.
  var forPastState: PersonalData {
    PersonalData(keys, lookup, without: erased, recorded, acceptsMissing, isSealed: !lookup.isOpen)
  }

  /// The keyed hash by which a phone number is found.
  ///
  /// - Parameter number: in E.164 form.
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  package func hash(number: some Sequence<UInt8>) throws(LogError) -> Digest {
    try KeyStore.lookupHash(of: Array("phone\0".utf8) + number, key: lookup.secret)
  }

  /// The keyed hash by which an OpenID identity is found.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  package func hash(issuer: String, subject: some Sequence<UInt8>) throws(LogError) -> Digest {
    try KeyStore.lookupHash(
      of: FramedTexts.bytes(Array("identity".utf8), Array(issuer.utf8), Array(subject)), key: lookup.secret)
  }

  /// The keyed hash of a sealed number; nil once the person is erased.
  /// - Throws: ``LogError/Code/keyUnavailable`` where the box cannot be opened for another reason.
  func hash(number: Sealed, purpose: Purpose, at position: PositionNumber) throws(LogError) -> Digest? {
    guard let number = try open(number, purpose, at: position) else { return nil }
    return try hash(number: number)
  }

  /// The keyed hash of an identity; nil once the person is erased.
  func hash(issuer: String, subject: Sealed, at position: PositionNumber) throws(LogError) -> Digest? {
    guard let subject = try open(subject, .accountSubject, at: position) else { return nil }
    return try hash(issuer: issuer, subject: subject)
  }

  /// Opens a sealed value; nil once the person is erased.
  /// - Throws: ``LogError/Code/keyUnavailable`` where the box cannot be opened for another reason.
  func open(_ sealed: Sealed, _ purpose: Purpose, at position: PositionNumber) throws(LogError) -> [UInt8]? {
    guard let person = PersonID(bytes: sealed.person) else {
      throw LogError(
        .unreadableEvent, "the name of a person's key has \(sealed.person.count) bytes, not 16", at: position)
    }
    guard !isSealed, erased.isEmpty || !erased.contains(sealed.personBytes) else { return nil }
    let opened: [UInt8]?
    do { opened = try keys.vault.open(SealedValue(person: person, box: sealed.boxBytes), purpose: purpose) } catch {
      throw LogError(.keyUnavailable, error.reason, at: position)
    }
    if let opened { return opened }
    // An erasure leaves the same rows as a key that was never there. A lost key must not pass for one.
    if acceptsMissing { return nil }
    guard let recorded, try recorded.contains(sealed.personBytes) else {
      throw LogError(
        .keysMissing,
        "the key of a person is not in \(person.fileOfKey), and no event says that the person was erased: restore "
          + "the file from a backup of keys/, and rebuild nothing before", at: position)
    }
    return nil
  }
}
