package import LedgerCrypto
package import LedgerEvents

/// An authorization code that was issued (RFC 6749 section 4.1).
@usableFromInline package struct IssuedCode: Sendable, Equatable {
  package var id: AuthorizationCodeID
  package var connector: ConnectorID
  /// Who lets the connector act for them.
  package var account: AccountID
  /// The address that the code was sent to.
  package var redirectURI: String
  /// What the person agreed to.
  package var scopes: Scopes
  /// SHA-256 of the code verifier (RFC 7636, method S256); nil where the client sent no challenge.
  package var challenge: Digest?
  /// SHA-256 of the code's secret part.
  package var digest: Digest
  package var expiresAt: Timestamp
  /// The family that was begun when it was redeemed; nil as long as it was not.
  package var family: FamilyID?
  /// The resource servers that the tokens are restricted to.
  package var audiences: Audiences
  /// SHA-256 thumbprint of the key that the client must prove to redeem it; nil where none was named.
  package var keyThumbprint: Digest?

  package init(
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
