import CredentialLedger
import HTTPSupport
import HTTPTypes
import OutgoingHTTP

/// The routes by which connectors register, read, change and delete their webhooks.
extension PlatformService {
  var webhookRoutes: [Route] {
    route(.post, "/webhook", needing: .webhookWrite) { (call) throws(RequestError) in try await register(call) }
      + route(.get, "/webhook", needing: .webhookRead) { (call) throws(RequestError) in try await listWebhooks(call) }
      + route(.put, "/webhook/{webhook}", needing: .webhookUpdate) { (call) throws(RequestError) in
        try await update(call)
      }
      + route(.delete, "/webhook/{webhook}", needing: .webhookRemove) { (call) throws(RequestError) in
        let webhook = try webhook(call)
        try await asking { () async throws(LedgerError) in
          try await ledger.webhooks.delete(webhook.id, with: call.claims, context: call.recorded)
        }
        return .object([])
      }
  }

  private func register(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let fields = try WebhookFields(try await call.body())
    let object = try object(fields.objectID, fields.objectType ?? "Group", call)
    guard let types = fields.eventTypes else { throw .field("eventTypes", "an array of names of event types") }
    guard let url = fields.url else { throw .field("callBackUrl", "an https address") }
    // Nobody without the right to has the server call somewhere.
    try asking { () throws(LedgerError) in
      try ledger.webhooks.check(
        on: object, for: types, callbackURL: url, callbackToken: fields.token ?? "",
        callbackContext: fields.context ?? "", validity: fields.validity, with: call.claims)
    }
    try await shakeHands(url)
    let webhook = try await asking { () async throws(LedgerError) in
      try await ledger.webhooks.register(
        on: object, for: types, callbackURL: url, callbackToken: fields.token ?? "",
        callbackContext: fields.context ?? "", validity: fields.validity, with: call.claims, context: call.recorded)
    }
    return .object([("webhookId", .string(webhook.publicID.description))] + Self.untold(webhook))
  }

  private func update(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let known = try webhook(call)
    let fields = try WebhookFields(try await call.body())
    if let id = fields.objectID, !id.isEmpty {
      let named = try object(id, fields.objectType ?? known.object.type, call)
      guard named == known.object else {
        throw .field("objectId", "what the webhook was registered for; register another for something else")
      }
    }
    if let url = fields.url {
      let before = try await asking { () async throws(LedgerError) in try await ledger.webhooks.callback(of: known.id) }
      if before?.url != url {
        do throws(Refusal) { _ = try WebhookCallback(url: url) } catch {
          throw .field("callBackUrl", error.expected)
        }
        try await shakeHands(url)
      }
    }
    _ = try await asking { () async throws(LedgerError) in
      try await ledger.webhooks.update(
        known.id, eventTypes: fields.eventTypes, callbackURL: fields.url, callbackToken: fields.token,
        callbackContext: fields.context, validity: fields.validity, isActive: fields.isActive, with: call.claims,
        context: call.recorded)
    }
    return .object(try await told(try webhook(call)))
  }

  private func listWebhooks(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let wanted: WebhookObject?
    let type = call.query("objectType")?.lowercased()
    if let id = call.query("objectId") {
      wanted = try object(id, type ?? "group", call)
    } else {
      guard type.map({ ["group", "action", "actionpackage"].contains($0) }) ?? true else {
        throw .field("objectType", "Group, Action or ActionPackage")
      }
      wanted = nil
    }
    let states = try asking { () throws(LedgerError) in try ledger.webhooks.states(of: call.grant) }
    var listed: [JSONValue] = []
    for state in states where wanted.map({ $0 == state.webhook.object }) ?? true {
      guard type.map({ $0 == state.webhook.object.type.lowercased() }) ?? true else { continue }
      listed.append(.object(try await told(state.webhook)))
    }
    return .object([("webhooks", .array(listed))])
  }

  /// The webhook that the path names, where it is the token's own: to others it does not exist.
  private func webhook(_ call: PlatformCall) throws(RequestError) -> Webhook {
    guard let id = PublicID(call.part("webhook")),
      let webhook = try asking({ () throws(LedgerError) in try ledger.webhooks.webhook(publicID: id) }),
      webhook.grant == call.grant, !webhook.isDeleted
    else { throw RequestError(.notFound, "There is no such webhook, or it is another's.") }
    return webhook
  }

