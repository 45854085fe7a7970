import LedgerCrypto

// Version 1 had no code over the file, one key of most kinds, without a number, and sealed all under the root key itself:
//
//     credledger-keyring/1
//     origin <the ledger's name>
//     slot <fingerprint of a master key> <root key sealed under it>
//     rotation <fingerprint> <fingerprint>
//     key <name> <made> <key sealed under the root key>[ <public key>]
//     sha256 <hexadecimal digest of all bytes before this line>

extension Keyring {
  static let version1Title = "credledger-keyring/1"

  /// The names of the kinds of which there was one key.
  private static let unnumbered: [String: KeyKind] = [
    "token-mask": .tokenMask, "lookup": .lookup, "pin-pepper": .pinPepper, "derivation": .derivation,
  ]

  /// Reads a file of version 1 as what this version would have written. Its counter is 0, and its `rotation`, which
  /// anybody could have written, is left out. A key of a kind that it lacks is made only where the store writes, which
  /// then keeps it.
  static func decodeVersion1(
    _ lines: [Substring], origin: String, sealedUnder sealing: SealingKey, roles: Set<RoleKeys.Role>,
    random: any RandomSource
  ) throws(KeyStoreError) -> OpenKeyring {
    var lines = lines[...].dropFirst()
    var keyring = try takeVersion1Head(&lines, origin: origin)
    let root = try keyring.root(sealing)
    let all = RoleKeys(root: root, origin: origin, roles: Set(RoleKeys.Role.allCases))
    for line in lines {
      let (kind, number, createdAt, secret, publicKey) = try decodeVersion1Key(line, origin: origin, root: root)
      let key = try keyring.add(secret, kind, number: number, createdAt: createdAt, all, random: random)
      guard key.publicKey == publicKey else { throw damaged("the public key of \(key.name) is not its own") }
    }
    guard Set(keyring.keys.map(\.name)).count == keyring.keys.count else { throw damaged("a key is in it twice") }
    for kind in KeyKind.allCases
    where kind != .rowCheck && kind != .tokenSigning && !keyring.keys.contains(where: { $0.kind == kind }) {
      throw damaged("no \(kind) key is in it")
    }
    let keys = RoleKeys(root: root, origin: origin, roles: roles)
    return OpenKeyring(keyring: keyring, roles: keys, fingerprint: sealing.fingerprint)
  }

  /// Reads what is public in a file of version 1.
  static func listVersion1(_ lines: [Substring], origin: String) throws(KeyStoreError) -> Keyring {
    var lines = lines[...].dropFirst()
    var keyring = try takeVersion1Head(&lines, origin: origin)
    for line in lines {
      let (name, createdAt, sealed, publicKey) = try parseVersion1Key(line)
      let (kind, number) = try kindAndNumber(name)
      guard (publicKey?.count == Ed25519.keyByteCount) == (kind == .signing) else {
        throw damaged("the public key of \(name) is malformed")
      }
      keyring.keys.append(
        Key(kind: kind, number: number, createdAt: createdAt, until: nil, sealed: sealed, publicKey: publicKey))
    }
    return keyring
  }

  /// Reads the lines before the keys.
  private static func takeVersion1Head(
    _ lines: inout ArraySlice<Substring>, origin: String
  ) throws(KeyStoreError) -> Keyring {
    try checkOrigin(lines.popFirst(), origin)
    var keyring = try Keyring(origin: origin)
    keyring.version = 1
    keyring.slots = try takeSlots(&lines)
    _ = try takeRotation(&lines)
    return keyring
  }

  private static func parseVersion1Key(
    _ line: Substring
  ) throws(KeyStoreError) -> (name: String, createdAt: Int64, sealed: [UInt8], publicKey: [UInt8]?) {
    let item = line.split(separator: " ", omittingEmptySubsequences: false)
    guard (4...5).contains(item.count), item[0] == "key", let createdAt = Int64(item[2]),
      let sealed = Base64.decode(item[3])
    else { throw damaged("a key is malformed") }
    return (String(item[1]), createdAt, sealed, item.count == 5 ? Base64.decode(item[4]) : nil)
  }

  private static func decodeVersion1Key(
    _ line: Substring, origin: String, root: Secret
  ) throws(KeyStoreError) -> (KeyKind, UInt32, createdAt: Int64, Secret, publicKey: [UInt8]?) {
    let (name, createdAt, sealed, publicKey) = try parseVersion1Key(line)
    let context = Array("key\n\(origin)\n\(name)\n\(createdAt)".utf8)
    guard let secret = try SealedBytes.openSecret(sealed, under: root, context: context), secret.count == keyByteCount
    else { throw damaged("the key \(name) does not authenticate") }
    let (kind, number) = try kindAndNumber(name)
    return (kind, number, createdAt, secret, publicKey)
  }

  private static func kindAndNumber(_ name: String) throws(KeyStoreError) -> (KeyKind, UInt32) {
    if let kind = unnumbered[name] { return (kind, 1) }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = KeyKind(rawValue: String(parts[0])), kind == .signing || kind == .person,
      let number = UInt32(parts[1])
    else { throw damaged("it holds a key that this version does not know: \(name)") }
    return (kind, number)
  }
}
