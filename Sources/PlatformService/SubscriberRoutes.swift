import CredentialLedger
import HTTPSupport

/// The subscribers of a public group.
extension PlatformService {
  var subscriberRoutes: [Route] {
    let path = "/groups/{group}/subscribers"
    return route(.put, path + "/add", needing: .groupMemberWrite) { (call) throws(RequestError) in
      try await subscribe(call)
    }
      + route(.put, path + "/remove", needing: .groupMemberRemove) { (call) throws(RequestError) in
        try await unsubscribe(call)
      }
      + route(.post, path, needing: .groupMemberRead) { (call) throws(RequestError) in
        // Both members may be left out, and the body with them.
        let bytes = try await call.request.bytes(upTo: bodyLimit)
        let body = try bytes.isEmpty ? JSONValue.members([]) : JSONParser.object(bytes)
        return try await page(call, cursor: body["cursor"]?.text, count: body["count"]?.text)
      }
      + route(.get, path, needing: .groupMemberRead) { (call) throws(RequestError) in
        try await page(call, cursor: call.query("cursor"), count: call.query("count"))
      }
  }

  private func subscribe(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.group().group.id
    return try await answer(call, "isAdded", or: "The person is a subscriber already.") {
      (people) throws(LedgerError) in
      try await ledger.groups.subscribe(people, to: group, by: call.requester, context: call.recorded).map { $0 != nil }
    }
  }

  private func unsubscribe(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.group().group.id
    return try await answer(call, "isRemoved", or: "The person is no subscriber.") { (people) throws(LedgerError) in
      try await ledger.groups.unsubscribe(people, from: group, by: call.requester, context: call.recorded)
    }
  }

  /// For each person whom the body names what became of it.
  private func answer(
    _ call: PlatformCall, _ name: String, or reason: String,
    _ body: ([Groups.Person]) async throws(LedgerError) -> [Bool]
  ) async throws(RequestError) -> JSONValue {
    guard let items = try await call.body()["subscribers"]?.items, !items.isEmpty else {
      throw .field("subscribers", "an array of phone numbers with country code")
    }
    let texts = items.map { $0.text ?? "" }
    let phones = items.map { $0.phone?.number }
    let people = phones.compactMap { $0 }
    var done: ArraySlice<Bool> = []
    if !people.isEmpty {
      done = try await asking { () async throws(LedgerError) in try await body(people.map { .number($0) }) }[...]
    }
    var result: [(String, JSONValue)] = []
    var told: Set<String> = []
    for (text, phone) in zip(texts, phones) {
      let why: String?
      if phone == nil {
        why = "It is no phone number with country code."
      } else {
        why = done.popFirst() == true ? nil : reason
      }
      guard told.insert(text).inserted else { continue }
      result.append((text, .object([(name, .bool(why == nil))] + (why.map { [("reason", .string($0))] } ?? []))))
    }
    return .object([("result", .object(result))])
  }

  private func page(_ call: PlatformCall, cursor: String?, count: String?) async throws(RequestError) -> JSONValue {
    let group = try call.group().group.id
    let limit = count.map { Int($0) } ?? SubscriberLimits.page
    guard let limit, limit >= 1 else { throw .field("count", "a whole number from 1") }
    let after = try cursor.flatMap { (text) throws(RequestError) -> SubscriptionID? in
      guard !text.isEmpty else { return nil }
      guard let id = SubscriptionID(bare: text) else { throw .field("cursor", "the cursor of an answer") }
      return id
    }
    let (page, numbers, names) = try await asking { () async throws(LedgerError) in
      let page = try ledger.groups.subscribers(
        of: group, after: after, limit: min(limit, SubscriberLimits.page), by: call.requester)
      return (
        page, try await ledger.groups.revealNumbers(of: page.subscribers, under: .withoutRecord(for: ledger)),
        try await ledger.accounts.revealNames(of: page.subscribers.map(\.account), under: .withoutRecord(for: ledger))
      )
    }
    let listed = page.subscribers.indices.map { index in
      let subscriber = page.subscribers[index]
      return JSONValue.object([
        ("id", subscriber.account?.bare ?? subscriber.id.bare), ("mobileNumber", .string(numbers[index] ?? "")),
        ("name", .string(names[index] ?? "")), ("profilePic", .string("")),
        ("isProvisioned", .bool(subscriber.account != nil)),
      ])
    }
    return .object(
      [("subscribers", .array(listed))] + (page.next.map { [("cursor", $0.bare)] } ?? []))
  }
}
