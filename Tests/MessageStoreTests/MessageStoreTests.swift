import CredentialLedger
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MessageStore

/// The built-in backend.
@Suite struct MessageStoreTests {
  private let folder = TemporaryFolder()
  private var path: String { folder.path + "/messages" }

  private func open(
    mapSize: Int = 1 << 30, clock: @escaping @Sendable () -> Int64 = { LedgerConfiguration.systemClock() }
  ) throws -> MessageStore {
    try MessageStore(at: path, origin: "ledger.example.org", master: .keysFolder, mapSize: mapSize, clock: clock)
  }

  @Test("Messages are in order, in pages") func messagesOrder() async throws {
    try await MessagingContract(open()).checkOrderAndPages()
  }
  @Test("Texts have bounds") func textsBounds() async throws { try await MessagingContract(open()).checkBounds() }
  @Test("Replies name a message of the group") func repliesName() async throws {
    try await MessagingContract(open()).checkReplies()
  }
  @Test("What an erased person wrote can be read by nobody") func erasedPerson() async throws {
    try await MessagingContract(open()).checkErasure()
  }
  @Test("A request that comes again posts nothing, and gets the same answer") func requestComes() async throws {
    try await MessagingContract(open()).checkRepeats()
  }
  @Test("A request is known for a day, also after reopening, and then forgotten") func requestKnown() async throws {
    let clock = SetClock()
    var store = try open { clock.now.withLock { $0 } }
    let (group, ada) = (GroupID(rawValue: 7), AccountID(rawValue: 1))
    func request(_ key: String) throws -> RepeatableRequest {
      try RepeatableRequest(key: key, connector: nil, author: ada, content: [1], answer: Array("a secret".utf8))
    }
    let first = try await store.post(NewMessage("x", to: group, by: ada), once: request("k"))
    await store.close()
    #expect(!bytes(of: path + "/messages/data.mdb").contains(Array("a secret".utf8)))
    store = try open { clock.now.withLock { $0 } }
    clock.now.withLock { $0 = RepeatableRequest.retention - 1 }
    #expect(try await store.post(NewMessage("x", to: group, by: ada), once: request("k")) == first)
    clock.now.withLock { $0 = RepeatableRequest.retention }
    #expect(try await store.earlier(request("k")) == nil)
    #expect(try await store.post(NewMessage("x", to: group, by: ada), once: request("k")) != first)
    await store.close()
  }
  @Test("Old messages are removed, some at a time") func oldMessages() async throws {
    try await MessagingContract(open()).checkRetention()
  }
  @Test("Many may post at once") func mayPost() async throws {
    try await MessagingContract(open()).checkConcurrentPosts()
  }
  @Test("What is posted while the store closes is either refused or kept") func postedWhile() async throws {
    let store = try open()
    let (group, ada) = (GroupID(rawValue: 7), AccountID(rawValue: 1))
    let first = try await store.post(NewMessage("first", to: group, by: ada)).reference
    let acknowledged = await withTaskGroup(of: PublicID?.self) { tasks in
      for number in 0..<50 {
        tasks.addTask {
          do throws(MessagingError) {
            return try await store.post(NewMessage("\(number)", to: group, by: ada)).reference
          } catch {
            #expect(error.code == .unavailable, "\(error)")
            return nil
          }
        }
      }
      await store.close()
      return await tasks.reduce(into: Set<PublicID>()) { all, reference in
        if let reference { all.insert(reference) }
      }
    }
    await #expect(throws: MessagingError.self) { try await store.post(NewMessage("late", to: group, by: ada)) }
    let again = try open()
    let kept = try await again.messages(after: 0, limit: 100).map(\.reference)
    #expect(kept.count == acknowledged.count + 1 && Set(kept) == acknowledged.union([first]))
    await again.close()
  }
  @Test("The messages of a deleted group are removed, and no others") func messagesDeleted() async throws {
    try await MessagingContract(open()).checkGroupChanges()
  }
  @Test("It reports no changes of groups") func reportsChanges() async throws {
    try await MessagingContract(open()).checkReports()
  }
  @Test("How far it has applied changes is kept, and nothing of a deleted group is left in its newest row")
  func farApplied()
    async throws
  {
    let store = try open()
    let (group, ada) = (GroupID(rawValue: 7), AccountID(rawValue: 1))
    let posted = try await store.post(NewMessage("of a deleted group", to: group, by: ada))
    try await store.apply(
      [GroupChange(position: 5, recordedAt: posted.postedAt, group: group, .deleted)], upTo: 6)
    await store.close()
    let again = try open()
    #expect(try await again.appliedPosition() == 6)
    #expect(try await again.messages(after: 0, limit: 10).map(\.text) == [""])
    // Retention removes that row as any other, once it is not the newest.
    _ = try await again.post(NewMessage("next", to: GroupID(rawValue: 8), by: ada))
    #expect(try await again.prune(before: Timestamp(milliseconds: .max), limit: 10) == 1)
    await again.close()
  }

