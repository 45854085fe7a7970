import CredentialLedger
import HTTPSupport
import MessageStore

/// Messages of groups.
extension PlatformService {
  var messageRoutes: [Route] {
    let path = "/groups/{group}/messages"
    return responding(whole: .post, path, needing: .textMessageWrite) { (call) throws(RequestError) in
      .json(try await post(call), headers: [.cacheControl: "no-store"])
    }
      + route(.get, path, needing: .textMessageRead) { (call) throws(RequestError) in try await history(call) }
  }

  private func post(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let place = try call.groupToWrite()
    let (bytes, body) = try await call.bytesAndBody()
    var request = try call.request.headers.value(of: .idempotencyKey).map { (key) throws(RequestError) in
      try repeatable(key, call, place.group, bytes)
    }
    if let request {
      let earlier = try await messaging { () async throws(MessagingError) in try await messages.earlier(request) }
      if let earlier { return Self.answer(earlier.reference, earlier.answer) }
    }
    let text = try body.required("message")
    let replyTo = try body["replyToReferenceId"]?.text.flatMap { (text) throws(RequestError) -> PublicID? in
      guard !text.isEmpty else { return nil }
      guard let id = PublicID(text) else { throw .field("replyToReferenceId", "the reference of a message") }
      return id
    }
    let (audience, failed) = try audience(of: body, in: place.group)
    // Asked for behind the look at the group: who may write as a member was added before.
    let head = try asking { () throws(LedgerError) in try ledger.head() }
    let message = NewMessage(
      text, to: place.group.id, by: call.claims.granter, connector: call.claims.connector, grant: call.grant,
      replyTo: replyTo, audience: audience, ledgerPosition: head)
    let rest = failed.isEmpty ? [] : JSONValue.array(failed).bytes
    request?.answer = rest
    let asked = request
    return try await messaging { () async throws(MessagingError) in
      guard let asked else { return Self.answer(try await messages.post(message).reference, rest) }
      let posted = try await messages.post(message, once: asked)
      return Self.answer(posted.reference, posted.answer)
    }
  }

  /// - Parameter failed: the JSON of who does not get the message; empty for nobody.
  private static func answer(_ reference: PublicID, _ failed: [UInt8]) -> JSONValue {
    var answer: [(String, JSONValue)] = [("referenceId", .string(reference.description))]
    if !failed.isEmpty, let value = try? JSONParser.parse(failed) { answer.append(("failedResult", value)) }
    return .object(answer)
  }

  /// The request under the client's key: the same where group and body are, byte for byte.
  private func repeatable(
    _ key: String, _ call: PlatformCall, _ group: Group, _ body: [UInt8]
  ) throws(RequestError) -> RepeatableRequest {
    do throws(MessagingError) {
      return try RepeatableRequest(
        key: key, connector: call.claims.connector, author: call.claims.granter,
        content: group.publicID.bytes + body)
    } catch { throw RequestError(.invalid, error.reason) }
  }

  /// Who gets the message besides the members, and what is told of those named who are no subscribers.
  private func audience(
    of body: JSONValue, in group: Group
  ) throws(RequestError) -> (MessageAudience, failed: [JSONValue]) {
    let toAll = body["sendToAllSubscribers"]
    guard toAll == nil || toAll?.truth != nil else { throw .field("sendToAllSubscribers", "true or false") }
    let named = body["subscribers"]
    guard named == nil || named?.items != nil else { throw .field("subscribers", "an array of phone numbers") }
    let items = named?.items ?? []
    guard group.kind == .connectGroup || (toAll?.truth != true && items.isEmpty) else {
      throw .field("subscribers", "a public group: others have no subscribers")
    }
    if toAll?.truth == true { return (.subscribers, []) }
    guard !items.isEmpty else { return (.members, []) }
    guard items.count <= NewMessage.audienceLimit else {
      throw .field("subscribers", "at most \(NewMessage.audienceLimit) phone numbers")
    }
    var failed: [JSONValue] = []
    func fail(_ item: JSONValue, _ reason: String, _ code: String) {
      failed.append(
        .object([
          ("subscriber", .string(item.text ?? "")), ("subscriberId", .string("")), ("errorReason", .string(reason)),
          ("errorCode", .string(code)),
        ]))
    }
    var found: [SubscriptionID] = []
    for item in items {
      guard let phone = item.phone else {
        fail(item, "It is no phone number with country code.", "InvalidParameters")
        continue
      }
      let subscription = try asking { () throws(LedgerError) in
        try ledger.groups.subscription(of: phone.number, to: group.id)
      }
      if let subscription {
        if !found.contains(subscription) { found.append(subscription) }
      } else {
        fail(item, "The person is no subscriber.", "NotFound")
      }
    }
    guard !found.isEmpty else { throw .field("subscribers", "at least one who is a subscriber") }
    return (.some(found), failed)
  }

