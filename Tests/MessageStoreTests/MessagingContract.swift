import CredentialLedger
import MessageStore
import Testing

/// What every backend does alike. A backend's own tests call each check on a fresh one.
struct MessagingContract {
  let backend: any MessagingBackend
  /// Changes something in the backend, where it reports what is changed in it.
  let change: (@Sendable (ReportedChange) -> Void)?
  let group = GroupID(rawValue: 7)
  let other = GroupID(rawValue: 8)
  let ada = AccountID(rawValue: 1)
  let max = AccountID(rawValue: 2)

  init(_ backend: any MessagingBackend, changing change: (@Sendable (ReportedChange) -> Void)? = nil) {
    self.backend = backend
    self.change = change
  }

  func checkOrderAndPages() async throws {
    var posted: [Message] = []
    for index in 0..<25 {
      posted.append(try await backend.post(NewMessage("text \(index)", to: group, by: ada)))
      _ = try await backend.post(NewMessage("elsewhere", to: other, by: max))
    }
    #expect(Set(posted.map(\.reference)).count == 25)
    var range = MessageRange(limit: 10)
    var read: [Message] = []
    while true {
      let page = try await backend.history(of: group, range)
      read += page
      guard page.count == 10, let last = page.last else { break }
      range.before = last.number
    }
    #expect(read == posted.reversed())
    range = MessageRange(newestFirst: false, limit: 10)
    read = []
    while true {
      let page = try await backend.history(of: group, range)
      read += page
      guard page.count == 10, let last = page.last else { break }
      range.after = last.number
    }
    #expect(read == posted)
    let all = try await backend.messages(after: posted[3].number, limit: 5)
    #expect(
      all.count == 5 && all.map(\.number) == all.map(\.number).sorted()
        && all.allSatisfy { $0.number > posted[3].number })
    #expect(try await backend.history(of: GroupID(rawValue: 9), MessageRange()).isEmpty)
    for limit in [0, 101] {
      await #expect(throws: MessagingError.self) { try await backend.history(of: group, MessageRange(limit: limit)) }
    }
  }

  func checkBounds() async throws {
    for text in ["", " \n\t", String(repeating: "x", count: 4_001)] {
      await #expect(throws: MessagingError.self) { try await backend.post(NewMessage(text, to: group, by: ada)) }
    }
    let longest = String(repeating: "é", count: 4_000)
    #expect(try await backend.post(NewMessage(" \(longest) ", to: group, by: ada)).text == longest)
    // What was refused left nothing behind.
    #expect(try await backend.history(of: group, MessageRange()).map(\.text) == [longest])
  }

  func checkReplies() async throws {
    let first = try await backend.post(
      NewMessage(
        "first", to: group, by: ada, connector: ConnectorID(rawValue: 5), grant: GrantID(rawValue: 6),
        ledgerPosition: 41))
    let reply = try await backend.post(
      NewMessage(
        "reply", to: group, by: max, replyTo: first.reference, audience: .some([SubscriptionID(rawValue: 3)])))
    #expect(try await backend.history(of: group, MessageRange()) == [reply, first])
    #expect(first.connector == ConnectorID(rawValue: 5) && first.grant == GrantID(rawValue: 6))
    #expect(first.ledgerPosition == 41 && reply.ledgerPosition == 0)
    #expect(reply.replyTo == first.reference && reply.audience == .some([SubscriptionID(rawValue: 3)]))
    for (place, reference) in [(other, first.reference), (group, PublicID(bytes: [UInt8](repeating: 9, count: 16)))] {
      let error = await #expect(throws: MessagingError.self) {
        try await backend.post(NewMessage("reply", to: place, by: max, replyTo: reference))
      }
      #expect(error?.code == .notFound)
    }
  }

  func checkRepeats() async throws {
    func request(
      _ key: String, _ content: String, by author: AccountID = AccountID(rawValue: 1), answer: String = "told"
    ) throws -> RepeatableRequest {
      try RepeatableRequest(
        key: key, connector: ConnectorID(rawValue: 5), author: author, content: Array(content.utf8),
        answer: Array(answer.utf8))
    }
    for key in ["", " ", "a b", "é", String(repeating: "x", count: 256)] {
      #expect(throws: MessagingError.self) { _ = try request(key, "x") }
    }
    #expect(try await backend.earlier(request("k", "one")) == nil)
    let first = try await backend.post(NewMessage("one", to: group, by: ada), once: request("k", "one"))
    let again = try await backend.post(
      NewMessage("one", to: group, by: ada), once: request("k", "one", answer: "other"))
    #expect(again == first && first.answer == Array("told".utf8))
    #expect(try await backend.earlier(request("k", "one")) == first)
    for body in ["two", ""] {
      let error = await #expect(throws: MessagingError.self) {
        _ = try await backend.post(NewMessage("two", to: group, by: ada), once: request("k", body))
      }
      #expect(error?.code == .conflict)
    }
    // The key is its owner's own, and what is refused keeps it free.
    #expect(
      try await backend.post(NewMessage("one", to: group, by: max), once: request("k", "one", by: max)) != first)
    await #expect(throws: MessagingError.self) {
      _ = try await backend.post(NewMessage(" ", to: group, by: ada), once: request("free", "x"))
    }
    #expect(try await backend.earlier(request("free", "y")) == nil)
    #expect(try await backend.history(of: group, MessageRange()).map(\.text) == ["one", "one"])
    // Many at once are one.
    let same = try request("many", "x")
    #expect(try await references(ofPosting: NewMessage("many", to: group, by: ada), once: same).count == 1)
    #expect(try await backend.history(of: group, MessageRange()).count == 3)
    try await backend.erase(ada)
    let error = await #expect(throws: MessagingError.self) { _ = try await backend.earlier(same) }
    #expect(error?.code == .erased)
  }

  private func references(
    ofPosting message: NewMessage, once request: RepeatableRequest
  ) async throws -> Set<PublicID> {
    let backend = backend
    return try await withThrowingTaskGroup(of: PublicID.self) { tasks in
      for _ in 0..<50 { tasks.addTask { try await backend.post(message, once: request).reference } }
      var found: Set<PublicID> = []
      for try await reference in tasks { found.insert(reference) }
      return found
    }
  }

  func checkErasure() async throws {
    _ = try await backend.post(NewMessage("hers", to: group, by: ada))
    _ = try await backend.post(NewMessage("his", to: group, by: max))
    try await backend.erase(ada)
    try await backend.erase(ada)
    #expect(try await backend.history(of: group, MessageRange()).map(\.text) == ["his", nil])
    let error = await #expect(throws: MessagingError.self) {
      try await backend.post(NewMessage("again", to: group, by: ada))
    }
    #expect(error?.code == .erased)
    // Somebody who never wrote is erased as well.
    try await backend.erase(AccountID(rawValue: 99))
    await #expect(throws: MessagingError.self) {
      try await backend.post(NewMessage("late", to: group, by: AccountID(rawValue: 99)))
    }
  }

  func checkRetention() async throws {
    guard backend.capabilities.contains(.retention) else { return }
    let end = Timestamp(milliseconds: .max)
    #expect(try await backend.prune(before: end, limit: 3) == 0)
    var posted: [Message] = []
    for index in 0..<4 {
      posted.append(try await backend.post(NewMessage("text \(index)", to: group, by: ada)))
      posted.append(try await backend.post(NewMessage("elsewhere \(index)", to: other, by: max)))
    }
    #expect(try await backend.prune(before: posted[0].postedAt, limit: 3) == 0)
    // The oldest of all groups, some at a time, and those that stay are as they were.
    #expect(try await backend.prune(before: end, limit: 3) == 3)
    #expect(try await backend.messages(after: 0, limit: 100) == Array(posted[3...]))
    for place in [group, other] {
      let left = try await backend.history(of: place, MessageRange(newestFirst: false))
      #expect(left == posted[3...].filter { $0.group == place })
    }
    if backend.capabilities.contains(.replies) {
      let removed = posted[0].reference
      let error = await #expect(throws: MessagingError.self) {
        try await backend.post(NewMessage("reply", to: group, by: max, replyTo: removed))
      }
      #expect(error?.code == .notFound)
    }
    #expect(try await backend.prune(before: end, limit: 3) == 3)
    #expect(try await backend.prune(before: end, limit: 3) < 3)
    // The newest may stay, so that numbers go on.
    #expect(try await backend.messages(after: 0, limit: 100).count <= 1)
    let next = try await backend.post(NewMessage("next", to: group, by: ada))
    #expect(next.number > posted[7].number)
    #expect(try await backend.messages(after: posted[7].number, limit: 100) == [next])
  }

  func checkConcurrentPosts() async throws {
    let group = group
    let numbers = try await withThrowingTaskGroup(of: UInt64.self) { tasks in
      for index in 0..<200 {
        tasks.addTask {
          try await backend.post(NewMessage("\(index)", to: group, by: AccountID(rawValue: UInt64(index % 7 + 1))))
            .number
        }
      }
      var numbers: Set<UInt64> = []
      for try await number in tasks { numbers.insert(number) }
      return numbers
    }
    #expect(numbers.count == 200)
    #expect(try await backend.history(of: group, MessageRange(limit: 100)).count == 100)
  }
}
