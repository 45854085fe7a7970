import KeyStore
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport

@testable import Projections

// Accounts, connectors, codes, and sign-ins to connectors.
extension Walk {
  private static let address = "https://app.example.org/back"

  mutating func changeAccount() async throws {
    let account = pick(model.accounts) { !$0.isErased }
    let requester: Requester = Bool.random(using: &random) ? .operator : .account(pick(model.accounts))
    switch Int.random(in: 0..<11, using: &random) {
    case 0: try await perform(DisableAccount(account: account, reason: "left", requester: requester))
    case 1, 2, 3:
      let disabled = model.accounts.filter { $0.value.isDisabled && !$0.value.isErased }
      try await perform(EnableAccount(account: pick(disabled), requester: .operator))
    case 4:
      // The command line makes them: the walk has no rules that would refuse it.
      try await perform(ChangeAccountRole(account: account, role: .operator, requester: .operator))
    case 5, 6: try await proposalStep()
    default:
      let role = [AccountRole.user, .tenantAdmin, .auditor].randomElement(using: &random) ?? .user
      try await perform(ChangeAccountRole(account: account, role: role, requester: requester))
    }
  }

  mutating func changeConnector() async throws {
    let connector = pickConnector()
    let owner = model.connectors[connector]?.owner ?? pick(model.accounts)
    if Int.random(in: 0..<4, using: &random) == 0 {
      try await perform(
        ApproveScopes(
          connector: connector, scopes: Bool.random(using: &random) ? [.tenantRead] : [], requester: Requester.operator)
      )
    } else if Int.random(in: 0..<3, using: &random) == 0 {
      try await setActiveOrEndSecret(connector, owner)
    } else if Bool.random(using: &random) {
      try await perform(
        RotateSecret(
          connector: connector, secretDigest: digest(), overlap: .seconds(Int.random(in: 0...60, using: &random)),
          requester: owner))
    } else {
      var changes = UpdateConnector.Changes(redirectURIs: [Self.address])
      if Bool.random(using: &random) { changes.name = "Connector \(Int.random(in: 0..<8, using: &random))" }
      if Bool.random(using: &random) { changes.scopes = [.groupMemberRead, .tenantRead] }
      changes.rotation = Bool.random(using: &random) ? .always : .late
      changes.requiresPKCE = false
      try await perform(UpdateConnector(connector: connector, changes, requester: owner))
    }
  }

  /// Sets a connector inactive, or an inactive one active again, or ends its old Secret.
  private mutating func setActiveOrEndSecret(_ connector: ConnectorID, _ owner: AccountID) async throws {
    let requester: Requester = Bool.random(using: &random) ? .operator : .account(owner)
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      try await perform(DeactivateConnector(connector: connector, reason: "under review", requester: requester))
    case 1, 2, 3:
      // More often than the other way, so that most connectors are active most of the time.
      let inactive = model.connectors.filter { $0.value.isInactive && !$0.value.isDeleted }
      try await perform(ActivateConnector(connector: pick(inactive), requester: requester))
    default: try await perform(EndOldSecret(connector: connector, requester: requester))
    }
  }

  mutating func useCode() async throws {
    if Bool.random(using: &random) {
      // Somebody with a phone, and a connector with an address, where there are such.
      let account = model.phones.values.filter { !$0.isRemoved }.map(\.account).sorted().randomElement(using: &random)
      let open = model.connectors.filter { !$0.value.isDeleted && !$0.value.details.redirectUris.isEmpty }
      try await perform(
        IssueAuthorizationCode(
          connector: pick(open), account: account ?? pick(model.accounts), redirectURI: Self.address,
          consent: .scopes(.all), codeChallenge: nil, digest: digest()))
      if Int.random(in: 0..<6, using: &random) == 0 {
        try await perform(
          RefuseAuthorization(
            connector: pick(open), account: account ?? pick(model.accounts), redirectURI: Self.address, scopes: .all))
      }
      // At once, most of the time: a code is good for a minute, and the clock runs.
      if Int.random(in: 0..<4, using: &random) == 0 { return }
    }
    let id = model.codes.keys.max() ?? AuthorizationCodeID(rawValue: 1)
    let code = model.codes[id]
    try await perform(
      RedeemAuthorizationCode(
        connector: publicID(of: code?.connector), secretDigest: secret(of: code?.connector), code: id,
        codeDigest: code?.digest ?? digest(), redirectURI: nil, verifierDigest: nil, refreshDigest: digest(),
        accessDigest: digest()))
  }

  mutating func signInByPIN() async throws {
    let personal = ledger.log.participant.personalData
    let phone = pick(model.phones.filter { !$0.value.isRemoved })
    let connector = pickConnector()
    guard let account = model.phones[phone]?.account,
      let number = Self.numbers.first(where: {
        (try? model.number(of: phone)) == (try? personal.hash(number: Array($0.utf8)))
      })
    else { return }
    let hash = try personal.hash(number: Array(number.utf8))
    try await perform(
      RequestSignInPIN(
        connector: publicID(of: connector), secretDigest: Bool.random(using: &random) ? secret(of: connector) : nil,
        number: hash,
        holder: .init(account: account, sealedNumber: seal(number, person(of: account), .phoneNumber)),
        salt: [UInt8](repeating: 1, count: 16), pinDigest: digest()))
    let challenge = try model.challenge(for: hash, by: account)
    let candidate = Bool.random(using: &random) ? challenge.flatMap { model.challenges[$0]?.digest } : nil
    try await perform(
      SignInWithPIN(
        connector: publicID(of: connector), secretDigest: secret(of: connector), number: hash, challenge: challenge,
        candidate: candidate ?? digest(), refreshDigest: digest()))
  }

  mutating func revokePresented() async throws {
    let presented = model.standings.filter { $0.value.credential != nil }.keys.sorted()
    let token = presented.randomElement(using: &random) ?? 1
    let connector = pickConnector()
    try await perform(
      RevokePresentedToken(
        connector: publicID(of: connector), secretDigest: secret(of: connector), token: TokenID(rawValue: token),
        digest: model.standings[token]?.credential?.digest ?? digest()))
  }

  private func publicID(of connector: ConnectorID?) -> PublicID {
    connector.flatMap { model.connectors[$0]?.publicID } ?? .fake(1)
  }

  /// Mostly the right one.
  mutating func secret(of connector: ConnectorID?) -> Digest {
    guard Int.random(in: 0..<6, using: &random) > 0, let connector, let known = model.credentials[connector] else {
      return digest()
    }
    return known.currentDigest
  }
}

extension Walk {
  /// A proposal is made, or answered by whoever it may be.
  private mutating func proposalStep() async throws {
    let operators = try model.operators()
    guard let one = operators.randomElement(using: &random) else { return }
    guard let known = model.proposals.keys.sorted().randomElement(using: &random), Bool.random(using: &random) else {
      let request = ProposedRequest(
        kind: Oversight.Guarded.allCases.randomElement(using: &random) ?? .roles, digest: .of("request \(head)"),
        words: "change \(head)", account: Bool.random(using: &random) ? one : nil)
      return try await perform(MakeProposal(request, requester: .operator, named: one))
    }
    let answer: DecideProposal.Answer =
      [.approve, .approve, .reject, .withdraw].randomElement(using: &random) ?? .approve
    let requester: Requester = Bool.random(using: &random) ? .operator : .account(one)
    try await perform(DecideProposal(known, answer, requester: requester, named: one))
  }
}
