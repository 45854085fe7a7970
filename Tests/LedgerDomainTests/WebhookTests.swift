import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// A connector's access to a group, and commands about webhooks as its token asks for them.
struct WebhookGiven {
  var access: GroupAccess
  let callback = SealedCallback(
    url: .fake("https://hook.example.org", person: 9), token: .fake("token", person: 9),
    context: .fake("context", person: 9))

  init(scopes: Scopes = .all) throws {
    access = try GroupAccess(details: .fake { $0.scopes = scopes.rawValue })
  }

  func register(
    _ token: TokenID? = nil, publicID: PublicID = .fake(200), on object: WebhookObject? = nil,
    for types: [WebhookEventType] = [.textMessageCreated], until: Timestamp? = nil
  ) -> RegisterWebhook {
    RegisterWebhook(
      token: token ?? access.token, publicID: publicID, object: object ?? .group(access.group), eventTypes: types,
      callback: callback, expiresAt: until)
  }

  mutating func webhook() throws -> WebhookID {
    try access.scenario.webhook(
      of: access.connector, on: access.group, under: access.grant, family: access.family)
  }

  func registered(_ change: (inout WebhookRegistered) -> Void = { _ in }) -> LedgerEvent {
    .webhookRegistered(
      filled(WebhookRegistered()) {
        $0.publicID = .init(PublicID.fake(200))
        $0.connector = access.connector.rawValue
        $0.grant = access.grant.rawValue
        $0.family = access.family.rawValue
        $0.group = access.group.rawValue
        $0.objectType = "Group"
        $0.details = .fake(until: access.scenario.now + .seconds(730 * 86_400))
        change(&$0)
      })
  }
}

@Suite struct RegisterWebhookTests {
  private var given: WebhookGiven
  init() throws { given = try WebhookGiven() }

  @Test("A connector with a valid token registers one on its group")
  func registeredOnGroup() throws {
    let access = given.access
    let outcome = try access.scenario.when(given.register()).then(given.registered(), by: Subject(access.connector))
    #expect(outcome.id.rawValue == access.scenario.next && outcome.key == [UInt8](repeating: 9, count: 16))
    try access.scenario.when(
      given.register(on: .action("survey 1", in: access.group), for: [.surveyResponse, .jobCreated, .jobCreated])
    )
    .then(
      given.registered {
        $0.objectType = "Action"
        $0.objectID = "survey 1"
        $0.details.eventTypes = ["JobCreated", "SurveyResponse"]
      })
    let until = access.scenario.now + .seconds(1)
    try access.scenario.when(given.register(until: until)).then(
      given.registered { $0.details.expiresAt = until.milliseconds })
  }

  @Test("A token that is not valid registers nothing")
  mutating func invalidToken() throws {
    func refused(_ token: TokenID? = nil, _ scenario: Scenario, _ reason: Verdict.Reason) {
      let refusal = scenario.when(given.register(token)).thenRefused(.invalidToken, field: "accessToken")
      #expect(refusal?.reason == reason)
    }
    refused(TokenID(rawValue: 999), given.access.scenario, .unknown)
    refused(given.access.refreshToken, given.access.scenario, .unknown)
    refused(TokenID(rawValue: given.access.group.rawValue), given.access.scenario, .unknown)
    var late = given.access.scenario
    late.now += .seconds(86_400)
    refused(nil, late, .expired(at: late.now))
    var revoked = given.access.scenario
    try revoked.perform(RevokeGrant(grant: given.access.grant, requester: given.access.granter))
    refused(nil, revoked, .stopped(Subject(given.access.grant), by: Position(revoked.next - 1)))
  }

  @Test("A token without the scope registers nothing")
  func missingScope() throws {
    let narrow = try WebhookGiven(scopes: [.webhookRead, .textMessageRead])
    narrow.access.scenario.when(narrow.register()).thenRefused(.forbidden, field: "accessToken")
  }

