import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Third-party programs that may be given access.
public struct Connectors: Sendable {
  let ledger: Ledger

  /// Creates a connector. Its Secret is in the answer and nowhere else: the ledger keeps a digest.
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters, unique among the owner's connectors.
  ///   - permissions: what it may be granted; at least one.
  ///   - redirectURIs: HTTPS, or HTTP to the loopback; at most 10.
  ///   - owner: the developer, with a verified phone.
  /// - Throws: `invalid_value`, `conflict` for a name that is taken, `phone_required`, `account_disabled`.
  public func create(
    name: String, permissions: Set<Permission>, description: String = "", publisher: String = "",
    redirectURIs: [String] = [], by owner: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> (connector: Connector, secret: ConnectorSecret) {
    var details = ConnectorDetails()
    details.name = name
    details.description_p = description
    details.publisher = publisher
    details.redirectUris = redirectURIs
    details.scopes = permissions.reduce(into: Scopes()) { $0.formUnion($1.scopes) }.rawValue
    let request = try ledger.prepare(
      context, caller: owner.description, "connectors.create", name, "\(details.scopes)", description, publisher,
      redirectURIs.joined(separator: "\n"), owner.description)
    let (publicID, secret) = try drawn { () throws(CryptoError) in
      (try PublicID(random: request.random), try ConnectorSecret(random: request.random))
    }
    let id = try await ledger.execute(
      CreateConnector(owner: owner, publicID: publicID, secretDigest: secret.digest, details: details), by: owner,
      request)
    guard let connector = try connector(id) else { throw LedgerError(.damaged, "the new connector cannot be found") }
    return (connector, secret)
  }

  /// Deletes a connector: all its tokens stop, by this one event.
  public func delete(
    _ connector: ConnectorID, by owner: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) {
    let request = try ledger.prepare(
      context, caller: owner.description, "connectors.delete", connector.description, owner.description)
    _ = try await ledger.execute(DeleteConnector(connector: connector, requester: owner), by: owner, request)
  }

  /// A connector as it is now; nil if there is none.
  public func connector(_ id: ConnectorID) throws(LedgerError) -> Connector? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.connector(id) }
  }

  /// The connector that clients know by this ID.
  public func connector(publicID: PublicID) throws(LedgerError) -> Connector? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.connector(publicID: publicID) else { return nil }
      return try state.connector(id)
    }
  }

  /// The connectors that an account has created, oldest first.
  public func owned(by owner: AccountID) throws(LedgerError) -> [Connector] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var connectors: [Connector] = []
      for id in try state.connectors(of: owner) {
        if let connector = try state.connector(id), !connector.isDeleted { connectors.append(connector) }
      }
      return connectors
    }
  }
}

extension Ledger {
  /// Third-party programs.
  public var connectors: Connectors { Connectors(ledger: self) }
}
