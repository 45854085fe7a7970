import LedgerCrypto

// How a keyring lies in the file `keyring`.
//
// The file is text, one item a line, each line ended by a line feed:
//
//     credledger-keyring/4
//     origin <the ledger's name>
//     counter <how often the keyring was changed>
//     slot <fingerprint of a master key> <root key sealed under it>
//     rotation <fingerprint> <fingerprint>
//     key <kind>/<number> <made> <dropped, or -> <key sealed under its role's key, or ->[ <public key>]
//     role <name> <fingerprint of the role's key> <hexadecimal HMAC-SHA256 of all bytes before the first of these lines>
//     mac <hexadecimal HMAC-SHA256 of all bytes before this line>
//     sha256 <hexadecimal digest of all bytes before this line>
//
// Of a signing key, which is never dropped, the number of events that the ledger had when it was replaced is in that place.
// One that is kept elsewhere has no sealed key. There is one `slot`, or two while a master key is being rotated: the old one
// first. `rotation` is there until the log names it. Times are milliseconds since 1970. Sealed keys are Base64 of nonce (12
// bytes), ciphertext (32) and tag (16); they authenticate the origin and, for named keys, the name and time. The digest tells
// a damaged file from a wrong master key. The MAC, under a key that follows from the root key, shows any change by somebody
// without the master key. The line of a role shows the same to a process that has that role's key only; processes of one
// role could deceive each other by it, and nobody else.
//
// Version 3 had no keys of the kind `token-signing`. Version 2 had no `role` either, and no signing key that is kept elsewhere.

/// A keyring with the keys that open what is in it.
struct OpenKeyring: Sendable {
  var keyring: Keyring
  var roles: RoleKeys
  /// Tells the master key from others.
  var fingerprint: String
}

extension Keyring {
  private static let titles = ["credledger-keyring/2": 2, "credledger-keyring/3": 3, "credledger-keyring/4": 4]

  /// The file's content.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where the roles are not those of the process that writes.
  func encoded(_ roles: RoleKeys) throws(KeyStoreError) -> [UInt8] {
    guard let authentication = roles.authentication else {
      throw KeyStoreError(.readOnly, "The key store was opened for reading; open it for writing to change it.")
    }
    var text = "credledger-keyring/\(Self.presentVersion)\norigin \(origin)\ncounter \(counter)\n"
    for slot in slots { text += "slot \(slot.fingerprint) \(Base64.encode(slot.sealedRoot))\n" }
    if let rotation { text += "rotation \(rotation.before) \(rotation.after)\n" }
    for key in keys {
      text += "key \(key.name) \(key.createdAt) \(key.until.map(String.init) ?? "-") "
      text += key.sealed.map { Base64.encode($0) } ?? "-"
      if let publicKey = key.publicKey { text += " \(Base64.encode(publicKey))" }
      text += "\n"
    }
    let body = Array(text.utf8)
    for role in KeyRole.allCases {
      guard let line = roles.line(of: role, over: body, origin: origin) else { continue }
      text += "role \(role.rawValue) \(line.fingerprint) \(line.code.hex)\n"
    }
    text += "mac \(HMACSHA256.authenticate(Array(text.utf8), key: authentication).hex)\n"
    return Array("\(text)sha256 \(SHA256.hash(Array(text.utf8)).hex)\n".utf8)
  }