  @Test("A group's token opens no other group of its granter, a person's those of the person")
  mutating func ownGroup() throws {
    let access = given.access
    let other = try given.access.scenario.group(by: access.granter, publicID: .fake(101))
    let grant = try given.access.scenario.grant(to: access.connector, by: access.granter, phone: access.phone)
    let family = try given.access.scenario.family(under: grant, secret: "own")
    let own = try given.access.scenario.token(from: family, secret: "own access")
    given.access.scenario.when(given.register(on: .group(other))).thenRefused(.notFound, field: "object")
    given.access.scenario.when(given.register(own, on: .group(other))).thenRefused(.notFound, field: "group")
    _ = try given.access.scenario.member(of: other, account: access.granter)
    try given.access.scenario.when(given.register(own, on: .group(other))).then(
      given.registered {
        $0.grant = grant.rawValue
        $0.family = family.rawValue
        $0.group = other.rawValue
      })
    // An action belongs to a group, and is open to whom that is.
    given.access.scenario.when(given.register(on: .action("a", in: other))).thenRefused(.notFound, field: "object")
    let nowhere = GroupID(rawValue: 0)
    given.access.scenario.when(given.register(own, on: .action("a", in: nowhere))).thenRefused(
      .notFound, field: "group")
    try given.access.scenario.when(given.register(own, on: .actionPackage("p", in: other))).then(
      given.registered {
        $0.grant = grant.rawValue
        $0.family = family.rawValue
        $0.group = other.rawValue
        $0.objectType = "ActionPackage"
        $0.objectID = "p"
      })
    try given.access.scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = other.rawValue }))
    given.access.scenario.when(given.register(own, on: .group(other))).thenRefused(.gone, field: "group")
  }

  @Test("A group's token opens the groups below its own as well, and none above or beside")
  mutating func groupsBelow() throws {
    let access = given.access
    var groups: [GroupID] = []
    for number in 101...104 as ClosedRange<UInt8> {
      groups.append(try given.access.scenario.group(by: access.granter, publicID: .fake(number)))
    }
    let (above, beside, below, lowest) = (groups[0], groups[1], groups[2], groups[3])
    for (lower, upper) in [(access.group, above), (beside, above), (below, access.group), (lowest, below)] {
      try given.access.scenario.perform(AttachSubgroup(lower, to: upper, requester: Requester.operator))
    }
    for group in [below, lowest] {
      try given.access.scenario.when(given.register(on: .group(group))).then(
        given.registered { $0.group = group.rawValue })
    }
    for group in [above, beside] {
      given.access.scenario.when(given.register(on: .group(group))).thenRefused(.notFound, field: "object")
    }
    try given.access.scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = below.rawValue }))
    for group in [below, lowest] {
      given.access.scenario.when(given.register(on: .group(group))).thenRefused(.notFound, field: "object")
    }
  }

  @Test("What is malformed, too much or taken is refused")
  mutating func malformed() throws {
    let scenario = given.access.scenario
    for object in [
      WebhookObject.action("", in: given.access.group),
      .actionPackage(String(repeating: "a", count: 256), in: given.access.group),
    ] {
      scenario.when(given.register(on: object)).thenRefused(.invalidValue, field: "object")
    }
    scenario.when(given.register(for: [])).thenRefused(.invalidValue, field: "eventTypes")
    for until in [scenario.now, scenario.now - .seconds(1), scenario.now + .seconds(11 * 366 * 86_400)] {
      scenario.when(given.register(until: until)).thenRefused(.invalidValue, field: "validity")
    }
    let first = try given.webhook()
    given.access.scenario.when(given.register()).thenRefused(.conflict, field: "publicID")
    for number in 1..<100 {
      _ = try given.access.scenario.webhook(
        of: given.access.connector, on: given.access.group, under: given.access.grant, family: given.access.family,
        publicID: .fake(UInt8(number)))
    }
    given.access.scenario.when(given.register(publicID: .fake(201))).thenRefused(.tooMany, field: "webhook")
    try given.access.scenario.perform(DeleteWebhook(webhook: first, by: .token(given.access.token)))
    try given.access.scenario.perform(given.register(publicID: .fake(201)))
  }

  @Test("A state that cannot be read decides nothing")
  mutating func unreadable() {
    given.access.scenario.state.failure = StateUnreadable("damaged")
    given.access.scenario.when(given.register()).thenUnreadable()
  }
}

@Suite struct ChangeWebhookTests {
  private var given: WebhookGiven
  private let webhook: WebhookID
  private var access: GroupAccess { given.access }

  init() throws {
    var given = try WebhookGiven()
    webhook = try given.webhook()
    self.given = given
  }

  private func update(_ changes: UpdateWebhook.Changes, _ token: TokenID? = nil) -> UpdateWebhook {
    UpdateWebhook(webhook: webhook, changes, token: token ?? access.token)
  }

