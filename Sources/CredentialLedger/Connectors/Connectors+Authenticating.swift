public import LedgerDomain
public import LedgerEvents
import Projections

extension Connectors {
  /// The connector whose ID and Secret these are: for what a server answers to connectors alone. Nothing is recorded.
  ///
  /// ```swift
  /// let client = try ledger.connectors.authenticate(clientID, secret: secret)
  /// ```
  ///
  /// - Throws: `invalid_client` for an unknown, deleted or inactive connector and a wrong Secret, which cannot be told apart.
  public func authenticate(_ publicID: PublicID, secret: ConnectorSecret) throws(LedgerError) -> Connector {
    let now = try ledger.now
    let (id, digest) = (publicID, secret.digest)
    let found = try ledger.asking { (state) throws(DecisionFailure) -> Connector? in
      let connector = try state.requireClient(id, secret: digest, at: now)
      do throws(StateUnreadable) { return try state.connector(connector) } catch { throw .unreadable(error) }
    }
    guard let found else { throw LedgerError(.damaged, "the connector cannot be found") }
    return found
  }

  /// Whether an ID and a Secret are those of a connector, as ``authenticate(_:secret:)`` has it, without reading the connector:
  /// what was found out lately is remembered.
  ///
  /// ```swift
  /// try ledger.connectors.check(clientID, secret: secret)
  /// ```
  ///
  /// - Returns: the connector's number.
  /// - Throws: `invalid_client` for an unknown, deleted or inactive connector and a wrong Secret, which cannot be told apart.
  @discardableResult
  public func check(_ publicID: PublicID, secret: ConnectorSecret) throws(LedgerError) -> ConnectorID {
    let now = try ledger.now
    let digest = secret.digest
    return try ledger.asking { (state) throws(DecisionFailure) in
      try state.requireClient(publicID, secret: digest, at: now)
    }
  }
}