  /// Reads a file's content, all of it: a file with a single byte changed is refused.
  ///
  /// - Parameters:
  ///   - key: the master key, or that of a role.
  ///   - roles: the roles whose keys are needed; the key of a role gives only its own.
  ///   - random: seals the keys of a file of version 1 as this version does.
  /// - Throws: ``KeyStoreError`` with code `damaged`, `originMismatch`, `masterKeyMismatch`, or `outdated` where the file is
  ///   of a version that had no keys of roles.
  static func decode(
    _ bytes: [UInt8], origin: String, by key: MasterKey, roles: Set<RoleKeys.Role>, random: any RandomSource
  ) throws(KeyStoreError) -> OpenKeyring {
    let lines = try checkedLines(bytes)
    if lines.first == version1Title[...] {
      let sealing = try key.sealingKey(origin: origin)
      return try decodeVersion1(lines, origin: origin, sealedUnder: sealing, roles: roles, random: random)
    }
    let parsed = try parse(lines, origin: origin)
    let keyring = parsed.keyring
    let keys = try keyring.roleKeys(by: key, roles)
    if let role = key.role {
      try parsed.require(role, keys, bytes)
      return OpenKeyring(keyring: keyring, roles: keys, fingerprint: keyring.slots.last?.fingerprint ?? "")
    }
    guard parsed.isAuthentic(bytes, keys) else {
      throw damaged("its digest is right and its code is not, so somebody without the master key has changed it")
    }
    return OpenKeyring(
      keyring: keyring, roles: keyring.version < 3 || roles.contains(.writer) ? keys : keys.withoutAuthentication,
      fingerprint: try key.sealingKey(origin: origin).fingerprint)
  }

  /// Reads a file's content by keys that are known from an earlier one.
  ///
  /// - Returns: nil where they are not those of this file, since the master key was rotated meanwhile.
  static func decode(_ bytes: [UInt8], origin: String, known roles: RoleKeys) throws(KeyStoreError) -> Keyring? {
    let lines = try checkedLines(bytes)
    guard lines.first.map({ titles[String($0)] }) ?? nil != nil else { return nil }
    let parsed = try parse(lines, origin: origin)
    return parsed.isAuthentic(bytes, roles) ? parsed.keyring : nil
  }

  /// Reads what is public in a file: its keys are not opened, and whether somebody changed it does not show.
  static func decodeListing(_ bytes: [UInt8], origin: String) throws(KeyStoreError) -> OpenKeyring {
    let lines = try checkedLines(bytes)
    let keyring =
      lines.first == version1Title[...]
      ? try listVersion1(lines, origin: origin) : try parse(lines, origin: origin).keyring
    return OpenKeyring(keyring: keyring, roles: .none, fingerprint: keyring.slots.last?.fingerprint ?? "")
  }

  /// A file's content, and what authenticates it.
  private struct Parsed {
    var keyring: Keyring
    let code: Digest
    var roleLines: [RoleLine] = []

    /// The bytes that the lines of the roles are over.
    private func body(_ bytes: [UInt8]) -> [UInt8] {
      let length = roleLines.reduce(lineLength("sha256") + lineLength("mac")) {
        $0 + lineLength("role \($1.role.rawValue) \($1.fingerprint)")
      }
      return Array(bytes.dropLast(length))
    }

    /// Whether the file is as somebody with these keys wrote it: with the key of the whole file by its code, and otherwise
    /// by the line of each role whose key is there.
    func isAuthentic(_ bytes: [UInt8], _ keys: RoleKeys) -> Bool {
      if let authentication = keys.authentication {
        let covered = Array(bytes.dropLast(lineLength("sha256") + lineLength("mac")))
        return HMACSHA256.authenticate(covered, key: authentication) == code
      }
      let body = body(bytes)
      let own = KeyRole.allCases.compactMap { keys.line(of: $0, over: body, origin: keyring.origin) }
      return !own.isEmpty && own.allSatisfy(roleLines.contains)
    }

