import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// How long sessions last, and how many there are.
@Suite struct SessionStoreTests {
  private let folder = TemporaryFolder()
  private let start = Timestamp(milliseconds: 1_700_000_000_000)
  private var path: String { "\(folder.path)/sessions" }
  private var files: Int { TemporaryFolder.names(in: path)?.count ?? -1 }

  private func store() throws -> SessionStore {
    try SessionStore(folder: path, bounds: .init(idle: .seconds(3_600), absolute: .seconds(12 * 3_600)))
  }

  private func begin(_ store: SessionStore, _ account: UInt64 = 2, at now: Timestamp) async throws -> String {
    try await store.begin(
      for: AccountID(rawValue: account), issuer: "https://id.example.org", signIn: 5, authenticatedAt: now, at: now)
  }

  @Test("Whoever begins more sign-ins than there is room for pushes out none of others") func beginsMore() {
    let attempts = SignInAttempts()
    let browser = SHA256.hash(Array("browser".utf8))
    func begin(_ client: String, _ milliseconds: Int64) -> String {
      attempts.begin(
        SignInAttempts.Attempt(
          provider: "main", browser: browser, nonce: "", verifier: "", target: "/portal/", isFresh: false,
          begunAt: start + .milliseconds(milliseconds), client: client))
    }
    let person = begin("192.0.2.1", 0)
    var strangers: [String] = []
    for number in 0..<SignInAttempts.limit { strangers.append(begin("198.51.100.7", Int64(number))) }
    let now = start + .seconds(60)
    func isKept(_ state: String) -> Bool {
      attempts.finish(state, provider: "main", browser: browser, at: now) != nil
    }
    #expect(isKept(person))
    #expect(!isKept(strangers[0]) && strangers.last.map { isKept($0) } == true)
  }

  @Test("Logout tokens are remembered until they are too old, and no more than there is room for") func logoutTokens() {
    let logouts = ObeyedLogouts()
    let end = start + .seconds(300)
    func take(_ id: String, until end: Timestamp, at now: Timestamp) -> Bool { logouts.take(id, until: end, at: now) }
    #expect(take("first", until: end, at: start) && !take("first", until: end, at: end))
    logouts.giveBack("first")
    #expect(take("first", until: end, at: start))
    for number in 0..<ObeyedLogouts.limit { _ = take("\(number)", until: end + .seconds(1), at: start) }
    // The one that ends first made room.
    #expect(logouts.count == ObeyedLogouts.limit && !take("9999", until: end + .seconds(1), at: start))
    #expect(take("first", until: end, at: start) && logouts.count == ObeyedLogouts.limit)
    let later = end + .seconds(2)
    #expect(take("last", until: later + .seconds(300), at: later) && logouts.count == 1)
  }

  @Test("A session ends an hour after its last use, and twelve hours after it began, whatever its use")
  func sessionEnds()
    async throws
  {
    let store = try store()
    let idle = try await begin(store, at: start)
    let last = start + .milliseconds(3_600_000 - 1)
    #expect(try await store.session(of: idle, at: last)?.account == AccountID(rawValue: 2))
    #expect(try await store.session(of: idle, at: last + .milliseconds(3_600_000 - 1)) != nil)
    let late = last + .milliseconds(3_600_000 - 1) + .seconds(3_600)
    #expect(try await store.session(of: idle, at: late) == nil)
    // It does not come back, neither by an earlier time nor by a restart.
    #expect(try await store.session(of: idle, at: start) == nil)
    #expect(files == 0)
    let used = try await begin(store, at: start)
    for hour in 1..<24 {
      let now = start + .seconds(Int64(hour) * 1_800)
      #expect(try await store.session(of: used, at: now) != nil, "\(hour)")
    }
    #expect(try await store.session(of: used, at: start + .seconds(12 * 3_600)) == nil)
    #expect(try await self.store().session(of: used, at: start) == nil)
    #expect(try await store.session(of: String(repeating: "a", count: 64), at: start) == nil)
  }

  @Test("Sessions that nobody comes back to leave nothing behind") func sessionsNobody() async throws {
    let store = try store()
    for _ in 0..<20 { _ = try await begin(store, at: start) }
    #expect(files == 20 && store.count(at: start) == 20)
    let later = start + .seconds(3_600)
    let kept = try await begin(store, 3, at: later)
    #expect(files == 1 && store.sessions(issuer: "https://id.example.org").count == 1)
    #expect(try await store.session(of: kept, at: later) != nil)
  }

  @Test("Somebody has so many at most, and others lose none by it") func somebodyMost() async throws {
    let store = try store()
    let other = try await begin(store, 3, at: start)
    var tokens: [String] = []
    for index in 0..<SessionStore.limit {
      tokens.append(try await begin(store, at: start + .seconds(Int64(index))))
    }
    let now = start + .seconds(600)
    // The first was used last.
    #expect(try await store.session(of: tokens[0], at: now) != nil)
    let newest = try await begin(store, at: now)
    #expect(try await store.session(of: tokens[1], at: now) == nil)
    for token in [tokens[0], tokens[2], newest, other] {
      #expect(try await store.session(of: token, at: now) != nil)
    }
    #expect(
      store.sessions(of: AccountID(rawValue: 2), at: now).count == SessionStore.limit && files == SessionStore.limit + 1
    )
  }
}
