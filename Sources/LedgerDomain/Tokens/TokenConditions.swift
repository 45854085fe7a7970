public import LedgerCrypto
public import LedgerEvents

/// Under which conditions an access token is asked for.
public struct TokenConditions: Sendable, Equatable {
  /// The resource servers that it is for (RFC 8707); nil for all that access was given for.
  public var audiences: Audiences?
  /// SHA-256 thumbprint (RFC 7638) of the key that the client proved to have (RFC 9449), to which the token is then bound;
  /// nil where it proved none.
  public var keyThumbprint: Digest?

  public init(audiences: Audiences? = nil, keyThumbprint: Digest? = nil) {
    self.audiences = audiences
    self.keyThumbprint = keyThumbprint
  }

  /// None: the token is for all that access was given for, and its holder needs no key.
  public static let none = TokenConditions()

  /// Puts into an event what follows from the conditions and from what the connector has.
  ///
  /// - Parameter granted: what access was given for.
  /// - Throws: ``ErrorCode/invalidTarget``, and ``ErrorCode/invalidProof`` where the connector needs to prove a key and
  ///   did not.
  @inlinable
  func apply(
    to event: inout V3TokenIssued, grantedFor granted: Audiences, _ credentials: ConnectorCredentials,
    _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) {
    if granted.isRestricted || audiences != nil {
      event.audiences = try granted.narrowed(to: audiences, state).numbers
    }
    if let keyThumbprint {
      event.keyThumbprint = .init(keyThumbprint)
    } else if credentials.isDPoPBound {
      throw .proofRequired
    }
    if credentials.hasSignedTokens { event.format = .signed }
  }
}

extension DecisionFailure {
  @usableFromInline
  static var proofRequired: Self {
    .refused(.invalidProof, field: "DPoP", expected: "a proof of the key that the token is to be bound to (RFC 9449)")
  }
}

extension Verdict.Claims {
  /// Why a token that is valid may not be used as it is presented; nil where it may.
  ///
  /// - Parameters:
  ///   - key: thumbprint of the key that its holder proved to have; nil where none was proved.
  ///   - target: where it is presented.
  public func denialReason(provenKey key: Digest?, at target: TokenTarget) -> Verdict.Reason? {
    guard keyThumbprint == key else { return .wrongKey }
    return audiences.allow(target) ? nil : .otherAudience
  }
}
