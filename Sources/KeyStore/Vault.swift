import LedgerCrypto

/// What a sealed value is, so that one cannot be passed off as another.
package struct Purpose: Sendable, Hashable {
  let name: String

  /// Names a purpose. Stored values depend on the name: it must never change.
  package init(_ name: StaticString) {
    self.name = "\(name)"
  }

  private init(named name: String) { self.name = name }

  /// A personal field of an event that a program records under a namespace of its own. The parts of the name hold no slash.
  package static func customField(_ field: String, of type: String, in namespace: String) -> Purpose {
    Purpose(named: "custom/\(namespace)/\(type)/\(field)")
  }

  /// A phone number.
  package static let phoneNumber = Purpose("phone.number")
  /// The name of an account's holder.
  package static let accountName = Purpose("account.name")
  /// The e-mail address of an account's holder.
  package static let accountEmail = Purpose("account.email")
  /// The name an identity provider knows an account by.
  package static let accountSubject = Purpose("account.subject")
  /// The phone number of a group's member.
  package static let memberNumber = Purpose("member.number")
  /// The phone number of a public group's subscriber.
  package static let subscriberNumber = Purpose("subscriber.number")
  /// The program that somebody signed in with.
  package static let userAgent = Purpose("user.agent")
  /// The network address a request came from.
  package static let originAddress = Purpose("origin.address")
  /// Where a webhook is told, what it is known by there, what goes with each delivery, and what a delivery says.
  package static let webhookURL = Purpose("webhook.url")
  package static let webhookToken = Purpose("webhook.token")
  package static let webhookContext = Purpose("webhook.context")
  package static let webhookPayload = Purpose("webhook.payload")
}

/// Something personal, encrypted under the person's key. It can be stored anywhere and kept for ever.
package struct SealedValue: Sendable, Hashable {
  /// Whose key opens the box.
  package let person: PersonID
  /// Nonce (12 bytes), ciphertext, tag (16 bytes).
  package let box: [UInt8]

  /// Takes a value apart and stored before.
  package init(person: PersonID, box: [UInt8]) {
    self.person = person
    self.box = box
  }
}

/// Seals what is personal under the person's key, and opens it for as long as that key exists.
package struct Vault: Sendable {
  private let persons: PersonKeys
  private let random: any RandomSource

  init(persons: PersonKeys, random: any RandomSource) {
    self.persons = persons
    self.random = random
  }

  /// Encrypts bytes for a person, by AES-256-GCM with a random nonce, bound to the person and the purpose.
  ///
  /// - Parameter place: what else the box is bound to, such as the row that it belongs to.
  /// - Throws: ``KeyStoreError`` with code `personMissing` if the person has no key; otherwise `damaged`, `outdated`,
  ///   `fileFailure` or `cryptoFailure`.
  package func seal(
    _ bytes: [UInt8], for person: PersonID, purpose: Purpose, in place: [UInt8] = []
  ) throws(KeyStoreError) -> SealedValue {
    guard let key = try persons.key(of: person) else {
      throw KeyStoreError(.personMissing, "The person \(person) has no key: it was erased, or never made.")
    }
    return try seal(bytes, under: key, for: person, purpose, place)
  }

  private func seal(
    _ bytes: [UInt8], under key: Secret, for person: PersonID, _ purpose: Purpose, _ place: [UInt8]
  ) throws(KeyStoreError) -> SealedValue {
    let box = try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(KeyStoreError) in
      try unsafe SealedBytes.seal(bytes, under: key, context: context(person, purpose, place), random: random)
    }
    return SealedValue(person: person, box: box)
  }

  /// Encrypts the UTF-8 of a text for a person; as ``seal(_:for:purpose:)``.
  package func seal(_ text: String, for person: PersonID, purpose: Purpose) throws(KeyStoreError) -> SealedValue {
    try seal(Array(text.utf8), for: person, purpose: purpose)
  }

  /// The same where the person's key was used lately, so that nothing has to be read.
  ///
  /// - Returns: `nil` where something would have to be.
  package func sealAtOnce(
    _ text: String, for person: PersonID, purpose: Purpose
  ) throws(KeyStoreError) -> SealedValue? {
    guard let key = persons.keyInMemory(of: person) else { return nil }
    return try seal(Array(text.utf8), under: key, for: person, purpose, [])
  }

  /// Decrypts a value.
  ///
  /// - Parameters:
  ///   - purpose: the one it was sealed for.
  ///   - place: what else it was bound to.
  /// - Returns: the bytes; `nil` if the person's key has been destroyed.
  /// - Throws: ``KeyStoreError`` with code `notAuthentic` if the box was changed, or is of another person, purpose or place;
  ///   otherwise `damaged`, `outdated`, `fileFailure` or `cryptoFailure`.
  package func open(
    _ value: SealedValue, purpose: Purpose, in place: [UInt8] = []
  ) throws(KeyStoreError) -> [UInt8]? {
    guard let key = try persons.key(of: value.person) else { return nil }
    guard let bytes = try SealedBytes.open(value.box, under: key, context: context(value.person, purpose, place)) else {
      throw Self.notAuthentic(value, purpose)
    }
    return bytes
  }

  /// An opener of many values, for lists.
  ///
  /// - Throws: ``KeyStoreError`` with code `cryptoFailure` where memory has run out.
  package func opener() throws(KeyStoreError) -> Opener {
    do throws(CryptoError) { return Opener(persons, try AES256GCM.Opener()) } catch {
      throw KeyStoreError(.cryptoFailure, error.reason)
    }
  }

  /// Opens values one after the other: about half of the time that ``Vault/open(_:purpose:in:)`` takes for each.
  package struct Opener: ~Copyable {
    private let persons: PersonKeys
    private var cipher: AES256GCM.Opener
    private var context: [UInt8] = []

    fileprivate init(_ persons: PersonKeys, _ cipher: consuming AES256GCM.Opener) {
      self.persons = persons
      self.cipher = cipher
    }

    /// Decrypts a value that is bound to no place; as ``Vault/open(_:purpose:in:)``.
    package mutating func open(_ value: SealedValue, purpose: Purpose) throws(KeyStoreError) -> [UInt8]? {
      guard let key = try persons.key(of: value.person) else { return nil }
      context.removeAll(keepingCapacity: true)
      Vault.append(value.person, purpose, to: &context)
      guard let bytes = try SealedBytes.open(value.box, under: key, context: context, by: &cipher) else {
        throw Vault.notAuthentic(value, purpose)
      }
      return bytes
    }
  }

  private static func notAuthentic(_ value: SealedValue, _ purpose: Purpose) -> KeyStoreError {
    KeyStoreError(.notAuthentic, "A value of the person \(value.person) was changed, or is not a \(purpose.name).")
  }

  /// A purpose has no zero byte in its name.
  private func context(_ person: PersonID, _ purpose: Purpose, _ place: [UInt8]) -> [UInt8] {
    var context: [UInt8] = []
    context.reserveCapacity(PersonID.byteCount + purpose.name.utf8.count + 1 + place.count)
    Self.append(person, purpose, to: &context)
    guard !place.isEmpty else { return context }
    context.append(0)
    context += place
    return context
  }

  private static func append(_ person: PersonID, _ purpose: Purpose, to context: inout [UInt8]) {
    unsafe person.withUnsafeBytes { unsafe context.append(contentsOf: $0) }
    context += purpose.name.utf8
  }
}