  /// What a webhook is to listen to. Actions belong to a group, which only the token of a group says.
  private func object(_ id: String?, _ type: String, _ call: PlatformCall) throws(RequestError) -> WebhookObject {
    guard let id, !id.isEmpty else { throw .field("objectId", "the ID of a group") }
    switch type.lowercased() {
    case "group": return .group(try call.group(id: id).group.id)
    case "action", "actionpackage":
      guard let group = call.claims.group else {
        throw .field("objectType", "Group, unless the token is that of a group")
      }
      return type.lowercased() == "action" ? .action(id, in: group) : .actionPackage(id, in: group)
    default: throw .field("objectType", "Group, Action or ActionPackage")
    }
  }

  /// The members of an answer about a webhook.
  private func told(_ webhook: Webhook) async throws(RequestError) -> [(String, JSONValue)] {
    let callback = try await asking { () async throws(LedgerError) in
      try await ledger.webhooks.callback(of: webhook.id)
    }
    let objectID: String
    switch webhook.object {
    case .group(let id):
      objectID =
        try asking { () throws(LedgerError) in try ledger.groups.group(id) }?.publicID.description ?? ""
    case .action(let id, in: _), .actionPackage(let id, in: _): objectID = id
    }
    return [
      ("id", .string(webhook.publicID.description)), ("objectId", .string(objectID)),
      ("objectType", .string(webhook.object.type)),
      ("events", .array(webhook.eventTypes.map { .string($0.rawValue) })), ("filters", .array([])),
      ("callbackUrl", .string(callback?.url ?? "")), ("callbackToken", .string(callback?.token ?? "")),
      ("callBackContext", .string(callback?.context ?? "")),
      ("ts", .integer(webhook.registeredAt.milliseconds)), ("validity", .integer(webhook.expiresAt.milliseconds)),
      ("active", .bool(webhook.isActive)),
    ] + Self.untold(webhook)
  }

  /// What the webhook is for and never hears of; nothing for one that hears of all.
  private static func untold(_ webhook: Webhook) -> [(String, JSONValue)] {
    let isOfGroup = if case .group = webhook.object { true } else { false }
    let names = webhook.eventTypes.filter { !isOfGroup || !$0.isTold }.map { JSONValue.string($0.rawValue) }
    return names.isEmpty ? [] : [("unsupportedEvents", .array(names))]
  }

  /// Asks an address whether it wants to be called: it answers with what it is sent.
  private func shakeHands(_ url: String) async throws(RequestError) {
    var random = SystemRandomNumberGenerator()
    // Unreserved characters alone: some receivers take the query as it is written.
    let token = [random.next(), random.next()].map { (word: UInt64) in String(word, radix: 36) }.joined()
    let asked = url + (url.contains("?") ? "&" : "?") + "validationToken=" + token
    do throws(OutgoingError) {
      let answer = try await outgoing.call("GET", asked, timeout: .seconds(5))
      let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
      let body = answer.body.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
      guard answer.isSuccess, body.elementsEqual(token.utf8) else {
        throw OutgoingError.refused
      }
    } catch {
      throw RequestError(
        .invalid, "callBackUrl: expected an address that answers the validation token within 5 seconds; \(error.reason)"
      )
    }
  }
}

/// What a body says of a webhook; nil where it says nothing.
private struct WebhookFields {
  var objectID: String?
  var objectType: String?
  var eventTypes: [WebhookEventType]?
  var url: String?
  var token: String?
  var context: String?
  var validity: Timestamp?
  var isActive: Bool?

  init(_ body: JSONValue) throws(RequestError) {
    objectID = body["objectId"]?.text
    objectType = body["objectType"]?.text
    if let named = body["eventTypes"] ?? body["events"] {
      guard let items = named.items else { throw .field("eventTypes", "an array of names of event types") }
      var types: [WebhookEventType] = []
      for item in items {
        let name = item.text?.lowercased()
        guard let type = WebhookEventType.allCases.first(where: { $0.rawValue.lowercased() == name }) else {
          throw .field("eventTypes", "names of event types, such as TextMessageCreated")
        }
        types.append(type)
      }
      eventTypes = types
    }
    url = body["callBackUrl"]?.text
    token = body["callBackToken"]?.text
    context = body["callBackContext"]?.text
    if let moment = body["validity"] {
      // Some programs compute it, and send it with decimals or an exponent.
      let computed = moment.text.flatMap { Double($0) }.flatMap { Int64(exactly: $0.rounded(.towardZero)) }
      guard let milliseconds = moment.wholeNumber ?? computed else {
        throw .field("validity", "milliseconds since 1970")
      }
      // Some clients send 0 or -1 for none.
      validity = milliseconds > 0 ? Timestamp(milliseconds: milliseconds) : nil
    }
    if let active = body["active"] {
      guard let truth = active.truth else { throw .field("active", "true or false") }
      isActive = truth
    }
  }
}
