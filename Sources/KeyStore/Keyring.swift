import LedgerCrypto

/// The named keys of a ledger, and how they lie in the file `keyring`.
///
/// The file is text, one item a line, each line ended by a line feed:
///
///     credledger-keyring/1
///     origin <the ledger's name>
///     slot <fingerprint of a master key> <root key sealed under it>
///     key <name> <milliseconds since 1970> <key sealed under the root key>[ <public key>]
///     sha256 <hexadecimal digest of all bytes before this line>
///
/// There is one `slot`, or two while a master key is being rotated: the old one first. Sealed keys are Base64 of nonce
/// (12 bytes), ciphertext (32) and tag (16); they authenticate the origin and, for named keys, the name and time. The
/// digest tells a damaged file from a wrong master key; the tags hold off whoever would change both file and digest.
struct Keyring: Sendable {
  struct Slot: Sendable {
    let fingerprint: String
    let sealedRoot: [UInt8]
  }

  struct Key: Sendable {
    let name: String
    /// Milliseconds since 1970.
    let createdAt: Int64
    let secret: Secret
  }

  /// The file's name.
  static let fileName = "keyring"
  /// A ledger has few keys: anything larger than this was not written here.
  static let sizeLimit = 1 << 20
  /// Every key has this size in bytes.
  static let keyByteCount = 32

  static let tokenMask = "token-mask"
  static let lookup = "lookup"
  static let pinPepper = "pin-pepper"
  static let derivation = "derivation"
  private static let fixedNames = [tokenMask, lookup, pinPepper, derivation]

  /// Keys of a family are numbered from 1: `signing/1`, `signing/2`.
  enum Family: String {
    /// Ed25519 seeds.
    case signing
    /// Keys that the persons' keys are sealed under.
    case person

    func name(_ number: UInt32) -> String { "\(rawValue)/\(number)" }
  }

  let origin: String
  private(set) var root: Secret
  private(set) var slots: [Slot]
  private(set) var keys: [Key]
  /// The rotation of the master key that nobody has confirmed yet; nil if there is none.
  var rotation: MasterKeyRotation?

  /// A keyring with a fresh key of every kind.
  init(
    origin: String, sealedUnder sealing: SealingKey, createdAt: Int64, random: any RandomSource
  ) throws(KeyStoreError) {
    try Self.check(origin: origin)
    self.origin = origin
    root = try SealedBytes.drawKey(random)
    slots = []
    keys = []
    for name in Self.fixedNames + [Family.signing.name(1), Family.person.name(1)] {
      keys.append(Key(name: name, createdAt: createdAt, secret: try SealedBytes.drawKey(random)))
    }
    try addSlot(sealing, random: random)
  }

  /// A ledger's name: 1 to 255 bytes of UTF-8 without spaces or control characters, so that it fits a line.
  static func check(origin: String) throws(KeyStoreError) {
    guard (1...255).contains(origin.utf8.count), origin.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw KeyStoreError(
        .invalidArgument, "origin: expected 1 to 255 bytes without spaces and control characters", field: "origin")
    }
  }

  /// The key of a name.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged` if there is none.
  func key(_ name: String) throws(KeyStoreError) -> Secret {
    guard let key = keys.first(where: { $0.name == name }) else {
      throw Self.damaged("the key \(name) is not in it")
    }
    return key.secret
  }

  /// The keys of a family by number, in ascending order.
  func keys(of family: Family) -> [(number: UInt32, key: Key)] {
    keys.compactMap { key in
      let parts = key.name.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == family.rawValue, let number = UInt32(parts[1]) else { return nil }
      return (number, key)
    }.sorted { $0.number < $1.number }
  }

  /// Adds a fresh key with the next number of its family, and returns that number.
  mutating func addKey(
    to family: Family, createdAt: Int64, random: any RandomSource
  ) throws(KeyStoreError) -> UInt32 {
    let number = (keys(of: family).last?.number ?? 0) + 1
    keys.append(Key(name: family.name(number), createdAt: createdAt, secret: try SealedBytes.drawKey(random)))
    return number
  }

  /// Removes the family's keys with numbers below `number`.
  mutating func removeKeys(of family: Family, below number: UInt32) {
    let doomed = Set(keys(of: family).filter { $0.number < number }.map(\.key.name))
    keys.removeAll { doomed.contains($0.name) }
  }

  /// Draws a new root key, which both master keys open.
  mutating func openToBoth(
    old: SealingKey, new: SealingKey, random: any RandomSource
  ) throws(KeyStoreError) {
    root = try SealedBytes.drawKey(random)
    slots = []
    try addSlot(old, random: random)
    try addSlot(new, random: random)
  }

  /// Leaves the newest master key as the only one.
  mutating func closeToOld() {
    slots.removeFirst(slots.count - 1)
  }

  private mutating func addSlot(_ sealing: SealingKey, random: any RandomSource) throws(KeyStoreError) {
    let sealed = try SealedBytes.seal(root, under: sealing.key, context: Self.rootContext(origin), random: random)
    slots.append(Slot(fingerprint: sealing.fingerprint, sealedRoot: sealed))
  }

  private static func rootContext(_ origin: String) -> [UInt8] { Array("root\n\(origin)".utf8) }

  private static func keyContext(_ origin: String, _ name: String, _ createdAt: Int64) -> [UInt8] {
    Array("key\n\(origin)\n\(name)\n\(createdAt)".utf8)
  }

  static func damaged(_ what: String) -> KeyStoreError {
    KeyStoreError(.damaged, "The keyring is damaged: \(what). Restore the keys from a backup.")
  }
}

