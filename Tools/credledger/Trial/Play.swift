import CredentialLedger
import LedgerOperations

/// The four steps, played through the library by people made up for the occasion.
struct Play {
  let ledger: Ledger
  let tell: (_ step: String, _ position: Position) -> Void

  /// What it came to.
  struct Result {
    var steps: [(name: String, position: Position)] = []
    var verdictBefore = ""
    var verdictAfter: String?
    var trail: [AuditEntry] = []
    var digests: LedgerDigests?
    var checkpoint = ""
    var proofVerified = false
    var rebuildMatches = false
    var events: UInt64 = 0
    var credentials: [(String, String)] = []
  }

  func run(revoking: Bool) async throws -> Result {
    var result = Result()
    func step(_ name: String, _ position: Position) {
      result.steps.append((name, position))
      tell(name, position)
    }
    let run = UInt64.random(in: 10_000_000...99_999_999)
    let start = try ledger.head().rawValue

    let developer = try await signIn("developer-\(run)", number: "+1\(run)10", step)
    let number = "+1\(run)20"
    let admin = try await signIn("admin-\(run)", number: number, step)

    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster \(run)", permissions: [.groupInformation, .groupMemberList, .textMessage], by: developer)
    step("the developer creates a connector", connector.id.position)

    let group = try await ledger.groups.create(name: "Field team \(run)", by: admin)
    step("the admin creates a group", group.id.position)
    let granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: admin)
    step("the admin grants the connector the group", granted.grant.position)

    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    step("the program trades the refresh token for an access token", token.handle.position)
    result.verdictBefore = Self.name(try ledger.tokens.validate(token.accessToken))
    tell("the access token is \(result.verdictBefore)", token.handle.position)

    if revoking {
      try await ledger.grants.revoke(granted.grant, by: admin)
      step("the admin revokes the grant", try ledger.head())
      let after = Self.name(try ledger.tokens.validate(token.accessToken))
      result.verdictAfter = after
      tell("the access token is \(after)", try ledger.head())
    } else {
      result.credentials = [
        ("connectorID", connector.publicID.description), ("connectorSecret", secret.text),
        ("refreshToken", granted.refreshToken.text), ("accessToken", token.accessToken.text),
        ("groupID", group.publicID.description), ("phoneNumber", number),
      ]
    }

    result.events = try ledger.head().rawValue
    result.trail = try await ledger.audit.latest(Int(min(result.events - start, 50)))
    let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
    result.checkpoint = proof.checkpoint
    result.proofVerified = proof.verify(origin: ledger.origin, verifierKey: try ledger.verifierKey)
    let (live, rebuilt) = try await ledger.integrity.digests()
    result.digests = live
    result.rebuildMatches = live == rebuilt
    return result
  }

  private func signIn(
    _ name: String, number: String, _ step: (String, Position) -> Void
  ) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name, name: name).account
    step("\(name) signs in", account.position)
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
    step("\(name) asks for a PIN", request.challenge.position)
    let phone = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    step("\(name) verifies the phone", phone.position)
    return account
  }

  private static func name(_ verdict: Verdict) -> String { verdict.isValid ? "valid" : "invalid" }
}

extension Play.Result {
  /// The result as one object.
  var json: JSON {
    var members: [(String, JSON)] = [
      ("steps", .array(steps.map { .object([("name", .string($0.name)), ("position", .number($0.position.rawValue))]) })),
      ("events", .number(events)), ("verdictBefore", .string(verdictBefore)),
    ]
    if let verdictAfter { members.append(("verdictAfter", .string(verdictAfter))) }
    members += [
      ("checkpoint", .string(checkpoint)), ("proofVerified", .bool(proofVerified)),
      ("rebuildMatches", .bool(rebuildMatches)),
    ]
    return .object(members + credentials.map { ($0, .string($1)) })
  }

  /// Prints what comes after the steps.
  func printTable() {
    for (name, value) in credentials { print("\(name.padded(to: 17))\(value)") }
    print("\nAudit trail, newest first")
    for entry in trail {
      print(
        "\(String(entry.position).padded(to: 6))\(entry.time) \((entry.type.name ?? "").padded(to: 24))by \(entry.actor)"
      )
    }
    if let digests {
      print("\nDigests of the projections")
      print("  directory       \(digests.directory.hex)")
      print("  token validity  \(digests.tokenValidity.hex)")
      print("  audit trail     \(digests.auditTrail.hex)")
    }
    print("\nSigned checkpoint\n\(checkpoint)")
    print(proofVerified ? "the token's event is proven by the checkpoint" : "the token's event is NOT proven")
    print(rebuildMatches ? "rebuilt state equals live state" : "rebuilt state DIFFERS from live state")
  }
}
