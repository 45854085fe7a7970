import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Everything that was handed out: the tokens for a group and for a person, a code that was not redeemed, and a PIN that was
/// not presented.
final class Held {
  static let redirectURI = "https://client.example.org/callback"

  /// What was handed out for one access.
  struct Access {
    let firstRefresh: RefreshToken
    /// Whether its successor was used, which ends its window.
    var isFirstOver = false
    var newestRefresh: RefreshToken
    let token: AccessToken
    /// To be presented for revocation, and used for nothing else.
    let spare: AccessToken
  }

  let given: HandedOut
  let number: PhoneNumber
  var group: Access
  var own: Access
  let code: AuthorizationCode
  let pin: PIN

  var ledger: Ledger { given.ledger }
  var steps: FourSteps { given.steps }

  init(on ledger: Ledger, _ rotation: RefreshRotation) async throws {
    given = try await HandedOut(on: ledger)
    let steps = given.steps
    number = try PhoneNumber("+4915112345678")
    try await ledger.connectors.update(
      steps.connector.id, redirectURIs: [Self.redirectURI], rotation: rotation, requiresPKCE: false,
      by: steps.developer)
    group = try await Self.use(given.group, steps, ledger)
    own = try await Self.use(given.user, steps, ledger)
    code = try await ledger.authorizationCodes.issue(
      steps.connector.id, consent: .scopes(.all), redirectURI: Self.redirectURI, by: steps.admin
    ).code
    pin = try #require(try await ledger.pinSignIns.request(for: number, connector: steps.connector.publicID)?.pin)
  }

  private static func use(_ granted: Grants.Granted, _ steps: FourSteps, _ ledger: Ledger) async throws -> Access {
    func issue() async throws -> Tokens.Issued {
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: granted.refreshToken)
    }
    let first = try await issue()
    return Access(
      firstRefresh: granted.refreshToken, newestRefresh: first.refreshToken ?? granted.refreshToken,
      token: first.accessToken, spare: try await issue().accessToken)
  }
}

/// A way to use what was handed out before.
enum Use: String, CaseIterable, Sendable {
  case validate, introspectAccess, introspectRefresh, retryWithTheFirst, issue, revokeByPresenting

  func works(_ given: Held, _ access: ReferenceWritableKeyPath<Held, Held.Access>) async throws -> Bool {
    let ledger = given.ledger
    let held = given[keyPath: access]
    switch self {
    case .validate: return try ledger.tokens.validate(held.token).isValid
    case .introspectAccess: return try ledger.tokens.introspect(held.token.text).active
    case .introspectRefresh: return try ledger.tokens.introspect(held.newestRefresh.text).active
    case .issue:
      guard let issued = await given.issue(held.newestRefresh) else { return false }
      given[keyPath: access].isFirstOver = held.newestRefresh.text != held.firstRefresh.text
      if let successor = issued.refreshToken {
        given[keyPath: access].newestRefresh = successor
      }
      return true
    case .retryWithTheFirst:
      if held.isFirstOver { return try await Use.issue.works(given, access) }
      return await given.issue(held.firstRefresh) != nil
    case .revokeByPresenting:
      return
        (try? await ledger.tokens.revoke(
          presented: held.spare.text, connector: given.steps.connector.publicID, secret: given.steps.secret)) ?? false
    }
  }
}

/// A way to get access anew: it works if anything is handed out, which then is to be good for something.
enum Arrival: String, CaseIterable, Sendable {
  case heldCode, heldPIN, newCode, newPIN, grantOwn, grantToGroup

  func works(_ given: Held) async -> Bool {
    let ledger = given.ledger
    let connector = given.steps.connector
    switch self {
    case .heldCode: return await given.redeem(given.code)
    case .newCode:
      guard
        let made = try? await ledger.authorizationCodes.issue(
          connector.id, consent: .scopes(.all), redirectURI: Held.redirectURI, by: given.steps.admin)
      else { return false }
      return await given.redeem(made.code)
    case .heldPIN: return await given.signIn(given.pin)
    case .newPIN:
      guard let pin = try? await ledger.pinSignIns.request(for: given.number, connector: connector.publicID)?.pin else {
        return false
      }
      return await given.signIn(pin)
    case .grantOwn: return await given.grant(.user)
    case .grantToGroup: return await given.grant(.group(given.steps.group.id))
    }
  }
}

extension Held {
  fileprivate func issue(_ token: RefreshToken) async -> Tokens.Issued? {
    try? await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: token)
  }

  fileprivate func redeem(_ code: AuthorizationCode) async -> Bool {
    let tokens = try? await ledger.authorizationCodes.redeem(
      code, connector: steps.connector.publicID, secret: steps.secret, redirectURI: Self.redirectURI)
    guard let tokens else { return false }
    #expect((try? ledger.tokens.validate(tokens.accessToken).isValid) == true)
    return true
  }

  fileprivate func signIn(_ pin: PIN) async -> Bool {
    let access = try? await ledger.pinSignIns.signIn(
      number, pin: pin.digits, connector: steps.connector.publicID, secret: steps.secret)
    guard let access else { return false }
    #expect(await issue(access.refreshToken) != nil)
    return true
  }

  fileprivate func grant(_ access: GrantAccess.Access) async -> Bool {
    let granted = try? await ledger.grants.grant(
      steps.connector.id, consent: .scopes(.all), access: access, by: steps.admin)
    guard let granted else { return false }
    #expect(await issue(granted.refreshToken) != nil)
    return true
  }
}

