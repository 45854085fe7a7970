package import LedgerCrypto
package import LedgerEvents

/// Registers a resource server, which may ask about every token (RFC 7662).
package struct CreateResourceServer: Command {
  /// 16 random bytes, the ID that it authenticates by.
  package var publicID: PublicID
  /// SHA-256 of the Secret.
  package var secretDigest: Digest
  package var name: String
  /// The absolute URI by which clients name it; nil where they cannot.
  package var audience: String?
  /// An operator or a tenant administrator.
  package var requester: Requester

  /// The registration that somebody asks for.
  package init(
    publicID: PublicID, secretDigest: Digest, name: String, audience: String?, requester: some Requesting
  ) {
    self.publicID = publicID
    self.secretDigest = secretDigest
    self.name = name
    self.audience = audience
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    var event = ResourceServerCreated()
    event.name = try TextRule(field: "name", characters: 1...100).trimming(name)
    if let audience {
      guard AudienceURI.isWellFormed(audience) else {
        throw .refused(
          .invalidValue, field: "audience",
          expected: "an absolute URI without fragment, at most \(AudienceURI.maximumBytes) bytes of ASCII")
      }
      guard try read(state.resourceServer(audience: audience)) == nil else {
        throw .refused(.conflict, field: "audience", expected: "a URI that no other resource server has")
      }
      event.audience = audience
    }
    guard try read(state.resourceServer(publicID: publicID)) == nil,
      try read(state.connector(publicID: publicID)) == nil
    else {
      throw .refused(.conflict, field: "publicID", expected: "an ID that is not in use", remedy: "draw another")
    }
    event.publicID = .init(publicID)
    event.secretDigest = .init(secretDigest)
    return Decision(by: requester, .resourceServerCreated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireAdministrator(requester)
  }

  /// The resource server as it was made.
  package func outcome(of recorded: RecordedEvents) -> ResourceServer {
    guard case .resourceServerCreated(let event) = recorded.events.first else {
      preconditionFailure("These are not the events of a CreateResourceServer.")
    }
    return ResourceServer(
      id: ResourceServerID(madeAt: recorded.first), publicID: PublicID(bytes: event.publicID) ?? publicID,
      name: event.name, audience: event.audience.isEmpty ? nil : event.audience,
      secret: SecretID(madeAt: recorded.first), digest: Digest(bytes: event.secretDigest) ?? secretDigest,
      createdAt: recorded.time)
  }
}
