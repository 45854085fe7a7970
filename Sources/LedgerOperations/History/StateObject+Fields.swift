import KeyStore
import LedgerDomain
import LedgerEvents
import Projections

extension LedgerState {
  /// An object, field by field; nil if there is none.
  ///
  /// - Parameter time: judges, besides, whether it is in force at that time; nil leaves that out, as it follows from
  ///   other objects.
  func object(_ subject: Subject, judgedAt time: Timestamp?) throws(StateUnreadable) -> StateObject? {
    guard subject.number > 0 else { return nil }
    if [.token, .family].contains(subject.kind) { return try token(subject, judgedAt: time) }
    guard let own = try ownFields(of: subject) else { return nil }
    let judged = time == nil ? [] : try judgement(of: subject)
    let standing = try standing(of: subject.number).flatMap { $0.kind == subject.kind ? $0 : nil }
    return StateObject(subject: subject, fields: own + (standing.map { Self.fields($0) } ?? []) + judged)
  }

  /// A token, of which its row is all: read once, as there may be millions of them.
  private func token(_ subject: Subject, judgedAt time: Timestamp?) throws(StateUnreadable) -> StateObject? {
    guard let standing = try standing(of: subject.number), let credential = standing.credential,
      standing.kind == subject.kind
    else { return nil }
    let origin = try self.standing(of: standing.parents[0])?.kind ?? .family
    var fields = Self.fields(standing, credential, issuedFor: Subject(kind: origin, number: standing.parents[0]))
    fields += Self.fields(standing)
    if let time {
      let handle = TokenID(rawValue: subject.number)
      switch try judge(standing, credential, handle, at: time, in: self) {
      case .valid: fields += Self.judged(nil)
      case .invalid(let why): fields += Self.judged(why)
      }
    }
    return StateObject(subject: subject, fields: fields)
  }

  private typealias Fields = [StateObject.Field]

  private func ownFields(of subject: Subject) throws(StateUnreadable) -> [StateObject.Field]? {
    let number = subject.number
    switch subject.kind {
    case .account:
      guard let account = try account(AccountID(rawValue: number)) else { return nil }
      return try fields(account)
    case .phone:
      guard let phone = try phone(PhoneID(rawValue: number)) else { return nil }
      return Self.fields(phone)
    case .connector:
      guard let connector = try connector(ConnectorID(rawValue: number)) else { return nil }
      return try fields(connector)
    case .group:
      guard let group = try group(GroupID(rawValue: number)) else { return nil }
      return try fields(group)
    case .membership:
      guard let membership = try membership(MembershipID(rawValue: number)) else { return nil }
      return Self.fields(membership)
    case .grant:
      guard let grant = try grant(GrantID(rawValue: number)) else { return nil }
      return Self.fields(grant)
    case .challenge:
      guard let challenge = try challenge(ChallengeID(rawValue: number)) else { return nil }
      return Self.fields(challenge)
    case .authorizationCode:
      guard let code = try code(AuthorizationCodeID(rawValue: number)) else { return nil }
      return Self.fields(code)
    case .subscription:
      guard let subscription = try subscription(SubscriptionID(rawValue: number)) else { return nil }
      return Self.fields(subscription)
    case .webhook:
      guard let webhook = try webhook(WebhookID(rawValue: number)) else { return nil }
      return Self.fields(webhook)
    case .resourceServer:
      guard let server = try resourceServer(ResourceServerID(rawValue: number)) else { return nil }
      return Self.fields(server)
    case .proposal:
      guard let proposal = try proposal(ProposalID(rawValue: number)) else { return nil }
      return Self.fields(proposal)
    case .eventNamespace:
      guard let namespace = try eventNamespace(EventNamespaceID(rawValue: number)) else { return nil }
      return Self.fields(namespace)
    case .operator, .token, .family: return nil
    }
  }

  // MARK: The kinds

  private func fields(_ account: Account) throws(StateUnreadable) -> [StateObject.Field] {
    [
      .init("issuer", .text(account.issuer)), .init("subject", .init(account.subject, .accountSubject)),
      .init("name", .init(account.name, .accountName)), .init("email", .init(account.email, .accountEmail)),
      .init("role", .text(account.role.word)), .init("disabled", .flag(account.isDisabled)),
      .init("disabledByOperator", .flag(account.isDisabledByOperator)),
      .init("erased", .flag(account.isErased)), .init("registeredAt", .time(account.registeredAt)),
      .init("phones", .list(try phones(of: account.id).map { .init($0) })),
    ]
  }

