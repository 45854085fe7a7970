package import LedgerCrypto
package import LedgerEvents

/// A person who has signed in lets a connector act for them: makes the code that is sent to one of the connector's
/// addresses, there to be traded for tokens (RFC 6749 section 4.1.2).
package struct IssueAuthorizationCode: Command {
  /// How long a code may be redeemed. RFC 6749 allows ten minutes; a program redeems at once.
  package static let lifetime = Duration.seconds(60)

  package var connector: ConnectorID
  /// Who has signed in and agreed; has a verified phone.
  package var account: AccountID
  /// Where the code will be sent: byte for byte one of the addresses registered (RFC 9700 section 2.1), but for the port of
  /// one on the loopback interface.
  package var redirectURI: String
  /// What the person agreed to: the code is good for no more.
  package var consent: Consent
  /// SHA-256 of the code verifier (RFC 7636, method S256); nil where the client sent no challenge.
  package var codeChallenge: Digest?
  /// SHA-256 of the code's secret part.
  package var digest: Digest
  /// The resource servers that the tokens are for (RFC 8707), and the key that the client must prove to redeem the code
  /// (RFC 9449 section 10).
  package var conditions: TokenConditions

  package init(
    connector: ConnectorID, account: AccountID, redirectURI: String, consent: Consent, codeChallenge: Digest?,
    digest: Digest, conditions: TokenConditions = .none
  ) {
    self.conditions = conditions
    self.consent = consent
    self.connector = connector
    self.account = account
    self.redirectURI = redirectURI
    self.codeChallenge = codeChallenge
    self.digest = digest
  }

  /// The code that was made.
  package struct Outcome: Sendable, Equatable {
    package var code: AuthorizationCodeID
    package var expiresAt: Timestamp
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let connector = try state.requireConnector(connector)
    // Before all else: somebody who sends a browser to an address that is not registered must not be helped to.
    guard connector.details.redirectUris.contains(where: { RedirectURI.isMatch(redirectURI, registered: $0) }) else {
      throw .refused(
        .invalidValue, field: "redirectURI", expected: "an address that is registered for the connector",
        remedy: "do not redirect there")
    }
    guard codeChallenge != nil || connector.details.pkceOptional else {
      throw .refused(
        .invalidValue, field: "codeChallenge", expected: "a code challenge (RFC 7636, method S256)",
        remedy: "have the client send one, or let the connector do without")
    }
    try state.requireActive(connector)
    _ = try state.requireActiveAccount(account)
    _ = try state.requireVerifiedPhone(of: account)
    var event = AuthorizationCodeIssued()
    event.connector = connector.id.rawValue
    event.account = account.rawValue
    event.redirectUri = redirectURI
    if let codeChallenge { event.codeChallenge = .init(codeChallenge) }
    event.digest = .init(digest)
    event.expiresAt = (context.now + Self.lifetime).milliseconds
    if let audiences = conditions.audiences {
      try audiences.requireKnown(state)
      event.audiences = audiences.numbers
    }
    if let key = conditions.keyThumbprint { event.keyThumbprint = .init(key) }
    event.scopes = try connector.scopes(agreedTo: consent).rawValue
    return Decision(by: Subject(account), .authorizationCodeIssued(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    _ = try state.requireActiveAccount(account)
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    Outcome(code: AuthorizationCodeID(madeAt: recorded.first), expiresAt: recorded.time + Self.lifetime)
  }
}
