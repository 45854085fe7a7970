public import LedgerDomain
public import LedgerEvents
import Projections

/// A grant, and whether it gives access now.
public struct GrantState: Sendable, Equatable {
  public let grant: Grant
  /// Why it gives none; nil while it is in force.
  public let denialReason: Verdict.Reason?

  public var isInForce: Bool { denialReason == nil }
}

// Revoked grants are in the audit trail only; those listed here are in force or stopped by something they depend on.
extension Grants {
  /// A grant, revoked or not, with whether it is in force; nil if there is none. A few microseconds.
  ///
  /// ```swift
  /// if let reason = try ledger.grants.state(of: grant)?.denialReason { print("stopped: \(reason)") }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func state(of grant: GrantID) throws(LedgerError) -> GrantState? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.states([grant]).first }
  }

  /// The grants of a group that are not revoked, oldest first.
  ///
  /// ```swift
  /// let given = try ledger.grants.grants(of: group.id)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func grants(of group: GroupID) throws(LedgerError) -> [Grant] {
    try states(of: group).map(\.grant)
  }

  /// As ``grants(of:)``, each with whether it is in force. A few microseconds a grant.
  ///
  /// ```swift
  /// let stopped = try ledger.grants.states(of: group.id).filter { !$0.isInForce }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(of group: GroupID) throws(LedgerError) -> [GrantState] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.states(state.grants(of: group)) }
  }

  /// The grants that an account gave and that are not revoked, each with whether it is in force; oldest first.
  ///
  /// ```swift
  /// let inForce = try ledger.grants.states(by: admin).filter(\.isInForce)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(by granter: AccountID) throws(LedgerError) -> [GrantState] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.states(state.grants(by: granter)) }
  }

  /// The grants to a connector that are not revoked, each with whether it is in force; oldest first.
  ///
  /// ```swift
  /// let granters = try ledger.grants.states(to: connector.id).map(\.grant.granter)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(to connector: ConnectorID) throws(LedgerError) -> [GrantState] {
    try ledger.reading { (state) throws(StateUnreadable) in try state.states(state.grants(to: connector)) }
  }

  /// Some of the grants that an account gave and that are not revoked, the oldest, each with whether it is in force.
  package func some(by granter: AccountID, limit: Int) throws(LedgerError) -> [GrantState] {
    try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(Array(state.grants(by: granter).prefix(limit)))
    }
  }

  /// Some of the grants to a connector that are not revoked, in an order of their own: to count them without reading all.
  package func some(to connector: ConnectorID, limit: Int) throws(LedgerError) -> [GrantState] {
    try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(state.grants(to: connector, limit: limit))
    }
  }
}

extension DomainReader where Self: ~Copyable {
  fileprivate func states(_ grants: [GrantID]) throws(StateUnreadable) -> [GrantState] {
    var states: [GrantState] = []
    for id in grants {
      guard let grant = try grant(id) else { continue }
      let denialReason = try LedgerDomain.denialReason(forGrant: id, newestFamily: grant.family, in: self)
      states.append(GrantState(grant: grant, denialReason: denialReason))
    }
    return states
  }
}
