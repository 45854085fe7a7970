public import LedgerEvents

// What its owner has said of a connector.
extension Connector {
  /// Its name, which none of the owner's other connectors has.
  public var name: String { details.name }
  /// What it is for, as people are told; may be empty.
  public var description: String { details.description_p }
  /// Who publishes it; may be empty.
  public var publisher: String { details.publisher }
  /// The addresses that authorization codes may be sent to.
  public var redirectURIs: [String] { details.redirectUris }
  /// The scopes that it asks for, whether or not they are approved.
  public var requestedScopes: Scopes { Scopes(rawValue: details.scopes) }
  /// When a refresh token is replaced by a successor.
  public var rotation: RefreshRotation { details.rotation }
  /// Whether each authorization code needs a challenge (RFC 7636).
  public var requiresPKCE: Bool { !details.pkceOptional }
  /// Whether it gets access tokens of its own, for no person (RFC 6749 section 4.4).
  public var allowsOwnTokens: Bool { details.clientCredentials }
  /// Whether its access tokens are bound to a key that it proves to have (RFC 9449).
  public var isDPoPBound: Bool { details.dpopBound }
  /// Whether its access tokens are signed (RFC 9068).
  public var hasSignedTokens: Bool { details.signedTokens }
}
