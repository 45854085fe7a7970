package import LedgerCrypto
package import LedgerEvents

/// A connector, or a resource server, revokes a token by presenting it (RFC 7009): an access token alone, a refresh token
/// with its family. A connector revokes its own only.
///
/// What is unknown, stopped already, or another's is no error and makes no event, so that nobody learns from the answer
/// what a token is.
package struct RevokePresentedToken: Command {
  /// The ID of the connector or the resource server, and SHA-256 of the Secret as presented.
  package var connector: PublicID
  package var secretDigest: Digest
  /// Handle and digest of the token as presented, of either kind.
  package var token: TokenID
  package var digest: Digest

  package init(connector: PublicID, secretDigest: Digest, token: TokenID, digest: Digest) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.token = token
    self.digest = digest
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let (subject, client) = try caller(state, context)
    let nothing = Decision(by: subject)
    guard let standing = try read(state.standing(of: token.rawValue)), standing.credential?.digest == digest else {
      return nothing
    }
    if let connector = try read(state.connectorOfOwnToken(standing)) {
      guard client == nil || connector == client, standing.stoppedBy == 0 else { return nothing }
      return Decision(by: subject, .tokenRevoked(TokenRevoked(.token, token.rawValue, of: connector)))
    }
    let family = try read(state.family(of: standing, token))
    guard let grant = try read(state.grant(GrantID(rawValue: family.standing.parents[0]))),
      client == nil || grant.connector == client, standing.stoppedBy == 0, family.standing.stoppedBy == 0
    else { return nothing }
    let event =
      standing.kind == .token
      ? TokenRevoked(.token, token.rawValue, under: grant) : TokenRevoked(.family, family.number, under: grant)
    return Decision(by: subject, .tokenRevoked(event))
  }

  /// Who asks; the connector is nil where a resource server does.
  private func caller(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> (Subject, ConnectorID?) {
    if let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) {
      return (Subject(client.id), client.id)
    }
    let server = try read(state.authenticate(resourceServer: connector, secret: secretDigest, at: context.now))
    guard let server else { throw .invalidClient }
    return (Subject(server.id), nil)
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    _ = try caller(state, context)
  }

  /// Whether something was stopped; false if there was nothing to stop.
  package func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
