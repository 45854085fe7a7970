package import LedgerCrypto
package import LedgerEvents

/// Gives a resource server another Secret, as ``RotateSecret`` does to a connector.
package struct RotateResourceServerSecret: Command {
  package var server: ResourceServerID
  /// SHA-256 of the new Secret.
  package var secretDigest: Digest
  /// For how long the Secret before is accepted still; zero where it leaked.
  package var overlap: Duration
  /// An operator or a tenant administrator.
  package var requester: Requester

  /// The rotation that somebody asks for.
  package init(server: ResourceServerID, secretDigest: Digest, overlap: Duration, requester: some Requesting) {
    self.server = server
    self.secretDigest = secretDigest
    self.overlap = overlap
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    let server = try state.requireResourceServer(server)
    try RotateSecret.requireBounded(overlap)
    var event = ResourceServerSecretRotated()
    event.resourceServer = server.id.rawValue
    event.secretDigest = .init(secretDigest)
    event.previousSecret = server.secret.rawValue
    event.previousExpiresAt = (context.now + overlap).milliseconds
    return Decision(by: requester, .resourceServerSecretRotated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireAdministrator(requester)
  }

  /// Number of the new Secret.
  package func outcome(of recorded: RecordedEvents) -> SecretID { SecretID(madeAt: recorded.first) }
}
