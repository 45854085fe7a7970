import CredentialLedger
import LedgerTestSupport
import Testing

/// The examples in the doc comments of the library, line by line: so the compiler sees each, and it does what it says.
@Suite struct DocumentedCallsTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let uri = "https://client.example.org/callback"
  // The example of RFC 7636, appendix B.
  let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  /// Stands for what shows something to somebody.
  private func show(_ values: any Sendable...) { #expect(!values.isEmpty) }

  /// The examples print nothing here.
  private func print(_ values: any Sendable...) { #expect(!values.isEmpty) }

  /// Somebody who has signed in and verified a phone.
  private func arrive(_ subject: String, _ number: String, _ ledger: Ledger) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
    let typed = request.pin?.digits ?? ""
    let phone = try await ledger.phones.verify(typed, challenge: request.challenge, by: account)
    let hasPhone = try !ledger.phones.verified(by: account).isEmpty
    #expect(hasPhone && phone.rawValue > 0)
    return account
  }

  private func made() async throws -> Ledger {
    try await Ledger.create(at: path, origin: "ledger.example.org", LedgerConfiguration())
  }

  @Test("Making, opening and closing") func makingOpening() async throws {
    do {
      let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
      await ledger.close()
    }
    do {
      let ledger = try await Ledger.open(at: path)
      let presented = "cla_nonsense"
      let verdict = try ledger.tokens.validate(presented)
      await ledger.close()
      #expect(!verdict.isValid)
    }
    let reader = try await Ledger.openForReading(at: path)
    await reader.close()
  }

  private static func unrecorded(_ ledger: Ledger) -> Disclosure {
    let leave = Disclosure.withoutRecord(for: ledger)
    return leave
  }

  @Test("Accounts, phones and people") func accountsPhones() async throws {
    let ledger = try await made()
    let signedIn = try await ledger.accounts.signIn(
      issuer: "https://id.example.org", subject: "248289761001", name: "Ada", userAgent: "Browser/1.0",
      context: RequestContext(address: "192.0.2.7"))
    print(signedIn.account, signedIn.isNew)
    let account = signedIn.account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    if let pin = request.pin { show(pin.digits) }  // by SMS, to the number
    let metrics = try ledger.metrics
    print("\(metrics.usedBytes) of \(metrics.mapBytes) bytes are used")
    try await ledger.phones.record(.init(attempts: 1, status: 201), of: request.challenge)
    let typed = request.pin?.digits ?? ""
    let phone = try await ledger.phones.verify(typed, challenge: request.challenge, by: account)
    #expect(Self.unrecorded(ledger).events.isEmpty)
    let own = try await ledger.accounts.reveal(account, for: "the portal's page", by: account)
    #expect(own?.name == "Ada")
    let leave = try await ledger.disclose(.accounts([account]), for: "complaint 12", by: Requester.operator)
    if let person = try await ledger.accounts.reveal(account, under: leave) { show(person.name ?? person.subject) }
    let signIns = try await ledger.accounts.signIns(of: account, under: leave) ?? []
    for signIn in signIns { show(signIn.time, signIn.address) }
    let page = try ledger.accounts.list()
    let next = try ledger.accounts.list(after: page.last?.id)
    #expect(next.isEmpty)
    try await ledger.accounts.disable(account, reason: "left the company", by: Requester.operator)
    let isDisabled = try ledger.accounts.account(account)?.isDisabled
    #expect(isDisabled == true)
    try await ledger.accounts.enable(account, revokingTokens: true, by: Requester.operator)
    try await ledger.accounts.changeRole(of: account, to: .tenantAdmin, by: Requester.operator)
    try await ledger.phones.remove(phone, by: account)
    do {
      let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
      let phone = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      try await ledger.phones.remove(phone, by: Requester.operator)
    }
    let other = try await arrive("other", "+911199999998", ledger)
    let group = try await ledger.groups.create(name: "Field team", by: other)
    _ = try await ledger.groups.add(PhoneNumber("+33699999999"), to: group.id, by: other)
    try await ledger.people.erase(PhoneNumber("+33699999999"), by: Requester.operator)
    try await ledger.people.erase(account, by: Requester.operator)
    await ledger.close()
  }

  @Test("Connectors, groups, grants and tokens") func connectorsGroups() async throws {
    let ledger = try await made()
    let developer = try await arrive("dev", "+911199999999", ledger)
    let admin = try await arrive("admin", "+911199999998", ledger)
    let account = try await arrive("somebody", "+911199999997", ledger)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.groupInformation, .textMessage], by: developer)
    show(connector.publicID.description, secret.text)
    let clientID = connector.publicID
    let group = try await ledger.groups.create(name: "Field team", welcomeMessage: "Good to have you", by: admin)
    let membership = try await ledger.groups.add(account, role: .admin, to: group.id, by: admin)
    let invited = try await ledger.groups.add(PhoneNumber("+33699999999"), to: group.id, by: admin)
    let invitations = try ledger.groups.invitations(to: account)
    for invitation in invitations { try await ledger.groups.accept(invitation.membership, by: account) }
    try await ledger.groups.changeRole(of: membership, in: group.id, to: .member, by: admin)
    let admins = try ledger.groups.members(of: group.id).filter { $0.role == .admin }
    do {
      let page = try ledger.groups.members(of: group.id, after: admins.last?.id, limit: 1_000)
      let all = try ledger.groups.members(of: group.id)
      #expect(page == all.filter { $0.id > admins[0].id })
    }
    #expect(admins.count == 1 && invited != membership)
    try await ledger.groups.remove(membership, from: group.id, by: admin)
    try await ledger.groups.rename(group.id, to: "Field team, north", by: admin)
    let lower = try await ledger.groups.create(name: "Lower", by: admin)
    try await ledger.groups.attach(lower.id, to: group.id, by: admin)
    let below = try ledger.groups.subgroups(of: group.id).map(\.id)
    #expect(below == [lower.id])
    try await ledger.groups.detach(lower.id, from: group.id, by: admin)
    let count = try ledger.groups.group(group.id)?.memberCount
    let found = try ledger.groups.group(publicID: group.publicID)
    let joined = try ledger.groups.joined(by: admin).map(\.name)
    #expect(count == 2 && found?.id == group.id && joined.count == 2)

    let granted = try await ledger.grants.grant(
      connector.id, consent: .details(asOf: connector.setBy), access: .group(group.id), by: admin)
    show(granted.refreshToken.text)
    let refreshToken = granted.refreshToken
    let grant = granted.grant
    let scopes = try ledger.grants.grant(granted.grant)?.scopes
    let given = try ledger.grants.grants(of: group.id)
    let stopped = try ledger.grants.states(of: group.id).filter { !$0.isInForce }
    let inForce = try ledger.grants.states(by: admin).filter(\.isInForce)
    let granters = try ledger.grants.states(to: connector.id).map(\.grant.granter)
    #expect(scopes != nil && given.count == 1 && stopped.isEmpty && inForce.count == 1 && granters == [admin])
    if let reason = try ledger.grants.state(of: grant)?.denialReason { print("stopped: \(reason)") }

    let token = try await ledger.tokens.issue(connector: clientID, secret: secret, refreshToken: refreshToken)
    show(token.accessToken.text)
    let isValid = try ledger.tokens.validate(token.accessToken).isValid
    #expect(isValid)
    let presented = token.accessToken.text
    switch try ledger.tokens.validate(presented) {
    case .valid(let claims): print("may do \(claims.scopes) until \(claims.expiresAt)")
    case .invalid(let reason): print("refused: \(reason)")
    }
    let verdict = try ledger.tokens.validate(presented)
    if case .valid(let claims) = verdict { print(try ledger.tokens.publicIDs(of: claims)) }
    if case .valid(let claims) = verdict { #expect(try ledger.tokens.publicIDs(of: claims).connector == clientID) }
    let introspection = try ledger.tokens.introspect(presented)
    if introspection.active, let scope = introspection.scope { print("may do \(scope)") }
    let newest = try await ledger.tokens.list(.connector(connector.id), limit: 20)
    let following = try await ledger.tokens.list(.connector(connector.id), limit: 20, before: newest.last?.handle)
    #expect(newest.count == 2 && following.isEmpty)
    try await ledger.tokens.revoke(presented: presented, connector: clientID, secret: secret)
    try await ledger.tokens.revoke(.connector(connector.id), by: Requester.operator)
    let signIn: Position = 2
    try await ledger.accounts.recordSignOut(ofSignIns: [signIn], admin, .signedOut, by: admin)
    try await ledger.accounts.recordRefusedSignIn(
      issuer: "https://id.example.org", .unverified, detail: "nonce: expected the one of the request")
    try await ledger.grants.review(granted.grant, .keep, reason: "the survey runs until May", by: admin)
    try await ledger.grants.revoke(granted.grant, by: admin)

    do {
      let (connector, _) = try await ledger.connectors.create(
        name: "Directory", permissions: [.tenantData], by: developer)
      try await ledger.connectors.approve(.tenant, of: connector.id, by: Requester.operator)
    }
    try await ledger.connectors.update(connector.id, permissions: [.textMessage], rotation: .always, by: developer)
    let another = try await ledger.connectors.rotateSecret(of: connector.id, overlap: .seconds(86_400), by: developer)
    try await ledger.connectors.deactivate(connector.id, reason: "under review", by: Requester.operator)
    try await ledger.connectors.activate(connector.id, by: Requester.operator)
    var page = try ledger.connectors.all(limit: 100)
    while let last = page.last { page = try ledger.connectors.all(after: last.id) }
    let names = try ledger.connectors.connectors(of: group.id).map(\.name)
    let owner = try ledger.connectors.connector(connector.id)?.owner
    let known = try ledger.connectors.connector(publicID: clientID)
    let own = try ledger.connectors.owned(by: developer)
    if let reason = try ledger.connectors.state(of: connector.id)?.denialReason { print("stopped: \(reason)") }
    do {
      let stopped = try ledger.connectors.states().filter { !$0.isInForce }
      let inForce = try ledger.connectors.states(of: group.id).filter(\.isInForce)
      let overlapping = try ledger.connectors.states(ownedBy: developer).filter { $0.previousSecretUntil != nil }
      #expect(stopped.isEmpty && inForce.isEmpty && overlapping.count == 1)
    }
    #expect(names.isEmpty && owner == developer && known?.id == connector.id && own.count == 2)
    #expect(another.text != secret.text)
    try await ledger.connectors.endOldSecret(of: connector.id, by: developer)
    #expect(try ledger.connectors.state(of: connector.id)?.previousSecretUntil == nil)
    try await ledger.connectors.delete(connector.id, by: developer)
    let groups = try ledger.groups.all()
    do {
      let page = groups
      let next = try ledger.groups.all(after: page.last?.id)
      #expect(next.isEmpty && page.count == 2)
    }
    try await ledger.groups.delete(group.id, by: admin)
    await ledger.close()
  }

  @Test("Codes and sign-ins by PIN") func codesSign() async throws {
    // The code lives for a minute, and the test may wait as long for its turn.
    let ledger = try await Ledger.create(
      at: path, origin: "ledger.example.org", LedgerConfiguration(clock: { 1_800_000_000_000 }))
    let developer = try await arrive("dev", "+911199999999", ledger)
    let account = try await arrive("somebody", "+911199999998", ledger)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Web", permissions: [.textMessage], redirectURIs: [uri], by: developer)
    let clientID = connector.publicID
    let agreed: Scopes = [.textMessageRead]
    let issued = try await ledger.authorizationCodes.issue(
      connector.id, consent: .scopes(agreed), redirectURI: uri, codeChallenge: challenge, by: account)
    show(issued.code.text)
    let presented = issued.code.text
    let asked: Scopes = [.mediaRead]
    try await ledger.authorizationCodes.refuse(connector.id, scopes: asked, redirectURI: uri, by: account)
    let redeemed = try await ledger.authorizationCodes.redeem(
      AuthorizationCode(presented), connector: clientID, secret: secret, redirectURI: uri, codeVerifier: verifier)
    show(redeemed.accessToken.text, redeemed.refreshToken.text)
    let number = try PhoneNumber("+911199999998")
    if let sent = try await ledger.pinSignIns.request(for: number, connector: clientID) { show(sent.pin?.digits) }
    let typed = try #require(try await ledger.pinSignIns.request(for: number, connector: clientID)).pin?.digits ?? ""
    let access = try await ledger.pinSignIns.signIn(number, pin: typed, connector: clientID, secret: secret)
    show(access.refreshToken.text)
    await ledger.close()
  }
}
