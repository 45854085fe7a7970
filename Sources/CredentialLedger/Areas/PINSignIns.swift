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
  /// Costs one scrypt whether or not somebody holds the number. Only where a PIN is made is there a commit: answer the
  /// client before the message is sent, and without waiting for this call where a millisecond might tell.
  ///
  /// ```swift
  /// if let sent = try await ledger.pinSignIns.request(for: number, connector: clientID) { show(sent.pin?.digits) }
  /// ```
  ///
  /// - Returns: nil where nobody can sign in with this number to this connector: send nothing, and answer the same.
  public func request(
    for number: PhoneNumber, connector: PublicID, context: RequestContext = .none
  ) async throws(LedgerError) -> Phones.PINRequest? {
    let ledger = ledger
    let request = try ledger.prepare(
      context, by: .client(connector), answersAlike: true, .requestSignInPIN(for: number))
    let (command, digits) = try await ledger.blocking { () throws(LedgerError) -> (RequestSignInPIN?, String) in
      let random = ledger.configuration.random
      let digits = try Phones.drawDigits(random)
      let salt = try drawn { () throws(CryptoError) in try random.bytes(count: 16) }
      let cost = ledger.configuration.pinCost
      let pinDigest = try ledger.digest(ofPIN: digits, salt: salt, log2N: cost)
      let hash = ledger.hash(of: number)
      let holder = try ledger.reading { (state) throws(StateUnreadable) -> AccountID? in
        guard let phone = try state.phone(number: hash) else { return nil }
        return try state.phone(phone)?.account
      }
      guard let holder else { return (nil, digits) }
      return (
        RequestSignInPIN(
          connector: connector, number: hash,
          sealedNumber: try ledger.seal(number.digits, for: try ledger.person(of: holder), .phoneNumber),
          account: holder, salt: salt, pinDigest: pinDigest, scryptLog2N: cost), digits
      )
    }
    guard let command else { return nil }
    let performed = try await ledger.perform(command, by: command.account, request)
    return performed.outcome.map {
      Phones.PINRequest(
        challenge: $0.challenge, pin: performed.isRepeated ? nil : PIN(digits: digits), expiresAt: $0.expiresAt)
    }
  }

  /// Signs in by the PIN that was sent: the connector gets the holder's own access. A refresh token made before for the
  /// same access stops.
  ///
  /// Costs one scrypt, whatever is wrong.
  ///
  /// ```swift
  /// let access = try await ledger.pinSignIns.signIn(number, pin: typed, connector: clientID, secret: secret)
  /// show(access.refreshToken.text)
  /// ```
  ///
  /// - Throws: `invalid_client`; `invalid_grant` for an unknown number, a wrong PIN, one for another connector and one
  ///   that is over, with nothing in the text that tells which.
  public func signIn(
    _ number: PhoneNumber, pin digits: String, connector: PublicID, secret: ConnectorSecret,
    context: RequestContext = .none
  ) async throws(LedgerError) -> SignedIn {
    let ledger = ledger
    let request = try ledger.prepare(
      context, by: .client(connector), answersAlike: true, .signIn(number, pin: digits))
    let owner = try ledger.owner(of: connector, if: request.address)
    let (outcome, token) = try await ledger.execute(by: owner, request) { (secrets) throws(LedgerError) in
      try secrets.tokenSecret(for: .refreshToken)
    } _: { (token) throws(LedgerError) in
      try await command(connector, secret, number, pin: digits, refreshDigest: SHA256.hash(token))
    }
    switch outcome {
    case .rejected:
      throw LedgerError(
        Refusal(
          .invalidGrant, field: "pin", expected: "the PIN that was sent to this number for this connector",
          remedy: "ask for a new PIN"))
    case .signedIn(let access):
      let text = ledger.tokenFormat.text(
        prefix: RefreshToken.prefix, handle: TokenID(rawValue: access.family.rawValue), secret: token)
      let scopes = if let made = access.scopes { made } else { try ledger.grants.grant(access.grant)?.scopes ?? [] }
      return SignedIn(
        refreshToken: RefreshToken(text), expiresAt: access.expiresAt, scopes: scopes, grant: access.grant,
        account: access.account)
    }
  }

  private func command(
    _ connector: PublicID, _ secret: ConnectorSecret, _ number: PhoneNumber, pin digits: String, refreshDigest: Digest
  ) async throws(LedgerError) -> SignInWithPIN {
    let ledger = ledger
    return try await ledger.blocking { () throws(LedgerError) -> SignInWithPIN in
      let hash = ledger.hash(of: number)
      let open = try ledger.reading { (state) throws(StateUnreadable) -> PINChallenge? in
        guard let phone = try state.phone(number: hash), let account = try state.phone(phone)?.account,
          let challenge = try state.challenge(for: hash, by: account)
        else { return nil }
        return try state.challenge(challenge)
      }
      return SignInWithPIN(
        connector: connector, secretDigest: secret.digest, number: hash, challenge: open?.id,
        candidate: try ledger.digest(
          ofPIN: digits, salt: open?.salt ?? [UInt8](repeating: 0, count: 16),
          log2N: open?.scryptLog2N ?? ledger.configuration.pinCost),
        refreshDigest: refreshDigest)
    }
  }
}

extension Ledger {
  /// Signing in to connectors by PIN.
  public var pinSignIns: PINSignIns { PINSignIns(ledger: self) }
}
