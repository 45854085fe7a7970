import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// A connector that somebody wants to do something with.
  /// - Throws: ``Refusal/Code/notFound`` or ``Refusal/Code/gone``.
  func requireConnector(_ id: ConnectorID) throws(DecisionFailure) -> Connector {
    guard let connector = try read(self.connector(id)) else { throw .unknownConnector }
    guard !connector.isDeleted else {
      throw .refused(.gone, field: "connector", expected: "a connector that is not deleted")
    }
    return connector
  }

  /// A connector that its owner wants to change. To others it does not exist.
  /// - Throws: ``Refusal/Code/notFound`` or ``Refusal/Code/gone``.
  func requireConnector(_ id: ConnectorID, ownedBy owner: AccountID) throws(DecisionFailure) -> Connector {
    guard try read(self.connector(id))?.owner == owner else { throw .unknownConnector }
    return try requireConnector(id)
  }
}

extension DecisionFailure {
  fileprivate static var unknownConnector: Self {
    .refused(.notFound, field: "connector", expected: "a connector that you may use")
  }
}
