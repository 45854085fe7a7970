import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// A connector that somebody wants to do something with.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/gone``.
  func requireConnector(_ id: ConnectorID) throws(DecisionFailure) -> Connector {
    guard let connector = try read(self.connector(id)) else { throw .unknownConnector }
    guard !connector.isDeleted else {
      throw .refused(.gone, field: "connector", expected: "a connector that is not deleted")
    }
    return connector
  }

  /// A connector that its owner wants to change. To others, but for an operator, it does not exist.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/gone``.
  func requireConnector(_ id: ConnectorID, ownedBy requester: Requester) throws(DecisionFailure) -> Connector {
    if let owner = requester.account {
      guard try read(self.connector(id))?.owner == owner else { throw .unknownConnector }
    }
    return try requireConnector(id)
  }

  /// A connector that its owner, a tenant administrator or an operator wants to stop or start. To others it does not exist.
  /// As with accounts, what an operator owns is for operators.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/gone``; ``ErrorCode/forbidden`` of a tenant administrator where an
  ///   operator owns it.
  func requireConnector(
    _ id: ConnectorID, administeredBy requester: Requester
  ) throws(DecisionFailure) -> Connector {
    guard try isAdministrator(requester) else { return try requireConnector(id, ownedBy: requester) }
    let known = try requireConnector(id)
    if try isOperator(requester) || requester.account == known.owner { return known }
    guard try read(account(known.owner))?.role != .operator else { throw .operatorRequired }
    return known
  }

  /// A connector that is to be given something: neither it nor its owner may be stopped.
  /// - Throws: ``ErrorCode/notFound``, ``ErrorCode/gone``, ``ErrorCode/conflict`` of one that is inactive, or
  ///   ``ErrorCode/accountDisabled``.
  func requireActiveConnector(_ id: ConnectorID) throws(DecisionFailure) -> Connector {
    let connector = try requireConnector(id)
    try requireActive(connector)
    return connector
  }

  /// Refuses a connector that is set inactive, or whose owner is disabled.
  func requireActive(_ connector: Connector) throws(DecisionFailure) {
    guard !connector.isInactive else {
      throw .refused(.conflict, field: "connector", expected: "a connector that is active")
    }
    _ = try requireActiveAccount(connector.owner, field: "connector")
  }
}

extension DecisionFailure {
  /// Names are the same if their UTF-8 is, once white space around them is trimmed: case counts, and nothing is
  /// normalised.
  static var connectorNameTaken: Self {
    .refused(.conflict, field: "name", expected: "a name that none of the owner's connectors has")
  }

  fileprivate static var unknownConnector: Self {
    .refused(.notFound, field: "connector", expected: "a connector that you may use")
  }
}
