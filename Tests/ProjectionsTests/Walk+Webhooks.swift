import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

extension Walk {
  /// The objects that webhooks of the walk listen to, besides groups.
  private static func actions(in group: GroupID) -> [WebhookObject] {
    [.action("a", in: group), .action("b", in: group), .actionPackage("a", in: group)]
  }

  /// A token, mostly one that is valid.
  private mutating func token() async throws -> (id: TokenID, group: GroupID?) {
    let now = Timestamp(milliseconds: ledger.clock.latest)
    let families = try model.standings.keys.sorted().filter { number in
      guard model.standings[number]?.kind == .family else { return false }
      return try judge(handle: TokenID(rawValue: number), at: now, in: model).isValid
    }
    if Int.random(in: 0..<3, using: &random) == 0, let family = families.randomElement(using: &random) {
      let grant = model.standings[family].flatMap { model.grants[GrantID(rawValue: $0.parents[0])] }
      if let connector = grant?.connector, let credentials = model.credentials[connector],
        let known = model.connectors[connector], let token = model.standings[family]?.credential
      {
        try await perform(
          IssueAccessToken(
            connector: known.publicID, secretDigest: credentials.currentDigest, refreshToken: TokenID(rawValue: family),
            refreshDigest: token.digest, accessDigest: .of("\(head)"), successor: nil))
      }
    }
    var valid: [(TokenID, GroupID?)] = []
    for number in model.standings.keys.sorted() where model.standings[number]?.kind == .token {
      let id = TokenID(rawValue: number)
      guard case .valid(let claims) = try judge(handle: id, at: now, in: model) else { continue }
      // A person's token opens the groups of the person.
      let own = model.memberships.values.filter { $0.account == claims.granter && !$0.isRemoved }.map(\.group).max()
      valid.append((id, claims.group ?? own))
    }
    if valid.isEmpty { try await giveAccess() }
    guard Int.random(in: 0..<10, using: &random) > 0, let token = valid.randomElement(using: &random) else {
      return (TokenID(rawValue: .random(in: 1...head + 1, using: &random)), nil)
    }
    return token
  }

  /// Lets a connector act for somebody who may, so that tokens are valid now and then.
  private mutating func giveAccess() async throws {
    func isActive(_ account: AccountID) -> Bool { model.accounts[account]?.isDisabled == false }
    let granters = model.phones.values.filter { !$0.isRemoved && isActive($0.account) }.map(\.account).sorted()
    guard let granter = granters.randomElement(using: &random) else { return }
    let connectors = model.connectors.values.filter { !$0.isDeleted && isActive($0.owner) }.map(\.id).sorted()
    guard let connector = connectors.randomElement(using: &random) else {
      var details = ConnectorDetails.fake()
      details.name = "Connector \(Int.random(in: 0..<8, using: &random))"
      return try await perform(
        CreateConnector(
          owner: granter, publicID: publicID(0...40), secretDigest: .of("red"),
          details: details))
    }
    let groups = model.memberships.values
      .filter {
        $0.account == granter && !$0.isRemoved && $0.role == .admin && model.groups[$0.group]?.isDeleted == false
      }
      .map(\.group).sorted()
    try await perform(
      GrantAccess(
        connector: connector, access: groups.randomElement(using: &random).map { .group($0) } ?? .user,
        granter: granter, consent: .scopes(.all), refreshDigest: .of("red")))
  }

  private mutating func callback(under key: UInt8) -> SealedCallback {
    SealedCallback(
      url: .fake("https://\(Int.random(in: 0..<4, using: &random)).example.org", person: key),
      token: .fake("token", person: key), context: .fake("context", person: key))
  }

  private mutating func types() -> [WebhookEventType] {
    WebhookEventType.allCases.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
  }

  /// Does something with a webhook at random.
  mutating func webhookStep() async throws {
    let webhook = pick(model.webhooks) { !$0.isDeleted }
    let (token, group) = try await token()
    switch Int.random(in: 0..<14, using: &random) {
    case 0...5:
      let group = group ?? pick(model.groups)
      let object =
        Bool.random(using: &random)
        ? .group(group) : Self.actions(in: group).randomElement(using: &random) ?? .group(group)
      try await perform(
        RegisterWebhook(
          token: token, publicID: publicID(91...250), object: object, eventTypes: types(),
          callback: callback(under: 9)))
    case 6...8:
      try await perform(
        UpdateWebhook(
          webhook: webhook,
          .init(
            eventTypes: Bool.random(using: &random) ? types() : nil,
            callback: Bool.random(using: &random) ? callback(under: .random(in: 8...9, using: &random)) : nil,
            isActive: Bool.random(using: &random) ? true : nil), token: token))
    case 9, 10:
      try await perform(
        DisableWebhook(
          webhook: webhook, Bool.random(using: &random) ? .failures(7) : .requester(.operator, reason: "too many")))
    case 11:
      try await perform(EnableWebhook(webhook: webhook, requester: .operator))
    case 12:
      let granter = model.webhooks[webhook].flatMap { model.grants[$0.grant]?.granter }
      try await perform(
        DeleteWebhook(
          webhook: webhook,
          by: Bool.random(using: &random) ? .token(token) : .requester(granter.map { .account($0) } ?? .operator)))
    default:
      let live = model.webhooks.values.filter { !$0.isDeleted && $0.stoppedBy == 0 }.compactMap(\.family).sorted()
      let family = (live.randomElement(using: &random) ?? model.webhooks[webhook]?.family)?.rawValue ?? 1
      try await perform(RevokeToken(.refreshToken(TokenID(rawValue: family)), requester: .operator))
    }
  }

  /// Compares each answer about webhooks with the model's.
  func compareWebhooks(_ state: borrowing LedgerState, _ note: Comment) throws {
    for position in 1...head + 1 {
      let id = WebhookID(rawValue: position)
      #expect(try state.webhook(id) == model.webhook(id), note)
      #expect(
        try state.webhooks(of: GrantID(rawValue: position)) == model.webhooks(of: GrantID(rawValue: position)), note)
    }
    for number in 91...250 as ClosedRange<UInt8> {
      #expect(try state.webhook(publicID: .fake(number)) == model.webhook(publicID: .fake(number)), note)
    }
    for object in model.groups.keys.flatMap({ Self.actions(in: $0) + [.group($0)] }) {
      #expect(try state.webhooks(on: object, limit: 1_000) == model.webhooks(on: object), note)
    }
    let deleted = model.webhooks.values.filter(\.isDeleted).sorted { $0.id < $1.id }
    #expect(try state.deletedWebhooks().map(\.key) == deleted.map(\.key), note)
    for connector in model.connectors.keys {
      let own = deleted.filter { $0.connector == connector }.map(\.id)
      #expect(try state.deletedWebhooks(of: connector).map(\.id) == own, note)
      #expect(
        try state.webhooks(of: connector)
          == model.webhooks.values.filter { $0.connector == connector && !$0.isDeleted }.map(\.id).sorted(), note)
    }
    for webhook in model.webhooks.values {
      let now = webhook.registeredAt
      #expect(try state.denialReason(for: webhook, at: now) == model.denialReason(for: webhook, at: now), note)
    }
  }
}
