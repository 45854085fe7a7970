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
