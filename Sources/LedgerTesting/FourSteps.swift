public import CredentialLedger

/// What the four steps of a connector lead to: two people with verified phones, a connector, a group that it was let into, and
/// the credentials that were handed out.
///
/// ```swift
/// let steps = try await FourSteps(on: test)
/// let verdict = try test.ledger.tokens.validate(steps.token.accessToken)
/// ```
public struct FourSteps: Sendable {
  /// Whose connector it is.
  public let developer: AccountID
  /// Who let the connector into the group.
  public let admin: AccountID
  public let connector: Connector
  /// The connector's Secret.
  public let secret: ConnectorSecret
  public let group: Group
  /// The grant, with its refresh token.
  public let granted: Grants.Granted
  /// The first access token, issued for the refresh token.
  public let token: Tokens.Issued

  /// Goes the four steps: both people sign in, verify a phone each by a PIN from the outbox, the developer creates the connector,
  /// the admin creates the group and lets the connector in, and the connector gets its first access token. Eleven commits.
  ///
  /// - Parameters:
  ///   - test: may be the same several times, with another `name` each.
  ///   - name: of the connector, 1 to 100 characters; people and group are named after it.
  ///   - permissions: what the connector may be granted.
  ///   - numbers: the phone numbers of developer and admin, which nobody else may have verified.
  /// - Throws: what the calls of the library throw.
  public init(
    on test: TestLedger, name: String = "Roster", permissions: Set<Permission> = [.groupInformation, .textMessage],
    numbers: (developer: String, admin: String) = ("+911199999999", "+4915112345678")
  ) async throws(LedgerError) {
    let ledger = test.ledger
    developer = try await Self.arrive("\(name) developer", numbers.developer, test)
    admin = try await Self.arrive("\(name) admin", numbers.admin, test)
    (connector, secret) = try await ledger.connectors.create(name: name, permissions: permissions, by: developer)
    group = try await ledger.groups.create(name: "\(name) team", by: admin)
    granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: admin)
    token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
  }

  /// Somebody signs in and verifies a phone by the PIN that was sent.
  ///
  /// - Parameters:
  ///   - subject: the person's name at the provider of identities.
  ///   - number: in E.164 form.
  ///   - test: whose outbox takes the PIN.
  /// - Throws: what the calls of the library throw.
  public static func arrive(
    _ subject: String, _ number: String, _ test: TestLedger
  ) async throws(LedgerError) -> AccountID {
    let account = try await test.ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account
    let number = try PhoneNumber(number)
    let request = try await test.ledger.phones.requestPIN(for: number, by: account)
    test.outbox.send(request, to: number)
    _ = try await test.ledger.phones.verify(
      test.outbox.digits(for: number) ?? "", challenge: request.challenge, by: account)
    return account
  }
}
