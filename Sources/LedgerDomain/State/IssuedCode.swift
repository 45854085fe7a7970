public import LedgerCrypto
public import LedgerEvents

/// An authorization code that was issued (RFC 6749 section 4.1).
public struct IssuedCode: Sendable, Equatable {
  public var id: AuthorizationCodeID
  public var connector: ConnectorID
  /// Who lets the connector act for them.
  public var account: AccountID
  /// The address that the code was sent to.
  public var redirectURI: String
  /// What the person agreed to.
  public var scopes: Scopes
  /// SHA-256 of the code verifier (RFC 7636, method S256); nil where the client sent no challenge.
  public var challenge: Digest?
  /// SHA-256 of the code's secret part.
  public var digest: Digest
  public var expiresAt: Timestamp
  /// The family that was begun when it was redeemed; nil as long as it was not.
  public var family: FamilyID?
  /// The resource servers that the tokens are restricted to.
  public var audiences: Audiences
  /// SHA-256 thumbprint of the key that the client must prove to redeem it; nil where none was named.
  public var keyThumbprint: Digest?

  public init(
    id: AuthorizationCodeID, connector: ConnectorID, account: AccountID, redirectURI: String, scopes: Scopes,
    challenge: Digest?, digest: Digest, expiresAt: Timestamp, family: FamilyID?,
    audiences: Audiences = .unrestricted, keyThumbprint: Digest? = nil
  ) {
    self.audiences = audiences
    self.keyThumbprint = keyThumbprint
    self.scopes = scopes
    self.id = id
    self.connector = connector
    self.account = account
    self.redirectURI = redirectURI
    self.challenge = challenge
    self.digest = digest
    self.expiresAt = expiresAt
    self.family = family
  }
}
