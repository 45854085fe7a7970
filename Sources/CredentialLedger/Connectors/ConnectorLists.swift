public import LedgerDomain
public import LedgerEvents
import Projections

/// A connector, and how it stands now.
public struct ConnectorState: Sendable, Equatable {
  public let connector: Connector
  /// What stops all that it does: its own deletion, that it was set inactive, or its owner's account; nil while nothing does.
  public let denialReason: Verdict.Reason?
  /// Until when the Secret before the current one is accepted too; nil where it is no longer accepted, or there is none.
  public let previousSecretUntil: Timestamp?

  public var isInForce: Bool { denialReason == nil }

  package init(connector: Connector, denialReason: Verdict.Reason?, previousSecretUntil: Timestamp?) {
    self.connector = connector
    self.denialReason = denialReason
    self.previousSecretUntil = previousSecretUntil
  }
}

extension Connectors {
  /// A connector, deleted or not, with how it stands; nil if there is none. A few microseconds.
  ///
  /// ```swift
  /// if let reason = try ledger.connectors.state(of: connector.id)?.denialReason { print("stopped: \(reason)") }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func state(of connector: ConnectorID) throws(LedgerError) -> ConnectorState? {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      guard let connector = try state.connector(connector) else { return nil }
      return try state.states([connector], at: now).first
    }
  }

  /// As ``all(after:limit:)``, each with how it stands.
  ///
  /// ```swift
  /// let stopped = try ledger.connectors.states().filter { !$0.isInForce }
  /// ```
  ///
  /// - Throws: `invalid_value` for the limit.
  public func states(after last: ConnectorID? = nil, limit: Int = 100) throws(LedgerError) -> [ConnectorState] {
    try Self.require(limit)
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(state.connectors(from: ConnectorID.following(last).rawValue, limit: limit), at: now)
    }
  }

  /// As ``connectors(of:)``, each with how it stands.
  ///
  /// ```swift
  /// let inForce = try ledger.connectors.states(of: group.id).filter(\.isInForce)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(of group: GroupID) throws(LedgerError) -> [ConnectorState] {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(state.connectors(of: group), at: now)
    }
  }

  /// As ``owned(by:)``, each with how it stands.
  ///
  /// ```swift
  /// let overlapping = try ledger.connectors.states(ownedBy: developer).filter { $0.previousSecretUntil != nil }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(ownedBy owner: AccountID) throws(LedgerError) -> [ConnectorState] {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(state.connectors(ownedBy: owner), at: now)
    }
  }

  /// As ``owned(by:)``, with those that are deleted.
  package func everOwned(by owner: AccountID) throws(LedgerError) -> [Connector] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.connectors(everOwnedBy: owner) }
  }

  /// The deleted connectors whose grants for a group were not revoked before.
  package func deleted(in group: GroupID) throws(LedgerError) -> [ConnectorID] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var deleted: [ConnectorID] = []
      for id in try state.grants(of: group) {
        guard let grant = try state.grant(id), let connector = try state.connector(grant.connector) else { continue }
        if connector.isDeleted { deleted.append(connector.id) }
      }
      return deleted
    }
  }

  static func require(_ limit: Int) throws(LedgerError) {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
  }
}

extension LedgerState {
  fileprivate func states(_ connectors: [Connector], at now: Timestamp) throws(StateUnreadable) -> [ConnectorState] {
    var states: [ConnectorState] = []
    for connector in connectors {
      let until = try credentials(of: connector.id).flatMap { $0.previous.rawValue == 0 ? nil : $0.previousUntil }
      states.append(
        ConnectorState(
          connector: connector, denialReason: try LedgerDomain.denialReason(for: Subject(connector.id), in: self),
          previousSecretUntil: until.flatMap { now < $0 ? $0 : nil }))
    }
    return states
  }

  /// Those with a grant for a group, in force or not, that are not deleted; oldest grant first.
  func connectors(of group: GroupID) throws(StateUnreadable) -> [Connector] {
    var connectors: [Connector] = []
    for id in try grants(of: group) {
      guard let grant = try grant(id), let connector = try connector(grant.connector) else { continue }
      if !connector.isDeleted { connectors.append(connector) }
    }
    return connectors
  }

  /// Those that an account has created and that are not deleted, oldest first.
  func connectors(ownedBy owner: AccountID) throws(StateUnreadable) -> [Connector] {
    try connectors(everOwnedBy: owner).filter { !$0.isDeleted }
  }

  /// All that an account has created, oldest first.
  fileprivate func connectors(everOwnedBy owner: AccountID) throws(StateUnreadable) -> [Connector] {
    var connectors: [Connector] = []
    for id in try self.connectors(of: owner) {
      if let connector = try connector(id) { connectors.append(connector) }
    }
    return connectors
  }
}
