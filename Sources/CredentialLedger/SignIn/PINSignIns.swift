import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections

/// Signing in to a connector by a PIN that is sent to a verified phone, for programs without a browser.
///
/// ```swift
/// if let sent = try await ledger.pinSignIns.request(for: number, connector: clientID) { show(sent.pin?.digits) }
/// // To the client the answer is the same. It shows the PIN that arrived:
/// let access = try await ledger.pinSignIns.signIn(number, pin: typed, connector: clientID, secret: secret)
/// ```
public struct PINSignIns: Sendable {
  let ledger: Ledger

  /// The access that a connector got.
  public struct SignedIn: Sendable {
    /// Shown this once: the ledger keeps a digest.
    public let refreshToken: RefreshToken
    /// When the refresh token expires.
    public let expiresAt: Timestamp
    /// What access tokens got with it may do.
    public let scopes: Scopes
    public let grant: GrantID
    /// Whom the token acts for.
    public let account: AccountID
  }

  /// Makes a PIN for the holder of a verified number. One made before for the same number is closed.
  ///
  /// Each ask counts and is one event in one commit, whether or not somebody holds the number. Answer the client before the
  /// message is sent, so that sending does not tell either.
  ///
  /// ```swift
  /// if let sent = try await ledger.pinSignIns.request(for: number, connector: clientID) { show(sent.pin?.digits) }
  /// ```
  ///
  /// - Parameter secret: the connector's, wherever the protocol has it. Without it the connector is only known, not
  ///   authenticated: such asks share a smaller budget, and half of what a number may have in a day.
  /// - Returns: nil where nobody can sign in with this number, or the number has had its PINs: send nothing, and answer the
  ///   same.
  /// - Throws: `invalid_client` for an unknown, deleted or inactive connector and a wrong secret, before anything else is done;
  ///   `too_many` past ``LedgerConfiguration/pinBudgets``, whatever the number.
  public func request(
    for number: PhoneNumber, connector: PublicID, secret: ConnectorSecret? = nil, context: RequestContext = .none
  ) async throws(LedgerError) -> Phones.PINRequest? {
    let ledger = ledger
    let secretDigest = secret?.digest
    try ledger.requireClient(connector, secretDigest)
    let (command, digits) = try await ledger.blocking(.short) { () throws(LedgerError) -> (RequestSignInPIN, String) in
      let random = ledger.configuration.random
      let digits = try Phones.drawDigits(random)
      let salt = try drawn(random.bytes(count: 16))
      let hash = try ledger.hash(of: number)
      let account = try ledger.reading { (state) throws(StateUnreadable) -> AccountID? in
        guard let phone = try state.phone(number: hash) else { return nil }
        return try state.phone(phone)?.account
      }
      let holder = try account.map { (account) throws(LedgerError) in
        RequestSignInPIN.Holder(
          account: account,
          sealedNumber: try ledger.seal(number.digits, for: try ledger.person(of: account), .phoneNumber))
      }
      return (
        RequestSignInPIN(
          connector: connector, secretDigest: secretDigest, number: hash, holder: holder, salt: salt,
          pinDigest: try ledger.digest(ofPIN: digits, salt: salt), budgets: ledger.configuration.pinBudgets), digits
      )
    }
    // The address is the connector owner's to read in either case, so that the record does not tell which it is.
    let performed = try await ledger.submit(
      asked: .requestSignInPIN(for: number), by: .client(connector), answersAlike: true, context: context,
      making: { _ in digits }
    ) { _ in command }
    return performed.outcome.map {
      Phones.PINRequest(
        challenge: $0.challenge, pin: performed.isRepeated ? nil : PIN(digits: performed.made), expiresAt: $0.expiresAt)
    }
  }

  /// Signs in by the PIN that was sent: the connector gets the holder's own access. A refresh token made before for the
  /// same access stops.
  ///
  /// ```swift
  /// let access = try await ledger.pinSignIns.signIn(number, pin: typed, connector: clientID, secret: secret)
  /// show(access.refreshToken.text)
  /// ```
  ///
  /// - Parameter consent: what the holder agreed to; nil is all that the connector had when the PIN was asked for.
  /// - Throws: `invalid_client`; `too_many` past ``LedgerConfiguration/pinBudgets``, whatever the number; `conflict` where
  ///   the PIN is right and the connector is not what the holder saw any more; `invalid_grant` for an unknown number, a wrong PIN, one for another connector and one that is over, with nothing in the text that tells
  ///   which.
  public func signIn(
    _ number: PhoneNumber, pin digits: String, connector: PublicID, secret: ConnectorSecret, consent: Consent? = nil,
    context: RequestContext = .none
  ) async throws(LedgerError) -> SignedIn {
    let ledger = ledger
    try ledger.requireClient(connector, secret.digest)
    let submitted = try await ledger.submit(
      asked: .signIn(number, pin: digits, consent), by: .client(connector), answersAlike: true, context: context
    ) { (secrets) throws(LedgerError) in
      try secrets.tokenSecret(for: .refreshToken)
    } _: { (token) throws(LedgerError) in
      try await command(connector, secret, number, pin: digits, consent, refreshDigest: SHA256.hash(token))
    }
    switch submitted.outcome {
    case .rejected:
      throw LedgerError(
        Refusal(
          .invalidGrant, field: "pin", expected: "the PIN that was sent to this number for this connector",
          remedy: "ask for a new PIN"))
    case .signedIn(let access):
      let text = try ledger.tokenFormat.text(
        prefix: RefreshToken.prefix, handle: TokenID(rawValue: access.family.rawValue), secret: submitted.made)
      let scopes = if let made = access.scopes { made } else { try ledger.grants.grant(access.grant)?.scopes ?? [] }
      return SignedIn(
        refreshToken: RefreshToken(text), expiresAt: access.expiresAt, scopes: scopes, grant: access.grant,
        account: access.account)
    }
  }

  private func command(
    _ connector: PublicID, _ secret: ConnectorSecret, _ number: PhoneNumber, pin digits: String, _ consent: Consent?,
    refreshDigest: Digest
  ) async throws(LedgerError) -> SignInWithPIN {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) -> SignInWithPIN in
      let hash = try ledger.hash(of: number)
      let open = try ledger.reading { (state) throws(StateUnreadable) -> PINChallenge? in
        guard let phone = try state.phone(number: hash), let account = try state.phone(phone)?.account,
          let challenge = try state.challenge(for: hash, by: account)
        else { return nil }
        return try state.challenge(challenge)
      }
      return SignInWithPIN(
        connector: connector, secretDigest: secret.digest, number: hash, challenge: open?.id,
        candidate: try ledger.digest(
          ofPIN: digits, salt: open?.salt ?? [UInt8](repeating: 0, count: 16)),
        refreshDigest: refreshDigest, consent: consent, budgets: ledger.configuration.pinBudgets)
    }
  }
}

extension Ledger {
  /// Signing in to connectors by PIN.
  public var pinSignIns: PINSignIns { PINSignIns(ledger: self) }

  /// Refuses a caller that is no connector before anything is done or looked up for it, a repeated request included.
  fileprivate func requireClient(_ connector: PublicID, _ secret: Digest?) throws(LedgerError) {
    let now = try self.now
    try asking { (state) throws(DecisionFailure) in
      _ = try state.requireClient(connector, secret: secret, at: now)
    }
  }
}
