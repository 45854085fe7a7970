import LedgerCrypto

// How a keyring lies in the file `keyring`.
//
// The file is text, one item a line, each line ended by a line feed:
//
//     credledger-keyring/2
//     origin <the ledger's name>
//     counter <how often the keyring was changed>
//     slot <fingerprint of a master key> <root key sealed under it>
//     rotation <fingerprint> <fingerprint>
//     key <kind>/<number> <made> <dropped, or -> <key sealed under its role's key>[ <public key>]
//     mac <hexadecimal HMAC-SHA256 of all bytes before this line>
//     sha256 <hexadecimal digest of all bytes before this line>
//
// Of a signing key, which is never dropped, the number of events that the ledger had when it was replaced is in that place.
// There is one `slot`, or two while a master key is being rotated: the old one first. `rotation` is there until the log
// names it. Times are milliseconds since 1970. Sealed keys are Base64 of nonce (12 bytes), ciphertext (32) and tag (16);
// they authenticate the origin and, for named keys, the name and time. The digest tells a damaged file from a wrong master
// key. The MAC, under a key that follows from the root key, shows any change by somebody without the master key.

/// A keyring with the keys that open what is in it.
struct OpenKeyring: Sendable {
  var keyring: Keyring
  var roles: RoleKeys
  /// Tells the master key from others.
  var fingerprint: String
}

extension Keyring {
  private static let title = "credledger-keyring/2"

  /// The file's content.
  func encoded(_ roles: RoleKeys) -> [UInt8] {
    var text = "\(Self.title)\norigin \(origin)\ncounter \(counter)\n"
    for slot in slots { text += "slot \(slot.fingerprint) \(Base64.encode(slot.sealedRoot))\n" }
    if let rotation { text += "rotation \(rotation.before) \(rotation.after)\n" }
    for key in keys {
      text += "key \(key.name) \(key.createdAt) \(key.until.map(String.init) ?? "-") \(Base64.encode(key.sealed))"
      if let publicKey = key.publicKey { text += " \(Base64.encode(publicKey))" }
      text += "\n"
    }
    text += "mac \(HMACSHA256.authenticate(Array(text.utf8), key: roles.authentication).hex)\n"
    return Array("\(text)sha256 \(SHA256.hash(Array(text.utf8)).hex)\n".utf8)
  }

  /// Reads a file's content, all of it: a file with a single byte changed is refused.
  ///
  /// - Parameters:
  ///   - sealing: the master key.
  ///   - roles: the roles whose keys are wanted.
  ///   - random: seals the keys of a file of version 1 as this version does.
  /// - Throws: ``KeyStoreError`` with code `damaged`, `originMismatch` or `masterKeyMismatch`.
  static func decode(
    _ bytes: [UInt8], origin: String, sealedUnder sealing: SealingKey, roles: Set<RoleKeys.Role>,
    random: any RandomSource
  ) throws(KeyStoreError) -> OpenKeyring {
    let lines = try checkedLines(bytes)
    if lines.first == version1Title[...] {
      return try decodeVersion1(lines, origin: origin, sealedUnder: sealing, roles: roles, random: random)
    }
    let (keyring, code) = try Keyring.parse(lines, origin: origin)
    let keys = RoleKeys(root: try keyring.root(sealing), origin: origin, roles: roles)
    guard isAuthentic(bytes, code, keys) else {
      throw damaged("its digest is right and its code is not, so somebody without the master key has changed it")
    }
    return OpenKeyring(keyring: keyring, roles: keys, fingerprint: sealing.fingerprint)
  }

  /// Reads a file's content by keys that are known from an earlier one.
  ///
  /// - Returns: nil where they are not those of this file, since the master key was rotated meanwhile.
  static func decode(_ bytes: [UInt8], origin: String, known roles: RoleKeys) throws(KeyStoreError) -> Keyring? {
    let lines = try checkedLines(bytes)
    guard lines.first == title[...] else { return nil }
    let (keyring, code) = try Keyring.parse(lines, origin: origin)
    return isAuthentic(bytes, code, roles) ? keyring : nil
  }

  private static func isAuthentic(_ bytes: [UInt8], _ code: Digest, _ roles: RoleKeys) -> Bool {
    let body = Array(bytes.dropLast(lineLength("sha256") + lineLength("mac")))
    return HMACSHA256.authenticate(body, key: roles.authentication) == code
  }

