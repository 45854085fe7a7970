package import LedgerCrypto
package import LedgerEvents

/// Registers a connector. The owner needs a verified phone.
package struct CreateConnector: Command {
  package var owner: AccountID
  /// 16 random bytes, the ID that the developer notes.
  package var publicID: PublicID
  /// SHA-256 of the Secret.
  package var secretDigest: Digest
  package var details: ConnectorDetails
  /// The owner, unless another is named.
  package var requester: Requester?

  package init(
    owner: AccountID, publicID: PublicID, secretDigest: Digest, details: ConnectorDetails, requester: Requester? = nil
  ) {
    self.owner = owner
    self.publicID = publicID
    self.secretDigest = secretDigest
    self.details = details
    self.requester = requester
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let requester = requester ?? .account(owner)
    try state.requireActive(owner, madeBy: requester, field: "owner")
    _ = try state.requireVerifiedPhone(of: owner)
    let details = try details.checked()
    guard try read(state.connector(named: details.name, of: owner)) == nil else {
      throw .connectorNameTaken
    }
    guard try read(state.connector(publicID: publicID)) == nil else {
      throw .refused(.conflict, field: "publicID", expected: "an ID that is not in use", remedy: "draw another")
    }
    var event = ConnectorCreated()
    event.owner = owner.rawValue
    event.publicID = .init(publicID)
    event.secretDigest = .init(secretDigest)
    event.details = details
    return Decision(by: requester, .connectorCreated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(owner, madeBy: requester ?? .account(owner), field: "owner")
  }

  /// The connector as it was made.
  package func outcome(of recorded: RecordedEvents) -> Connector {
    guard case .connectorCreated(let event) = recorded.events.first else {
      preconditionFailure("These are not the events of a CreateConnector.")
    }
    return Connector(
      id: ConnectorID(madeAt: recorded.first), publicID: PublicID(bytes: event.publicID) ?? publicID,
      owner: AccountID(rawValue: event.owner), details: event.details, isDeleted: false, createdAt: recorded.time)
  }
}