extension Keyring {
  private static let title = "credledger-keyring/1"

  /// The file's content, with every key sealed anew.
  func encoded(random: any RandomSource) throws(KeyStoreError) -> [UInt8] {
    var text = "\(Self.title)\norigin \(origin)\n"
    for slot in slots { text += "slot \(slot.fingerprint) \(Base64.encode(slot.sealedRoot))\n" }
    if let rotation { text += "rotation \(rotation.before) \(rotation.after)\n" }
    for key in keys {
      let context = Self.keyContext(origin, key.name, key.createdAt)
      let sealed = try SealedBytes.seal(key.secret, under: root, context: context, random: random)
      text += "key \(key.name) \(key.createdAt) \(Base64.encode(sealed))"
      if let publicKey = try Self.publicKey(of: key) { text += " \(Base64.encode(publicKey))" }
      text += "\n"
    }
    let body = Array(text.utf8)
    return body + Array("sha256 \(SHA256.hash(body).hex)\n".utf8)
  }

  /// Reads a file's content, all of it: a file with a single byte changed is refused.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, `originMismatch` or `masterKeyMismatch`.
  init(decoding bytes: [UInt8], origin: String, sealedUnder sealing: SealingKey) throws(KeyStoreError) {
    let lines = try Self.checkedLines(bytes)
    guard lines.count > 2, lines[0] == Self.title[...], lines[1].hasPrefix("origin ") else {
      throw Self.damaged("it does not begin as version 1 does")
    }
    guard lines[1] == "origin \(origin)" else {
      throw KeyStoreError(
        .originMismatch, "These keys belong to the ledger \(lines[1].dropFirst(7)), not to \(origin).")
    }
    self.origin = origin

    var items = lines[2...].map { $0.split(separator: " ", omittingEmptySubsequences: false) }[...]
    slots = []
    while let item = items.first, item[0] == "slot" {
      guard item.count == 3, let sealed = Base64.decode(item[2]) else { throw Self.damaged("a slot is malformed") }
      slots.append(Slot(fingerprint: String(item[1]), sealedRoot: sealed))
      items.removeFirst()
    }
    if let item = items.first, item[0] == "rotation" {
      guard item.count == 3 else { throw Self.damaged("the rotation is malformed") }
      rotation = MasterKeyRotation(before: String(item[1]), after: String(item[2]))
      items.removeFirst()
    }
    guard let slot = slots.first(where: { $0.fingerprint == sealing.fingerprint }) else {
      throw KeyStoreError(
        .masterKeyMismatch,
        "The keys are sealed under the master key \(slots.map(\.fingerprint).joined(separator: " or ")), but the one "
          + "given is \(sealing.fingerprint). Provide the right one.")
    }
    let context = Self.rootContext(origin)
    guard let root = try SealedBytes.openSecret(slot.sealedRoot, under: sealing.key, context: context) else {
      throw Self.damaged("its root key does not authenticate")
    }
    self.root = root

    keys = []
    for item in items { keys.append(try Self.decodeKey(item, origin: origin, root: root)) }
    guard Set(keys.map(\.name)).count == keys.count else { throw Self.damaged("a key is in it twice") }
    for name in Self.fixedNames { _ = try key(name) }
    guard !keys(of: .signing).isEmpty, !keys(of: .person).isEmpty else {
      throw Self.damaged("it lacks a signing key or the key of the persons")
    }
  }

  /// The lines before the digest, once that has proved right.
  private static func checkedLines(_ bytes: [UInt8]) throws(KeyStoreError) -> [Substring] {
    let digestLine = "sha256 ".utf8.count + 2 * Digest.byteCount + 1
    guard bytes.count > digestLine else { throw damaged("it is cut short") }
    let body = Array(bytes.dropLast(digestLine))
    guard Array(bytes.suffix(digestLine)) == Array("sha256 \(SHA256.hash(body).hex)\n".utf8) else {
      throw damaged("its digest does not match its content")
    }
    guard let text = String(validating: body, as: UTF8.self), text.hasSuffix("\n") else {
      throw damaged("it is not text")
    }
    return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static func decodeKey(
    _ item: [Substring], origin: String, root: Secret
  ) throws(KeyStoreError) -> Key {
    guard (4...5).contains(item.count), item[0] == "key", let createdAt = Int64(item[2]),
      let sealed = Base64.decode(item[3])
    else { throw damaged("a key is malformed") }
    let name = String(item[1])
    let context = keyContext(origin, name, createdAt)
    guard let secret = try SealedBytes.openSecret(sealed, under: root, context: context), secret.count == keyByteCount
    else { throw damaged("the key \(name) does not authenticate") }
    let key = Key(name: name, createdAt: createdAt, secret: secret)
    guard try publicKey(of: key) == (item.count == 5 ? Base64.decode(item[4]) : nil) else {
      throw damaged("the public key of \(name) is not its own")
    }
    return key
  }

  /// The public key that stands beside a signing key; `nil` for other keys.
  private static func publicKey(of key: Key) throws(KeyStoreError) -> [UInt8]? {
    guard key.name.hasPrefix("\(Family.signing.rawValue)/") else { return nil }
    return try KeyStoreError.wrapping { () throws(CryptoError) in
      try Ed25519.SigningKey(seed: key.secret).verifyingKey.bytes
    }
  }
}