  private func updated(active: Bool = true, _ change: (inout WebhookDetails) -> Void) -> LedgerEvent {
    let before = WebhookDetails.fake(until: access.scenario.now + .seconds(86_400))
    return .webhookUpdated(
      filled(WebhookUpdated()) {
        $0.webhook = webhook.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.before = before
        $0.after = filled(before, change)
        $0.active = active
      })
  }

  @Test("Its connector changes it in part, and enables it")
  mutating func changed() throws {
    let changed = try access.scenario.when(update(.init(eventTypes: [.memberAdded])))
      .then(updated { $0.eventTypes = ["MemberAdded"] }, by: Subject(access.connector))
    #expect(changed)
    let callback = SealedCallback(
      url: .fake("https://other.example.org", person: 9), token: .fake("", person: 9),
      context: .fake("", person: 9))
    try access.scenario.when(update(.init(callback: callback))).then(
      updated {
        $0.callbackURL = callback.url
        $0.callbackToken = callback.token
        $0.callbackContext = callback.context
      })
    let until = access.scenario.now + .seconds(5)
    try access.scenario.when(update(.init(expiresAt: until))).then(updated { $0.expiresAt = until.milliseconds })
    try access.scenario.when(update(.init(eventTypes: [.textMessageCreated], isActive: true))).thenNothing()
    try given.access.scenario.perform(DisableWebhook(webhook: webhook, .failures(7)))
    try access.scenario.when(update(.init(isActive: true))).then(updated { _ in })
    try access.scenario.when(update(.init(eventTypes: [.memberAdded]))).then(
      updated(active: false) { $0.eventTypes = ["MemberAdded"] })
  }

  @Test("What is malformed, another's, deleted or revoked is not changed")
  mutating func notChanged() throws {
    access.scenario.when(update(.init(eventTypes: []))).thenRefused(.invalidValue, field: "eventTypes")
    access.scenario.when(update(.init(expiresAt: access.scenario.now))).thenRefused(.invalidValue, field: "validity")
    let strange = SealedCallback(
      url: .fake("https://hook.example.org", person: 9), token: .fake("token", person: 8),
      context: .fake("context", person: 9))
    access.scenario.when(update(.init(callback: strange))).thenRefused(.conflict, field: "callbackURL")

    // Another access of the same connector.
    let grant = try given.access.scenario.grant(to: access.connector, by: access.granter, phone: access.phone)
    let family = try given.access.scenario.family(under: grant, secret: "own")
    let other = try given.access.scenario.token(from: family, secret: "own access")
    access.scenario.when(update(.init(isActive: false), other)).thenRefused(.notFound, field: "webhook")
    let narrow = try given.access.scenario.token(from: access.family, secret: "narrow", scopes: [.webhookWrite])
    access.scenario.when(update(.init(isActive: false), narrow)).thenRefused(.forbidden, field: "accessToken")
    access.scenario.when(UpdateWebhook(webhook: WebhookID(rawValue: 999), .init(), token: access.token))
      .thenRefused(.notFound, field: "webhook")

    // The family stops, and with it what its tokens registered, whatever another family of the grant may do.
    let second = try given.access.scenario.family(under: access.grant, secret: "second")
    let token = try given.access.scenario.token(from: second, secret: "second access")
    try given.access.scenario.perform(RevokeToken(.refreshToken(access.refreshToken), requester: .operator))
    access.scenario.when(update(.init(isActive: false), token)).thenRefused(.gone, field: "webhook")
    try given.access.scenario.perform(DeleteWebhook(webhook: webhook, by: .token(token)))
    access.scenario.when(update(.init(isActive: false), token)).thenRefused(.gone, field: "webhook")
  }