  /// A page of a group's messages, the newest first unless the query says `order=oldestFirst`.
  private func history(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.groupToRead().group
    var range = MessageRange()
    range.limit = try call.number("count", in: 1...MessageRange.pageLimit, default: 50)
    switch call.query("order")?.lowercased() {
    case nil, "newestfirst": break
    case "oldestfirst": range.newestFirst = false
    default: throw .field("order", "newestFirst or oldestFirst")
    }
    if let text = call.query("cursor") {
      guard let number = UInt64(text) else { throw .field("cursor", "the cursor of an answer") }
      if range.newestFirst { range.before = number } else { range.after = number }
    }
    range.since = try moment("fromDate", call)
    range.until = try moment("toDate", call)
    let asked = range
    let found = try await messaging { () async throws(MessagingError) in
      try await messages.history(of: group.id, asked)
    }
    var answer: [(String, JSONValue)] = [("messages", .array(try await told(found)))]
    if found.count == range.limit, let last = found.last { answer.append(("cursor", .string(String(last.number)))) }
    return .object(answer)
  }

  private func moment(_ name: String, _ call: PlatformCall) throws(RequestError) -> Timestamp? {
    guard let text = call.query(name) else { return nil }
    guard let milliseconds = Int64(text), milliseconds >= 0 else {
      throw .field(name, "a moment in milliseconds since 1970")
    }
    return Timestamp(milliseconds: milliseconds)
  }

  /// Messages as answers tell them.
  private func told(_ found: [Message]) async throws(RequestError) -> [JSONValue] {
    let authors = Array(Set(found.map(\.author)))
    let leave = Disclosure.withoutRecord(for: ledger)
    let people = try await asking { () async throws(LedgerError) in
      let names = try await ledger.accounts.revealNames(of: authors, under: leave)
      var people: [AccountID: (name: String?, number: String?)] = [:]
      for (author, name) in zip(authors, names) {
        people[author] = (name, try await ledger.accounts.revealFirstNumber(of: author, under: leave))
      }
      return people
    }
    var told: [JSONValue] = []
    for message in found {
      let connector = try message.connector.flatMap { (id) throws(RequestError) in
        try asking { () throws(LedgerError) in try ledger.connectors.connector(id) }
      }
      var members: [(String, JSONValue)] = [
        ("referenceId", .string(message.reference.description)), ("message", .string(message.text ?? "")),
        ("sender", .string(people[message.author]?.number ?? "")), ("senderId", message.author.bare),
        ("senderName", .string(people[message.author]?.name ?? "")),
        ("sentAt", .integer(message.postedAt.milliseconds)),
      ]
      if let replyTo = message.replyTo { members.append(("replyToReferenceId", .string(replyTo.description))) }
      if let connector { members.append(("connectorId", .string(connector.publicID.description))) }
      told.append(.object(members))
    }
    return told
  }

  /// Calls the backend, and turns what it refuses into what a client is told.
  func messaging<Result>(
    _ body: () async throws(MessagingError) -> Result
  ) async throws(RequestError) -> Result {
    do throws(MessagingError) { return try await body() } catch {
      switch error.code {
      case .invalid: throw RequestError(.invalid, error.reason)
      case .notFound: throw RequestError(.invalid, error.reason)
      case .conflict: throw RequestError(.conflict, error.reason)
      case .erased: throw RequestError(.gone, error.reason)
      case .unavailable:
        throw RequestError(.unavailable, "The service cannot do this now; try again.", headers: [.retryAfter: "1"])
      case .failed: throw RequestError(.failed, "The request failed; its ID names it in the log.")
      }
    }
  }
}
