import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// Resource servers: programs that are shown access tokens, and ask about them (RFC 7662).
///
/// ```swift
/// let (server, secret) = try await ledger.resourceServers.create(
///   name: "Archive", audience: "https://archive.example.org", by: Requester.operator)
/// show(server.publicID.description, secret.text)
/// ```
public struct ResourceServers: Sendable {
  let ledger: Ledger

  /// Registers a resource server. Its Secret is in the answer and nowhere else: the ledger keeps a digest.
  ///
  /// ```swift
  /// let (server, secret) = try await ledger.resourceServers.create(
  ///   name: "Archive", audience: "https://archive.example.org", by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - name: 1 to 100 characters.
  ///   - audience: the absolute URI without fragment by which clients name it as the target of a token (RFC 8707), unique;
  ///     nil where they cannot.
  ///   - requester: an operator or a tenant administrator.
  /// - Throws: `invalid_value`, `conflict` for an audience that is taken, `forbidden`.
  public func create(
    name: String, audience: String? = nil, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> (server: ResourceServer, secret: ConnectorSecret) {
    let made = try await ledger.submit(
      asked: .createResourceServer(name: name, audience: audience), by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      (try secrets.publicID(), try secrets.connectorSecret())
    } _: { (publicID, secret) in
      CreateResourceServer(
        publicID: publicID, secretDigest: secret.digest, name: name, audience: audience, requester: requester)
    }
    return (made.outcome, made.made.1)
  }

  /// Gives a resource server another Secret, which is in the answer and nowhere else.
  ///
  /// ```swift
  /// let another = try await ledger.resourceServers.rotateSecret(of: server.id, overlap: .zero, by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - overlap: for how long the Secret before is accepted still, at most 30 days; zero where it leaked.
  ///   - requester: an operator or a tenant administrator.
  /// - Throws: `invalid_value`, `not_found`, `gone`, `forbidden`.
  public func rotateSecret(
    of server: ResourceServerID, overlap: Duration, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> ConnectorSecret {
    try await ledger.submit(
      asked: .rotateSecret(of: server, overlap: overlap), by: requester.caller, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.connectorSecret()
    } _: {
      RotateResourceServerSecret(server: server, secretDigest: $0.digest, overlap: overlap, requester: requester)
    }.made
  }

  /// Deletes a resource server: it asks about no token any more, and tokens that are restricted to it are good nowhere.
  ///
  /// ```swift
  /// try await ledger.resourceServers.delete(server.id, by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: an operator or a tenant administrator.
  /// - Throws: `not_found`, `gone`, `forbidden`.
  public func delete(
    _ server: ResourceServerID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    try await ledger.submit(DeleteResourceServer(server: server, requester: requester), context: context)
  }

  /// All resource servers, deleted ones included, oldest first.
  ///
  /// ```swift
  /// let names = try ledger.resourceServers.all().map(\.name)
  /// ```
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit.
  public func all(after last: ResourceServerID? = nil, limit: Int = 100) throws(LedgerError) -> [ResourceServer] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    return try ledger.reading { (state) throws(StateUnreadable) in
      let first = ResourceServerID.following(last).rawValue
      var servers: [ResourceServer] = []
      for number in try state.numbers(of: .resourceServer, from: first, limit: limit) {
        if let server = try state.resourceServer(ResourceServerID(rawValue: number)) { servers.append(server) }
      }
      return servers
    }
  }

  /// A resource server as it is now, deleted or not; nil if there is none.
  ///
  /// ```swift
  /// let audience = try ledger.resourceServers.server(server.id)?.audience
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func server(_ id: ResourceServerID) throws(LedgerError) -> ResourceServer? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.resourceServer(id) }
  }

  /// The resource server that has an audience and is not deleted.
  ///
  /// ```swift
  /// let known = try ledger.resourceServers.server(audience: "https://archive.example.org")
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func server(audience: String) throws(LedgerError) -> ResourceServer? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.resourceServer(audience: audience) else { return nil }
      return try state.resourceServer(id)
    }
  }

  /// The resource server that authenticates by an ID, deleted or not.
  ///
  /// ```swift
  /// let known = try ledger.resourceServers.server(publicID: server.publicID)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func server(publicID: PublicID) throws(LedgerError) -> ResourceServer? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.resourceServer(publicID: publicID) else { return nil }
      return try state.resourceServer(id)
    }
  }

  /// The resource server whose ID and Secret these are. Nothing is recorded.
  ///
  /// ```swift
  /// let asking = try ledger.resourceServers.authenticate(server.publicID, secret: secret)
  /// ```
  ///
  /// - Throws: `invalid_client` for an unknown or deleted one and a wrong Secret, which get the same answer.
  public func authenticate(_ publicID: PublicID, secret: ConnectorSecret) throws(LedgerError) -> ResourceServer {
    let now = try ledger.now
    let digest = secret.digest
    let found = try ledger.reading { (state) throws(StateUnreadable) in
      try state.authenticate(resourceServer: publicID, secret: digest, at: now)
    }
    guard let found else {
      throw LedgerError(
        Refusal(.invalidClient, field: "resourceServer", expected: "the ID and the Secret of a resource server"))
    }
    return found
  }
}

extension Ledger {
  /// Programs that are shown access tokens.
  public var resourceServers: ResourceServers { ResourceServers(ledger: self) }
}
