import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger

/// A wall clock that may be set, beside one that nobody sets.
final class SteppedClock: Sendable {
  private let wall = Atomic<Int64>(1_700_000_000_000)
  private let uptime = Atomic<Int64>(1_000_000)
  let isSynchronized = Atomic(false)

  /// Time passes, on both.
  func pass(seconds: Int64) {
    wall.add(seconds * 1_000, ordering: .relaxed)
    uptime.add(seconds * 1_000, ordering: .relaxed)
  }

  /// The wall clock is set.
  func step(seconds: Int64) { wall.add(seconds * 1_000, ordering: .relaxed) }

  var now: Timestamp { Timestamp(milliseconds: wall.load(ordering: .relaxed)) }

  var configuration: LedgerConfiguration {
    LedgerConfiguration(
      clock: { self.wall.load(ordering: .relaxed) }, uptime: { self.uptime.load(ordering: .relaxed) },
      isClockSynchronized: { self.isSynchronized.load(ordering: .relaxed) })
  }
}

/// One of everything that ends by itself.
struct Begun {
  private static let uri = "https://client.example.org/callback"
  let steps: FourSteps
  let client: PublicID
  let connector: ConnectorID
  /// The Secret that another has taken the place of.
  let secret: ConnectorSecret
  let token: Tokens.Issued
  let replaced: TokenID
  let code: AuthorizationCodeID
  let challenge: ChallengeID
  let webhook: WebhookID
  let invitation: MembershipID

  /// - Parameter number: whose PIN is asked for, and who is invited.
  init(on ledger: Ledger, _ steps: FourSteps, _ name: String, number: String) async throws {
    self.steps = steps
    let (made, first) = try await ledger.connectors.create(
      name: name, permissions: [.outgoingWebhooks, .textMessage], redirectURIs: [Self.uri], requiresPKCE: false,
      by: steps.developer)
    try await ledger.connectors.update(made.id, rotation: .always, by: steps.developer)
    (connector, client, secret) = (made.id, made.publicID, first)
    let granted = try await ledger.grants.grant(
      made.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
    token = try await ledger.tokens.issue(connector: client, secret: first, refreshToken: granted.refreshToken)
    replaced = TokenID(rawValue: try #require(try ledger.grants.grant(granted.grant)?.family).rawValue)
    guard case .valid(let claims) = try ledger.tokens.validate(token.accessToken) else {
      throw TestFailure("the token is not valid")
    }
    webhook = try await ledger.webhooks.register(
      on: .group(steps.group.id), for: [.textMessageCreated], callbackURL: "https://hook.example.org/", with: claims
    ).id
    code = try await ledger.authorizationCodes.issue(
      made.id, consent: .scopes(.all), redirectURI: Self.uri, by: steps.admin
    ).id
    challenge = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: steps.admin).challenge
    invitation = try await ledger.groups.add(PhoneNumber(number), role: .admin, to: steps.group.id, by: steps.admin)
    _ = try await ledger.connectors.rotateSecret(of: made.id, overlap: .seconds(60), by: steps.developer)
  }

  /// How long each will last, by the ledger's time.
  func left(on ledger: Ledger) throws -> [String: Duration] {
    let now = try ledger.now
    let refresh = try #require(token.refreshToken.map(\.text))
    let successor = try #require(try ledger.tokens.handle(of: refresh))
    let ends = try ledger.reading { (state) throws(StateUnreadable) in
      [
        "access token": try state.standing(of: token.handle.rawValue)?.credential?.expiresAt,
        "refresh token": try state.standing(of: successor.rawValue)?.credential?.expiresAt,
        "retry window": try state.standing(of: replaced.rawValue)?.credential?.acceptedUntil,
        "code": try state.code(code)?.expiresAt,
        "PIN": try state.challenge(challenge)?.expiresAt,
        "Secret": try state.credentials(of: connector)?.previousUntil,
        "webhook": try state.webhook(webhook)?.expiresAt,
        "invitation": try state.membership(invitation).map { $0.addedAt + Invitation.lifetime },
      ]
    }
    return try ends.mapValues { try #require($0) - now }
  }
}