  @Test("What was posted is there after reopening, private, and its text is in no file") func postedAfter() async throws
  {
    let secret = "a text that nobody else writes"
    let store = try open()
    let posted = try await store.post(NewMessage(secret, to: GroupID(rawValue: 7), by: AccountID(rawValue: 1)))
    try await store.setCursor("x", to: 5)
    #expect(throws: MessagingError.self) { _ = try open() }
    await store.close()
    let again = try open()
    #expect(try await again.history(of: GroupID(rawValue: 7), MessageRange()) == [posted])
    #expect(try await again.cursor("x") == 5)
    #expect(try await again.cursor("y") == nil)
    #expect(!"\(posted)".contains(secret) && !String(reflecting: posted).contains(secret))
    for name in ["", "/messages", "/keys"] {
      var status = stat()
      #expect(unsafe stat(path + name, &status) == 0 && status.st_mode & 0o777 == 0o700, "\(name)")
    }
    #expect(!bytes(of: path + "/messages/data.mdb").contains(Array(secret.utf8)))
    await again.close()
  }

  @Test("Messages are found by time, also where the clock goes back") func messagesFound() async throws {
    let clock = SetClock()
    let store = try open { clock.now.withLock { $0 } }
    let group = GroupID(rawValue: 7)
    for time in [1_000, 2_000, 1_500, 3_000, 3_000, 4_000] as [Int64] {
      clock.now.withLock { $0 = time }
      _ = try await store.post(NewMessage("at \(time)", to: group, by: AccountID(rawValue: 1)))
    }
    func texts(_ since: Int64?, _ until: Int64?) async throws -> [String?] {
      try await store.history(
        of: group,
        MessageRange(
          since: since.map { Timestamp(milliseconds: $0) }, until: until.map { Timestamp(milliseconds: $0) },
          newestFirst: false)
      ).map(\.text)
    }
    #expect(try await texts(2_000, 4_000) == ["at 2000", "at 1500", "at 3000", "at 3000"])
    #expect(try await texts(nil, 1_001) == ["at 1000"])
    #expect(try await texts(4_001, nil) == [])
    #expect(try await texts(3_001, nil) == ["at 4000"])
    #expect(try await store.prune(before: Timestamp(milliseconds: 3_000), limit: 2) == 2)
    #expect(try await store.prune(before: Timestamp(milliseconds: 3_000), limit: 2) == 1)
    #expect(try await texts(nil, nil) == ["at 3000", "at 3000", "at 4000"])
    // The newest stays, and numbers go on.
    #expect(try await store.prune(before: Timestamp(milliseconds: 9_000), limit: 100) == 2)
    let next = try await store.post(NewMessage("next", to: group, by: AccountID(rawValue: 1)))
    #expect(next.number == 7 && next.postedAt == Timestamp(milliseconds: 4_000))
    await store.close()
  }

  @Test("The map grows, and nothing of what did not fit is lost") func mapGrows() async throws {
    let store = try open(mapSize: 1 << 20)
    let text = String(repeating: "0123456789", count: 400)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for index in 0..<1_000 {
        tasks.addTask {
          _ = try await store.post(
            NewMessage(text, to: GroupID(rawValue: 7), by: AccountID(rawValue: UInt64(index % 3 + 1))))
        }
      }
      try await tasks.waitForAll()
    }
    #expect(try await store.messages(after: 0, limit: 2_000).count == 1_000)
    await store.close()
  }

  @Test("A copy is whole while messages are posted") func copyWhole() async throws {
    let store = try open()
    for index in 0..<20 {
      _ = try await store.post(NewMessage("\(index)", to: GroupID(rawValue: 7), by: AccountID(rawValue: 1)))
    }
    let copy = folder.path + "/copy"
    unsafe mkdir(copy, 0o700)
    try await store.copy(messages: copy + "/messages", keys: copy + "/keys")
    await store.close()
    let opened = try MessageStore(at: copy, origin: "ledger.example.org", master: .keysFolder)
    #expect(try await opened.history(of: GroupID(rawValue: 7), MessageRange()).count == 20)
    await opened.close()
  }

  @Test("A damaged row is told, and no text is made up") func damagedRow() async throws {
    let store = try open()
    let text = String(repeating: "x", count: 100)
    for _ in 0..<10 { _ = try await store.post(NewMessage(text, to: GroupID(rawValue: 7), by: AccountID(rawValue: 1))) }
    await store.close()
    let file = path + "/messages/data.mdb"
    var content = bytes(of: file)
    // In the newest row of the table of messages: its group is the number 7, its author 1.
    let pattern: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1]
    var damaged = 0
    for index in content.indices.dropLast(200) where content[index..<(index + 16)].elementsEqual(pattern) {
      content[index + 150] ^= 1
      damaged += 1
    }
    #expect(damaged > 0)
    let output = unsafe fopen(file, "r+")
    unsafe fwrite(content, 1, content.count, output)
    unsafe fclose(output)
    let again = try open()
    let error = await #expect(throws: MessagingError.self) {
      _ = try await again.history(of: GroupID(rawValue: 7), MessageRange())
    }
    #expect(error?.code == .failed)
    await again.close()
  }

  private func bytes(of path: String) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { return [] }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = unsafe fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
    return bytes
  }
}

/// A clock that a test sets.
final class SetClock: Sendable {
  let now = Mutex<Int64>(0)
}
