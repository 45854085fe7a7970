import LedgerCrypto

/// The keys that follow from the root key of a keyring: one authenticates the file, and one for each role seals the keys
/// that the role uses. A store holds the keys of its own roles and never the root key, so the memory of a process that
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

  /// Authenticates the file of the keyring.
  let authentication: Secret
  private let sealing: [Role: Secret]

  /// Derives the keys of some roles.
  init(root: Secret, origin: String, roles: Set<Role>) {
    func derive(_ purpose: String) -> Secret {
      HKDFSHA256.derive(from: root, salt: Array(origin.utf8), info: Array("keyring/2 \(purpose)".utf8), count: 32)
    }
    authentication = derive("authentication")
    var sealing: [Role: Secret] = [:]
    for role in roles { sealing[role] = derive("role \(role.rawValue)") }
    self.sealing = sealing
  }

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
}

extension KeyStore.Access {
  /// The roles whose keys a store holds.
  var roles: Set<RoleKeys.Role> {
    switch self {
    case .reading: [.reader]
    case .writing: [.reader, .writer, .signer]
    }
  }
}
