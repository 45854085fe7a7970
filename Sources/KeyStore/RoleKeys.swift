import LedgerCrypto

/// The keys that follow from the root key of a keyring: one authenticates the whole file, and one for each role seals the
/// keys that the role uses. A store holds the keys of its own roles and never the root key, so the memory of a process that
/// only reads has nothing that opens the signing key.
struct RoleKeys: Sendable {
  /// Who uses a key.
  enum Role: String, CaseIterable {
    /// Everybody, readers included.
    case reader
    /// A process that performs commands.
    case writer
    /// A process that signs checkpoints.
    case signer
  }

  /// Authenticates the whole file of the keyring; nil in a store that was opened by the key of one role, or that has taken
  /// the file for authentic once and learns of changes by its role's own code.
  let authentication: Secret?
  private let sealing: [Role: Secret]

  /// No key.
  static let none = RoleKeys(nil, [:])

  private init(_ authentication: Secret?, _ sealing: [Role: Secret]) {
    (self.authentication, self.sealing) = (authentication, sealing)
  }

  /// Derives the keys of some roles.
  init(root: Secret, origin: String, roles: Set<Role>) {
    func derive(_ purpose: String) -> Secret {
      HKDFSHA256.derive(from: root, salt: Array(origin.utf8), info: Array("keyring/2 \(purpose)".utf8), count: 32)
    }
    var sealing: [Role: Secret] = [:]
    for role in roles { sealing[role] = derive("role \(role.rawValue)") }
    self.init(derive("authentication"), sealing)
  }

  /// The key of one role, which was handed out.
  init(_ key: Secret, of role: Role) { self.init(nil, [role: key]) }

  /// The same without the key that authenticates the whole file.
  var withoutAuthentication: RoleKeys { RoleKeys(nil, sealing) }

  /// The key of a role; nil where the store was not opened for it.
  func key(of role: Role) -> Secret? { sealing[role] }

  /// The key that seals the keys of a kind.
  ///
  /// - Throws: ``KeyStoreError`` with code `readOnly` where that belongs to a role that the store was not opened for.
  func sealingKey(of kind: KeyKind) throws(KeyStoreError) -> Secret {
    guard let key = sealing[kind.role] else {
      throw KeyStoreError(
        .readOnly, "The key store was opened for reading, which gives no \(kind) key; open it for writing.")
    }
    return key
  }

  /// What a role's own line in the file says, by which the keyring is known as authentic to its reader or signer.
  ///
  /// - Parameter body: the bytes before the lines of the roles.
  /// - Returns: nil where the role's key is not here.
  func line(of role: KeyRole, over body: [UInt8], origin: String) -> RoleLine? {
    key(of: role.role).map { key in
      RoleLine(
        role: role, fingerprint: role.fingerprint(of: key, origin: origin),
        code: HMACSHA256.authenticate(body, key: role.authentication(by: key, origin: origin)))
    }
  }
}

/// A line of the keyring for one role.
struct RoleLine: Sendable, Equatable {
  let role: KeyRole
  /// Tells the role's key from others: 16 hexadecimal digits.
  let fingerprint: String
  /// Over the bytes before the lines of the roles, under a key that follows from the role's.
  let code: Digest
}

/// A role whose key can be handed out, to a process that is not to have the master key.
public enum KeyRole: String, Sendable, Hashable, CaseIterable {
  /// Reads everything, what is personal included, and verifies rows. Performs no command, and signs nothing.
  case reader
  /// Signs checkpoints, and reads what is not sealed.
  case signer

  var role: RoleKeys.Role {
    switch self {
    case .reader: .reader
    case .signer: .signer
    }
  }

  /// What the text of such a key begins with.
  var textPrefix: String { "credledger-\(rawValue)-key:" }

  func fingerprint(of key: Secret, origin: String) -> String {
    unsafe derive("fingerprint", from: key, origin, count: 8).withUnsafeBytes { unsafe Hex.encode($0) }
  }

  func authentication(by key: Secret, origin: String) -> Secret {
    derive("authentication", from: key, origin, count: 32)
  }

  private func derive(_ purpose: String, from key: Secret, _ origin: String, count: Int) -> Secret {
    HKDFSHA256.derive(
      from: key, salt: Array(origin.utf8), info: Array("keyring/3 \(rawValue) \(purpose)".utf8), count: count)
  }
}

extension KeyStore.Access {
  /// The roles whose keys a store holds.
  var roles: Set<RoleKeys.Role> {
    switch self {
    case .listing: []
    case .reading: [.reader]
    case .writing: [.reader, .writer, .signer]
    }
  }
}