    /// Refuses a file that a role's key does not authenticate.
    func require(_ role: KeyRole, _ keys: RoleKeys, _ bytes: [UInt8]) throws(KeyStoreError) {
      guard let kept = roleLines.first(where: { $0.role == role }),
        let own = keys.line(of: role, over: body(bytes), origin: keyring.origin)
      else {
        throw KeyStoreError(
          .outdated, "The keyring is of a version that had no \(role.rawValue) keys: open the ledger for writing once.")
      }
      guard own.fingerprint == kept.fingerprint else {
        throw KeyStoreError(
          .masterKeyMismatch,
          "The keys are sealed under the \(role.rawValue) key with the fingerprint \(kept.fingerprint), but the one given "
            + "has \(own.fingerprint). A rotation of the master key, or of the keys of persons, replaces it: have the present "
            + "one written out.")
      }
      guard own.code == kept.code else {
        throw damaged("its digest is right and its code is not, so somebody without its keys has changed it")
      }
    }
  }

  /// How long a line of a name and a digest is, in bytes.
  private static func lineLength(_ name: String) -> Int { name.utf8.count + 1 + 2 * Digest.byteCount + 1 }

  private static func parse(_ lines: [Substring], origin: String) throws(KeyStoreError) -> Parsed {
    var lines = lines[...]
    guard let version = lines.popFirst().flatMap({ titles[String($0)] }) else {
      throw damaged("it does not begin as version 1, 2, 3 or 4 does")
    }
    try checkOrigin(lines.popFirst(), origin)
    var keyring = try Keyring(origin: origin)
    keyring.version = version
    guard let counter = lines.popFirst()?.value(of: "counter"), let counter = UInt64(counter), counter > 0 else {
      throw damaged("its counter is malformed")
    }
    keyring.counter = counter
    guard let last = lines.popLast()?.value(of: "mac"), let code = digest(last) else {
      throw damaged("its code is malformed")
    }
    keyring.slots = try takeSlots(&lines)
    keyring.rotation = try takeRotation(&lines)
    let roleLines = version < 3 ? [] : try takeRoles(&lines)
    for line in lines { keyring.keys.append(try parseKey(line, version: version)) }
    guard Set(keyring.keys.map(\.name)).count == keyring.keys.count else { throw damaged("a key is in it twice") }
    for kind in KeyKind.allCases
    where !keyring.keys.contains(where: { $0.kind == kind }) && (kind != .tokenSigning || version >= 4) {
      throw damaged("no \(kind) key is in it")
    }
    return Parsed(keyring: keyring, code: code, roleLines: roleLines)
  }

  /// Takes the lines of the roles from the end.
  private static func takeRoles(_ lines: inout ArraySlice<Substring>) throws(KeyStoreError) -> [RoleLine] {
    var roleLines: [RoleLine] = []
    for role in KeyRole.allCases.reversed() {
      guard let item = lines.popLast()?.split(separator: " ", omittingEmptySubsequences: false), item.count == 4,
        item[0] == "role", item[1] == role.rawValue, item[2].utf8.count == 16, let code = digest(item[3])
      else { throw damaged("the line of the role \(role.rawValue) is malformed") }
      roleLines.insert(RoleLine(role: role, fingerprint: String(item[2]), code: code), at: 0)
    }
    return roleLines
  }

  private static func digest(_ text: Substring) -> Digest? { Hex.decode(text).flatMap { Digest(bytes: $0) } }

  private static func parseKey(_ line: Substring, version: Int) throws(KeyStoreError) -> Key {
    let item = line.split(separator: " ", omittingEmptySubsequences: false)
    guard (5...6).contains(item.count), item[0] == "key", let createdAt = Int64(item[2]),
      item[3] == "-" || Int64(item[3]) != nil
    else { throw damaged("a key is malformed") }
    let name = item[1].split(separator: "/", omittingEmptySubsequences: false)
    guard name.count == 2, let kind = KeyKind(rawValue: String(name[0])), let number = UInt32(name[1]), number > 0
    else { throw damaged("it holds a key that this version does not know: \(item[1])") }
    let isElsewhere = item[4] == "-" && kind == .signing && version >= 3
    let sealed = isElsewhere ? nil : Base64.decode(item[4])
    guard isElsewhere || sealed != nil else { throw damaged("the key \(item[1]) is malformed") }
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