  @Test("Whoever may stop the grant disables and deletes it, and nobody else")
  mutating func disabled() throws {
    let admin = try given.access.scenario.account("second")
    _ = try given.access.scenario.member(of: access.group, account: admin, role: .admin)
    let member = try given.access.scenario.account("member")
    _ = try given.access.scenario.member(of: access.group, account: member)
    let disabled = LedgerEvent.webhookDisabled(
      filled(WebhookDisabled()) {
        $0.webhook = webhook.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.reason = "too many"
      })
    let deleted = LedgerEvent.webhookDeleted(
      filled(WebhookDeleted()) {
        $0.webhook = webhook.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
      })
    for requester: Requester in [
      .account(access.owner), .account(access.granter), .account(admin), .operator,
    ] {
      try access.scenario.when(DisableWebhook(webhook: webhook, .requester(requester, reason: " too many ")))
        .then(disabled, by: requester.actor)
      try access.scenario.when(DeleteWebhook(webhook: webhook, by: .requester(requester)))
        .then(deleted, by: requester.actor)
    }
    try access.scenario.when(DeleteWebhook(webhook: webhook, by: .token(access.token)))
      .then(deleted, by: Subject(access.connector))
    for requester: Requester in [.account(member), .account(access.stranger)] {
      access.scenario.when(DisableWebhook(webhook: webhook, .requester(requester, reason: "no")))
        .thenRefused(.notFound, field: "webhook")
      access.scenario.when(DeleteWebhook(webhook: webhook, by: .requester(requester)))
        .thenRefused(.notFound, field: "webhook")
    }
    let narrow = try given.access.scenario.token(from: access.family, secret: "narrow", scopes: [.webhookWrite])
    access.scenario.when(DeleteWebhook(webhook: webhook, by: .token(narrow)))
      .thenRefused(.forbidden, field: "accessToken")
    access.scenario.when(DisableWebhook(webhook: webhook, .requester(.operator, reason: " ")))
      .thenRefused(.invalidValue, field: "reason")
    try given.access.scenario.given(
      .accountDisabled(filled(AccountDisabled()) { $0.account = access.owner.rawValue }))
    access.scenario.when(DeleteWebhook(webhook: webhook, by: .requester(.account(access.owner))))
      .thenRefused(.accountDisabled, field: "requester")
  }

  @Test("Whoever may stop the grant enables what was disabled, and nobody else")
  mutating func enabled() throws {
    let member = try given.access.scenario.account("member")
    _ = try given.access.scenario.member(of: access.group, account: member)
    try access.scenario.when(EnableWebhook(webhook: webhook, requester: .account(access.owner))).thenNothing()
    try given.access.scenario.perform(DisableWebhook(webhook: webhook, .failures(7)))
    let details = try #require(try access.scenario.state.webhook(webhook)?.details)
    let enabled = LedgerEvent.webhookUpdated(
      filled(WebhookUpdated()) {
        $0.webhook = webhook.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.before = details
        $0.after = details
        $0.active = true
      })
    for requester: Requester in [.account(access.owner), .account(access.granter), .operator] {
      #expect(
        try access.scenario.when(EnableWebhook(webhook: webhook, requester: requester))
          .then(enabled, by: requester.actor))
    }
    for stranger in [member, access.stranger] {
      access.scenario.when(EnableWebhook(webhook: webhook, requester: .account(stranger)))
        .thenRefused(.notFound, field: "webhook")
    }
    var late = access.scenario
    late.now = Timestamp(milliseconds: details.expiresAt)
    late.when(EnableWebhook(webhook: webhook, requester: .operator)).thenRefused(.gone, field: "webhook")
    try given.access.scenario.perform(DeleteWebhook(webhook: webhook, by: .requester(.operator)))
    access.scenario.when(EnableWebhook(webhook: webhook, requester: .operator)).thenRefused(.gone, field: "webhook")
  }

  @Test("The ledger disables what failed too often, once, and is no hindrance to what is gone")
  mutating func failing() throws {
    let command = DisableWebhook(webhook: webhook, .failures(7))
    let event = LedgerEvent.webhookDisabled(
      filled(WebhookDisabled()) {
        $0.webhook = webhook.rawValue
        $0.connector = access.connector.rawValue
        $0.group = access.group.rawValue
        $0.reason = "7 tries in a row to deliver failed"
      })
    #expect(try access.scenario.when(command).then(event, by: Subject(webhook)))
    try given.access.scenario.perform(command)
    #expect(try access.scenario.when(command).thenNothing() == false)
    try access.scenario.when(DisableWebhook(webhook: webhook, .requester(.operator, reason: "x"))).thenNothing()
    try given.access.scenario.perform(DeleteWebhook(webhook: webhook, by: .requester(.operator)))
    try access.scenario.when(command).thenNothing()
    try access.scenario.when(DisableWebhook(webhook: WebhookID(rawValue: 999), .failures(7))).thenNothing()
    access.scenario.when(DisableWebhook(webhook: webhook, .requester(.operator, reason: "x")))
      .thenRefused(.gone, field: "webhook")
    access.scenario.when(DeleteWebhook(webhook: webhook, by: .requester(.operator)))
      .thenRefused(.gone, field: "webhook")
  }
}