  private static func fields(_ phone: Phone) -> [StateObject.Field] {
    [
      .init("account", .init(phone.account)), .init("number", .init(phone.number, .phoneNumber)),
      .init("removed", .flag(phone.isRemoved)),
    ]
  }

  private func fields(_ connector: Connector) throws(StateUnreadable) -> [StateObject.Field] {
    let details = connector.details
    let credentials = try credentials(of: connector.id)
    return [
      .init("publicID", .text(connector.publicID.description)), .init("owner", .init(connector.owner)),
      .init("name", .text(details.name)), .init("description", .text(details.description_p)),
      .init("publisher", .text(details.publisher)),
      .init("redirectURIs", .list(details.redirectUris.map { .text($0) })),
      .init("scopes", .init(Scopes(rawValue: details.scopes))),
      .init("approvedScopes", .init(connector.approvedScopes)), .init("pkceRequired", .flag(!details.pkceOptional)),
      .init("accessTokenLifetime", .number(UInt64(max(0, details.accessTokenLifetime)))),
      .init("refreshTokenLifetime", .number(UInt64(max(0, details.refreshTokenLifetime)))),
      .init("rotation", .text(details.rotation.word)), .init("ownTokens", .flag(details.clientCredentials)),
      .init("dpopBound", .flag(details.dpopBound)), .init("signedTokens", .flag(details.signedTokens)),
      .init("secret", .init(event: credentials?.current.position ?? 0)),
      .init("previousSecret", .init(event: credentials?.previous.position ?? 0)),
      .init(
        "previousSecretUntil",
        credentials.flatMap { $0.previous.rawValue == 0 ? nil : .time($0.previousUntil) } ?? .none),
      .init("inactiveBy", .init(event: connector.deactivatedBy)),
      .init("deleted", .flag(connector.isDeleted)), .init("createdAt", .time(connector.createdAt)),
    ]
  }

  private func fields(_ group: Group) throws(StateUnreadable) -> [StateObject.Field] {
    [
      .init("publicID", .text(group.publicID.description)), .init("name", .text(group.name)),
      .init("kind", .text(group.kind.word)),
      .init("welcomeMessage", .text(group.welcomeMessage)), .init("members", .number(group.memberCount)),
      .init("admins", .number(group.adminCount)), .init("subscribers", .number(group.subscriberCount)),
      .init("subgroups", .list(try subgroups(of: group.id).map { .init($0) })),
      .init("deleted", .flag(group.isDeleted)), .init("createdAt", .time(group.createdAt)),
    ]
  }

  private static func fields(_ server: ResourceServer) -> [StateObject.Field] {
    [
      .init("publicID", .text(server.publicID.description)), .init("name", .text(server.name)),
      .init("audience", server.audience.map { .text($0) } ?? .none),
      .init("secret", .init(event: server.secret.position)),
      .init("previousSecret", .init(event: server.previousSecret.position)),
      .init("previousSecretUntil", server.previousSecret.rawValue == 0 ? .none : .time(server.previousUntil)),
      .init("deleted", .flag(server.isDeleted)), .init("createdAt", .time(server.createdAt)),
    ]
  }

  private static func fields(_ proposal: ChangeProposal) -> [StateObject.Field] {
    [
      .init("kind", .text(proposal.kind.word)), .init("change", .text(proposal.words)),
      .init("account", .init(proposal.account)), .init("proposer", .init(proposal.proposer)),
      .init("approver", .init(proposal.approver)), .init("status", .text("\(proposal.status)")),
      .init("proposedAt", .time(proposal.proposedAt)), .init("expiresAt", .time(proposal.expiresAt)),
    ]
  }

  private static func fields(_ membership: Membership) -> [StateObject.Field] {
    [
      .init("group", .init(membership.group)), .init("account", .init(membership.account)),
      .init("number", .init(membership.number, .memberNumber)),
      .init("role", .text(membership.role.word)),
      .init("removed", .flag(membership.isRemoved)),
    ]
  }

  private static func fields(_ subscription: GroupSubscription) -> [StateObject.Field] {
    [
      .init("group", .init(subscription.group)), .init("account", .init(subscription.account)),
      .init("number", .init(subscription.number, .subscriberNumber)), .init("removed", .flag(subscription.isRemoved)),
    ]
  }