  /// How long a line of a name and a digest is, in bytes.
  private static func lineLength(_ name: String) -> Int { name.utf8.count + 1 + 2 * Digest.byteCount + 1 }

  private static func parse(
    _ lines: [Substring], origin: String
  ) throws(KeyStoreError) -> (Keyring, code: Digest) {
    var lines = lines[...]
    guard lines.popFirst() == title[...] else { throw damaged("it does not begin as version 1 or 2 does") }
    try checkOrigin(lines.popFirst(), origin)
    var keyring = try Keyring(origin: origin)
    guard let counter = lines.popFirst()?.value(of: "counter"), let counter = UInt64(counter), counter > 0 else {
      throw damaged("its counter is malformed")
    }
    keyring.counter = counter
    guard let last = lines.popLast()?.value(of: "mac"), let code = Hex.decode(last), let code = Digest(bytes: code)
    else { throw damaged("its code is malformed") }
    keyring.slots = try takeSlots(&lines)
    keyring.rotation = try takeRotation(&lines)
    for line in lines { keyring.keys.append(try parseKey(line)) }
    guard Set(keyring.keys.map(\.name)).count == keyring.keys.count else { throw damaged("a key is in it twice") }
    for kind in KeyKind.allCases where !keyring.keys.contains(where: { $0.kind == kind }) {
      throw damaged("no \(kind) key is in it")
    }
    return (keyring, code)
  }

  private static func parseKey(_ line: Substring) throws(KeyStoreError) -> Key {
    let item = line.split(separator: " ", omittingEmptySubsequences: false)
    guard (5...6).contains(item.count), item[0] == "key", let createdAt = Int64(item[2]),
      item[3] == "-" || Int64(item[3]) != nil, let sealed = Base64.decode(item[4])
    else { throw damaged("a key is malformed") }
    let name = item[1].split(separator: "/", omittingEmptySubsequences: false)
    guard name.count == 2, let kind = KeyKind(rawValue: String(name[0])), let number = UInt32(name[1]), number > 0
    else { throw damaged("it holds a key that this version does not know: \(item[1])") }
    let publicKey = item.count == 6 ? Base64.decode(item[5]) : nil
    guard (publicKey?.count == Ed25519.keyByteCount) == (kind == .signing), (item.count == 6) == (kind == .signing)
    else { throw damaged("the public key of \(item[1]) is malformed") }
    return Key(
      kind: kind, number: number, createdAt: createdAt, until: Int64(item[3]), sealed: sealed, publicKey: publicKey)
  }

  // MARK: What version 1 has as well

  static func checkOrigin(_ line: Substring?, _ origin: String) throws(KeyStoreError) {
    guard let found = line?.value(of: "origin") else { throw damaged("it names no ledger") }
    guard found == origin else {
      throw KeyStoreError(.originMismatch, "These keys belong to the ledger \(found), not to \(origin).")
    }
  }

  static func takeSlots(_ lines: inout ArraySlice<Substring>) throws(KeyStoreError) -> [Slot] {
    var slots: [Slot] = []
    while let line = lines.first, line.hasPrefix("slot ") {
      let item = line.split(separator: " ", omittingEmptySubsequences: false)
      guard item.count == 3, let sealed = Base64.decode(item[2]) else { throw damaged("a slot is malformed") }
      slots.append(Slot(fingerprint: String(item[1]), sealedRoot: sealed))
      lines.removeFirst()
    }
    guard !slots.isEmpty else { throw damaged("no master key opens it") }
    return slots
  }

  static func takeRotation(_ lines: inout ArraySlice<Substring>) throws(KeyStoreError) -> MasterKeyRotation? {
    guard let line = lines.first, line.hasPrefix("rotation ") else { return nil }
    let item = line.split(separator: " ", omittingEmptySubsequences: false)
    guard item.count == 3 else { throw damaged("the rotation is malformed") }
    lines.removeFirst()
    return MasterKeyRotation(before: String(item[1]), after: String(item[2]))
  }

  /// The lines before the digest, once that has proved right.
  private static func checkedLines(_ bytes: [UInt8]) throws(KeyStoreError) -> [Substring] {
    let digestLine = lineLength("sha256")
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
}

extension Substring {
  /// What stands after a name and a space; nil if the line does not begin so.
  fileprivate func value(of name: String) -> Substring? {
    hasPrefix("\(name) ") ? dropFirst(name.count + 1) : nil
  }
}