/// What is left after a stop.
private struct Left {
  /// Whether the person's own access is stopped too, or only that to the group.
  var stopsOwnAccess = true
  /// Whether access can be given anew.
  var letsGrantAgain = true
  /// Whether the tokens themselves are stopped, so that presenting one revokes nothing any more.
  var leavesNothingToRevoke = true
  /// What was handed out before and is over, by the stop or by the time that has passed.
  var over: Set<Arrival> = []

  /// Whether access can be had in this way in spite of the stop.
  func isOpen(_ arrival: Arrival) -> Bool {
    !over.contains(arrival) && (letsGrantAgain || (arrival != .grantToGroup && !stopsOwnAccess))
  }
}

@Suite struct StoppedAccessTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func held(_ rotation: RefreshRotation) async throws -> Held {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    return try await Held(on: ledger, rotation)
  }

  @Test("What nothing stops gives access in every way", arguments: [RefreshRotation.late, .always])
  func nothingStops(rotation: RefreshRotation) async throws {
    let held = try await held(rotation)
    for use in Use.allCases {
      #expect(try await use.works(held, \.group), "\(use) of the group's")
      #expect(try await use.works(held, \.own), "\(use) of the person's own")
    }
    for arrival in Arrival.allCases { #expect(await arrival.works(held), "\(arrival)") }
    await held.ledger.close()
  }

  @Test(
    "What is stopped gives no access in any way, before and after a rebuild", arguments: Stop.allCases,
    [RefreshRotation.late, .always])
  func stoppedGives(
    stop: Stop, rotation: RefreshRotation
  ) async throws {
    let held = try await held(rotation)
    try await stop.apply(to: held.given)
    // A superseded grant stands: its newest family has the access.
    if stop != .familySuperseded { try expectStoppedGrants(held, ownToo: stop.stopsOwnAccess) }
    try await expect(
      Left(
        stopsOwnAccess: stop.stopsOwnAccess, letsGrantAgain: stop.letsGrantAgain,
        leavesNothingToRevoke: stop.leavesNothingToRevoke, over: stop.endsCodes ? [.heldCode, .heldPIN] : []),
      of: held)
  }

  @Test("A refresh token that is used again after its replacement stops all that came of it") func refreshToken()
    async throws
  {
    let held = try await held(.always)
    clock.advance(seconds: 60)
    for access in [held.group, held.own] {
      await #expect(throws: LedgerError.self) {
        try await held.ledger.tokens.issue(
          connector: held.steps.connector.publicID, secret: held.steps.secret, refreshToken: access.firstRefresh)
      }
    }
    try expectStoppedGrants(held, ownToo: true)
    try await expect(Left(over: [.heldCode]), of: held)
  }

  private func expect(_ left: Left, of held: Held) async throws {
    for attempt in ["at once", "after a rebuild"] {
      for use in Use.allCases where use != .revokeByPresenting || left.leavesNothingToRevoke {
        #expect(try await !use.works(held, \.group), "\(use) to the group \(attempt)")
        #expect(try await use.works(held, \.own) == !left.stopsOwnAccess, "\(use) of the person's own \(attempt)")
      }
      for arrival in Arrival.allCases where !left.isOpen(arrival) {
        #expect(await !arrival.works(held), "\(arrival) \(attempt)")
      }
      try await held.ledger.integrity.rebuildProjections()
    }
    // Whatever presenting a token for revocation does, it opens nothing.
    for access in [\Held.group, \.own] where access == \.group || left.stopsOwnAccess {
      _ = try await Use.revokeByPresenting.works(held, access)
      #expect(try await !Use.validate.works(held, access))
      #expect(try await !Use.issue.works(held, access))
    }
    // What may be given anew can be: last, as it supersedes what was tried.
    for arrival in Arrival.allCases where left.isOpen(arrival) {
      #expect(await arrival.works(held), "\(arrival) after all")
    }
    #expect(try await held.ledger.integrity.verify().projectionsMatch)
    await held.ledger.close()
  }

  private func expectStoppedGrants(_ held: Held, ownToo: Bool) throws {
    let (ledger, steps) = (held.ledger, held.steps)
    #expect(try ledger.grants.states(of: steps.group.id).allSatisfy { !$0.isInForce })
    #expect(try ledger.grants.state(of: held.given.group.grant)?.isInForce == false)
    if ownToo { #expect(try ledger.grants.states(by: steps.admin).allSatisfy { !$0.isInForce }) }
  }
}