  /// Without the token that callbacks carry, which is a secret.
  private static func fields(_ webhook: Webhook) -> [StateObject.Field] {
    [
      .init("publicID", .text(webhook.publicID.description)), .init("connector", .init(webhook.connector)),
      .init("grant", .init(webhook.grant)), .init("family", .init(webhook.family)),
      .init("group", .init(webhook.group)), .init("listensTo", .text(webhook.object.type)),
      .init("eventTypes", .list(webhook.details.eventTypes.map { .text($0) })),
      .init("url", .init(webhook.details.callbackURL, .webhookURL)), .init("active", .flag(webhook.isActive)),
      .init("deleted", .flag(webhook.isDeleted)), .init("stoppedBy", .init(event: webhook.stoppedBy)),
      .init("registeredAt", .time(webhook.registeredAt)),
    ]
  }

  private static func fields(_ grant: Grant) -> [StateObject.Field] {
    [
      .init("connector", .init(grant.connector)), .init("granter", .init(grant.granter)),
      .init("group", .init(grant.group)), .init("scopes", .init(grant.scopes)), .init("family", .init(grant.family)),
      .init("revoked", .flag(grant.isRevoked)), .init("grantedAt", .time(grant.grantedAt)),
    ]
  }

  private static func fields(_ challenge: PINChallenge) -> [StateObject.Field] {
    [
      .init("account", .init(challenge.account)), .init("connector", .init(challenge.connector)),
      .init("number", .init(challenge.number, .phoneNumber)), .init("expiresAt", .time(challenge.expiresAt)),
      .init("failures", .number(UInt64(challenge.failures))), .init("closed", .flag(challenge.isClosed)),
    ]
  }

  private static func fields(_ code: IssuedCode) -> [StateObject.Field] {
    [
      .init("connector", .init(code.connector)), .init("account", .init(code.account)),
      .init("redirectURI", .text(code.redirectURI)), .init("expiresAt", .time(code.expiresAt)),
      .init("family", .init(code.family)),
    ]
  }

  /// - Parameter origin: the family; of a family's first refresh token the grant.
  private static func fields(
    _ token: Standing, _ credential: Standing.Credential, issuedFor origin: Subject
  ) -> [StateObject.Field] {
    var fields: Fields = [.init("token", .text(token.kind == .token ? "access" : "refresh"))]
    fields.append(.init("issuedFor", .object(origin)))
    fields.append(.init("scopes", token.kind == .token ? .init(token.scopes) : .none))
    fields.append(.init("expiresAt", .time(credential.expiresAt)))
    if token.audiences.isRestricted {
      fields.append(
        .init(
          "audiences",
          .list(
            (token.audiences.includesOwn ? [.text("own")] : [])
              + token.audiences.servers.map { .object(Subject($0)) })))
    }
    if let key = credential.keyThumbprint { fields.append(.init("keyThumbprint", .text(Base64URL.encode(key.bytes)))) }
    fields.append(.init("successor", .init(object: .family, credential.successor)))
    fields.append(
      .init("acceptedUntil", credential.successor == 0 ? .none : .time(credential.acceptedUntil)))
    return fields
  }

  private static func fields(_ namespace: EventNamespace) -> [StateObject.Field] {
    [
      .init("name", .text(namespace.name)), .init("eventTypes", .list(namespace.eventTypes.map { .text($0) })),
      .init("registeredAt", .time(namespace.registeredAt)),
    ]
  }

  // MARK: What stands and what does not

  private static func fields(_ standing: Standing) -> [StateObject.Field] {
    [
      .init("stoppedBy", .init(event: Position(standing.stoppedBy))),
      .init("olderStoppedBy", .init(event: Position(standing.floor))),
    ]
  }

  private func judgement(of subject: Subject) throws(StateUnreadable) -> [StateObject.Field] {
    switch subject.kind {
    case .grant, .connector, .account, .group, .phone, .membership:
      Self.judged(try LedgerDomain.denialReason(for: subject, in: self))
    default: []
    }
  }

  private static func judged(_ reason: Verdict.Reason?) -> [StateObject.Field] {
    [.init("inForce", .flag(reason == nil)), .init("reason", reason.map { .text($0.text) } ?? .none)]
  }
}
