public import LedgerCrypto
public import LedgerEvents

/// A connector revokes a token by presenting it (RFC 7009): an access token alone, a refresh token with its family.
///
/// What is unknown, stopped already, or another's is no error and makes no event, so that nobody learns from the answer
/// what a token is.
public struct RevokePresentedToken: Command {
  /// The connector's ID, and SHA-256 of the Secret as presented.
  public var connector: PublicID
  public var secretDigest: Digest
  /// Handle and digest of the token as presented, of either kind.
  public var token: TokenID
  public var digest: Digest

  public init(connector: PublicID, secretDigest: Digest, token: TokenID, digest: Digest) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.token = token
    self.digest = digest
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard let client = try read(state.authenticate(connector, secret: secretDigest, at: context.now)) else {
      throw .invalidClient
    }
    let nothing = Decision(by: Subject(client.id))
    guard let standing = try read(state.standing(of: token.rawValue)), standing.credential?.digest == digest else {
      return nothing
    }
    let family = try read(state.family(of: standing, token))
    guard let grant = try read(state.grant(GrantID(rawValue: family.standing.parents[0]))),
      grant.connector == client.id, standing.stoppedBy == 0, family.standing.stoppedBy == 0
    else { return nothing }
    let event =
      standing.kind == .token
      ? TokenRevoked(.token, token.rawValue, under: grant) : TokenRevoked(.family, family.number, under: grant)
    return Decision(by: Subject(client.id), .tokenRevoked(event))
  }

  public func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard try read(state.authenticate(connector, secret: secretDigest, at: context.now)) != nil else {
      throw .invalidClient
    }
  }

  /// Whether something was stopped; false if there was nothing to stop.
  public func outcome(of recorded: RecordedEvents) -> Bool { !recorded.events.isEmpty }
}
