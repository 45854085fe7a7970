public import LedgerCrypto
public import LedgerEvents

/// Whether a presented token is valid at one moment, and why not.
public enum Verdict: Sendable, Equatable {
  case valid(Claims)
  case invalid(Reason)

  public var isValid: Bool {
    if case .valid = self { true } else { false }
  }

  /// What a valid token says.
  public struct Claims: Sendable, Equatable {
    /// The token's public handle: the position of the event that issued it.
    public var handle: TokenID
    public var connector: ConnectorID
    /// Nil for a connector's own token, which no person gave.
    public var grant: GrantID?
    public var family: FamilyID?
    /// The group that it opens; nil for a person's own token.
    public var group: GroupID?
    /// The account that gave the access; for a connector's own token, its owner.
    public var granter: AccountID
    /// What it may do now: the scopes that were given and that everything it depends on still lets pass.
    public var scopes: Scopes
    public var expiresAt: Timestamp
    /// The resource servers that it is restricted to. Of a refresh token, unrestricted: its family has them.
    public var audiences: Audiences
    /// SHA-256 thumbprint (RFC 7638) of the key whose proof must come with it (RFC 9449); nil where none need to.
    public var keyThumbprint: Digest?

    @inlinable
    public init(
      handle: TokenID, connector: ConnectorID, grant: GrantID?, family: FamilyID?, group: GroupID?, granter: AccountID,
      scopes: Scopes, expiresAt: Timestamp, audiences: Audiences = .unrestricted, keyThumbprint: Digest? = nil
    ) {
      self.audiences = audiences
      self.keyThumbprint = keyThumbprint
      self.handle = handle
      self.connector = connector
      self.grant = grant
      self.family = family
      self.group = group
      self.granter = granter
      self.scopes = scopes
      self.expiresAt = expiresAt
    }
  }

  /// Why a token is not valid. Only for operators and logs: the answer to a client says only that it is invalid.
  public enum Reason: Sendable, Equatable {
    /// Not a token of this ledger by its form or its checksum.
    case malformed
    /// Well-formed, but nothing was issued at its position, or another token was.
    case unknown
    /// A token of the other kind: a refresh token where an access token belongs, or the reverse.
    case wrongKind
    case expired(at: Timestamp)
    /// A refresh token that was replaced by its successor.
    case replaced(by: TokenID)
    /// It, or something that it depends on, was stopped by the event at this position.
    case stopped(Subject, by: Position)
    /// It belongs to another connector than the one that presented it.
    case anotherConnector
    /// It is bound to a key that its holder did not prove to have, or it is bound to none and a proof came with it.
    case wrongKey
    /// It is restricted to other resource servers.
    case otherAudience
  }
}
