import CredentialLedger
import MessageStore
import PlatformService
import Synchronization
import TestSupport
import Testing

/// Where it is kept how far webhooks have been told, and what is told by it.
@Suite struct FeedPositionTests {
  private let folder = TemporaryFolder()

  /// What every store of positions does alike.
  private func check(_ positions: any FeedPositions) async throws {
    #expect(try await positions.cursor("a") == nil)
    try await positions.setCursor("a", to: 5)
    try await positions.setCursor("behind.2", to: .max)
    try await positions.setCursor("behind.1", to: 7)
    try await positions.setCursor("a", to: 6)
    #expect(try await positions.cursor("a") == 6)
    let behind = try await positions.cursors(beginning: "behind.")
    #expect(behind.map(\.name) == ["behind.1", "behind.2"] && behind.map(\.position) == [7, .max])
    for _ in 0..<2 { try await positions.removeCursor("behind.1") }
    #expect(try await positions.cursors(beginning: "behind.").map(\.name) == ["behind.2"])
    #expect(try await positions.cursors(beginning: "c").isEmpty)
  }

  @Test("Positions are kept by name, in either store, and are there after reopening") func positionsKept() async throws
  {
    let store = try MessageStore(at: folder.path + "/messages", origin: "ledger.example.org", master: .keysFolder)
    try await check(store)
    await store.close()
    let path = folder.path + "/positions"
    let alone = try PositionStore(at: path)
    try await check(alone)
    #expect(throws: MessagingError.self) { _ = try PositionStore(at: path) }
    await alone.close()
    let again = try PositionStore(at: path)
    #expect(try await again.cursor("a") == 6)
    #expect(try await again.cursor("behind.2") == .max)
    await again.close()
  }

  /// A group, the person who made it, and a token that registers webhooks for it.
  private func makeTeam(on ledger: Ledger) async throws -> (by: AccountID, group: GroupID, claims: Verdict.Claims) {
    let ada = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999998"), by: ada)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: ada)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.textMessage, .outgoingWebhooks], by: ada)
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    let granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .group(team), by: ada)
    let issued = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    guard case .valid(let claims) = try ledger.tokens.validate(issued.accessToken) else {
      throw MessagingError(.failed, "the token is not valid")
    }
    return (ada, team, claims)
  }

  @Test("Webhooks are told what is posted in another backend, in order, also after a restart") func webhooksTold()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let (ada, team, claims) = try await makeTeam(on: ledger)
    _ = try await ledger.webhooks.register(
      on: .group(team), for: [.textMessageCreated], callbackURL: "https://hooks.example.org/", with: claims)
    let backend = MemoryBackend { (try? ledger.now.milliseconds) ?? 0 }
    for round in 0..<2 {
      // Nothing but the positions is there from the round before.
      let positions = try PositionStore(at: folder.path + "/positions")
      for index in 0..<5 { _ = try await backend.post(NewMessage("text \(round * 5 + index)", to: team, by: ada)) }
      let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
      let running = Task { await feed.run() }
      while try await positions.cursor("webhooks.messages") != UInt64(round * 5 + 5) { await Task.yield() }
      running.cancel()
      await running.value
      await positions.close()
    }
    var told: [String] = []
    while let delivery = try await ledger.deliveries.lease().first {
      let payload = String(decoding: delivery.payload, as: UTF8.self)
      told += payload.matches(of: /"text":"(text \d+)"/).map { String($0.output.1) }
      try await ledger.deliveries.acknowledge(delivery)
    }
    #expect(told == (0..<10).map { "text \($0)" })
    await ledger.close()
  }

  @Test("Of groups whose messages come together, those that a webhook listens to are told of all that can be read")
  func groupsTogether() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let (ada, team, claims) = try await makeTeam(on: ledger)
    let silent = try await ledger.groups.create(name: "Silent team", by: ada).id
    let gone = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "gone").account
    _ = try await ledger.webhooks.register(
      on: .group(team), for: [.textMessageCreated], callbackURL: "https://hooks.example.org/", with: claims)
    let backend = MemoryBackend { (try? ledger.now.milliseconds) ?? 0 }
    // Nothing of it can be read, which says nothing of the group.
    _ = try await backend.post(NewMessage("text -1", to: team, by: gone))
    try await backend.erase(gone)
    for index in 0..<6 {
      _ = try await backend.post(NewMessage("text \(index)", to: index.isMultiple(of: 2) ? team : silent, by: ada))
    }
    let positions = try PositionStore(at: folder.path + "/positions")
    let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }
    while try await positions.cursor("webhooks.messages") != 7 { await Task.yield() }
    running.cancel()
    await running.value
    var told: [String] = []
    while let delivery = try await ledger.deliveries.lease().first {
      let payload = String(decoding: delivery.payload, as: UTF8.self)
      told += payload.matches(of: /"text":"(text -?\d+)"/).map { String($0.output.1) }
      try await ledger.deliveries.acknowledge(delivery)
    }
    #expect(told == ["text 0", "text 2", "text 4"])
    await positions.close()
    await ledger.close()
  }

  /// As after a crash, or where it lags: nothing of what happened was looked at before the webhook was registered.
  @Test
  func
    `A webhook is told of nothing from before it was registered, and of all since, whatever the backend's clock says`()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let (ada, team, claims) = try await makeTeam(on: ledger)
    let max = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "max").account
    let positions = try PositionStore(at: folder.path + "/positions")
    try await positions.setCursor("webhooks.events", to: try ledger.health.head.rawValue)
    // Its clock is decades behind.
    let backend = MemoryBackend()
    for index in 0..<3 { _ = try await backend.post(NewMessage("before \(index)", to: team, by: ada)) }
    let joined = try await ledger.groups.add(max, to: team, by: ada)
    _ = try await ledger.webhooks.register(
      on: .group(team), for: [.textMessageCreated, .memberAdded, .memberRemoved],
      callbackURL: "https://hooks.example.org/", with: claims)
    let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }
    while try await positions.cursor("webhooks.messages") != 3 { await Task.yield() }
    _ = try await backend.post(NewMessage("after", to: team, by: ada))
    try await ledger.groups.remove(joined, from: team, by: ada)
    let head = try ledger.health.head.rawValue
    while try await positions.cursor("webhooks.messages") != 4 { await Task.yield() }
    while try await positions.cursor("webhooks.events") ?? 0 < head { await Task.yield() }
    running.cancel()
    await running.value
    var told: [String] = []
    while let delivery = try await ledger.deliveries.lease().first {
      told.append(delivery.eventType)
      try await ledger.deliveries.acknowledge(delivery)
    }
    #expect(told.sorted() == ["MemberRemoved", "TextMessageCreated"])
    await positions.close()
    await ledger.close()
  }

  @Test("A receiver that was down for an hour is told all that happened meanwhile, in order") func receiverDown()
    async throws
  {
    let clock = SetClock()
    clock.now.withLock { $0 = 1_700_000_000_000 }
    let tell: @Sendable () -> Int64 = { clock.now.withLock { $0 } }
    var configuration = LedgerConfiguration(clock: tell)
    // Less than happens within the hour.
    configuration.deliveries = DeliveryLimits(perWebhook: 8)
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration)
    let (ada, team, claims) = try await makeTeam(on: ledger)
    let max = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "max").account
    let webhook = try await ledger.webhooks.register(
      on: .group(team), for: [.textMessageCreated, .memberAdded, .memberRemoved],
      callbackURL: "https://hooks.example.org/", with: claims)
    let positions = try PositionStore(at: folder.path + "/positions")
    try await positions.setCursor("webhooks.events", to: try ledger.health.head.rawValue)
    let backend = MemoryBackend(clock: tell)
    let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }

    let minutes = 0..<60
    var joined: MembershipID?
    var tried: [String] = []
    for minute in minutes {
      _ = try await backend.post(
        NewMessage("text \(minute)", to: team, by: ada, ledgerPosition: try ledger.health.head))
      if let membership = joined {
        try await ledger.groups.remove(membership, from: team, by: ada)
        joined = nil
      } else {
        joined = try await ledger.groups.add(max, to: team, by: ada)
      }
      if minute == 0 { while try ledger.deliveries.waiting().count == 0 { await Task.yield() } }
      for delivery in try await ledger.deliveries.lease() {
        tried.append(delivery.eventID)
        _ = try await ledger.deliveries.reject(delivery)
      }
      clock.now.withLock { $0 += 60_000 }
    }
    // At once, and after two, eight and thirty-two minutes more. Nothing goes before what was not taken.
    #expect(tried.count == 4 && Set(tried).count == 1, "\(tried)")
    #expect(try ledger.webhooks.state(of: webhook.id)?.isInForce == true)

    var first: String?
    var told: [String] = []
    let end = ContinuousClock.now + Patience.limit
    while told.count < minutes.count * 2, ContinuousClock.now < end {
      #expect(try ledger.deliveries.waiting().count <= 8)
      let taken = try await ledger.deliveries.lease()
      for delivery in taken {
        first = first ?? delivery.eventID
        let payload = String(decoding: delivery.payload, as: UTF8.self)
        told.append(payload.firstMatch(of: /"text":"(text \d+)"/).map { String($0.output.1) } ?? delivery.eventType)
        try await ledger.deliveries.acknowledge(delivery)
      }
      if taken.isEmpty, let due = try ledger.deliveries.next() {
        clock.now.withLock { $0 = Swift.max($0, due.milliseconds) }
      }
      await Task.yield()
    }
    running.cancel()
    await running.value
    #expect(first == tried.first)
    let made = minutes.flatMap { ["text \($0)", $0.isMultiple(of: 2) ? "MemberAdded" : "MemberRemoved"] }
    #expect(told == made, "\(told)")
    #expect(try await positions.cursors(beginning: "webhooks.behind").isEmpty)
    await positions.close()
    await ledger.close()
  }

  @Test("A group that is deleted is taken away from the groups above it") func groupDeleted() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let (ada, team, claims) = try await makeTeam(on: ledger)
    _ = try await ledger.webhooks.register(
      on: .group(team), for: [.groupAdded, .groupRemoved, .memberAdded], callbackURL: "https://hooks.example.org/",
      with: claims)
    let positions = try PositionStore(at: folder.path + "/positions")
    try await positions.setCursor("webhooks.events", to: try ledger.health.head.rawValue)
    let below = try await ledger.groups.create(name: "East", below: team, by: ada)
    // Of one that is below nothing, nobody hears.
    let alone = try await ledger.groups.create(name: "West", by: ada).id
    for group in [alone, below.id] { try await ledger.groups.delete(group, by: ada) }
    let max = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "max").account
    _ = try await ledger.groups.add(max, to: team, by: ada)
    let head = try ledger.health.head.rawValue
    let feed = WebhookFeed(ledger, MemoryBackend(), positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }
    while try await positions.cursor("webhooks.events") ?? 0 < head { await Task.yield() }
    running.cancel()
    await running.value
    var told: [String] = []
    while let delivery = try await ledger.deliveries.lease().first {
      told.append(delivery.eventType)
      let payload = String(decoding: delivery.payload, as: UTF8.self)
      let isOfEast = payload.contains(#""data":{"groupId":"\#(below.publicID)","groupName":"East"}"#)
      #expect(isOfEast == (delivery.eventType != "MemberAdded"), "\(payload)")
      try await ledger.deliveries.acknowledge(delivery)
    }
    #expect(told == ["GroupAdded", "GroupRemoved", "MemberAdded"])
    await positions.close()
    await ledger.close()
  }

  @Test("Of a ledger that was restored to an earlier position, webhooks are told what happens from then on")
  func ledgerRestored()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let (ada, team, claims) = try await makeTeam(on: ledger)
    let max = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "max").account
    _ = try await ledger.webhooks.register(
      on: .group(team), for: [.textMessageCreated, .memberAdded], callbackURL: "https://hooks.example.org/",
      with: claims)
    // Webhooks were told of events, and a message was posted, that the backup of the ledger does not have.
    let positions = try PositionStore(at: folder.path + "/positions")
    try await positions.setCursor("webhooks.events", to: 1_000_000)
    let backend = MemoryBackend { (try? ledger.now.milliseconds) ?? 0 }
    _ = try await backend.post(NewMessage("kept", to: team, by: ada, ledgerPosition: 1_000_000))
    let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }
    while try await positions.cursor("webhooks.messages") != 1 { await Task.yield() }
    _ = try await ledger.groups.add(max, to: team, by: ada)
    _ = try await backend.post(NewMessage("new", to: team, by: max, ledgerPosition: try ledger.health.head))
    while try await positions.cursor("webhooks.messages") != 2 { await Task.yield() }
    running.cancel()
    await running.value
    var told: [String] = []
    while let delivery = try await ledger.deliveries.lease().first {
      told.append(delivery.eventType)
      try await ledger.deliveries.acknowledge(delivery)
    }
    #expect(told == ["TextMessageCreated", "MemberAdded", "TextMessageCreated"])
    await positions.close()
    await ledger.close()
  }

  @Test("What somebody wrote in another backend can be read by nobody once the person is erased") func somebodyWrote()
    async throws
  {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let ada = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada").account
    let max = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "max").account
    let team = try await ledger.groups.create(name: "Field team", by: ada).id
    let backend = MemoryBackend()
    let positions = try PositionStore(at: folder.path + "/positions")
    try await positions.setCursor("webhooks.events", to: try ledger.health.head.rawValue)
    for author in [ada, max] { _ = try await backend.post(NewMessage("by \(author.rawValue)", to: team, by: author)) }
    try await ledger.people.erase(max, by: Requester.operator)
    let head = try ledger.health.head.rawValue
    let feed = WebhookFeed(ledger, backend, positions: positions) { Issue.record("\($0)") }
    let running = Task { await feed.run() }
    while try await positions.cursor("webhooks.events") ?? 0 < head { await Task.yield() }
    running.cancel()
    await running.value
    #expect(try await backend.history(of: team, MessageRange()).map(\.text) == [nil, "by \(ada.rawValue)"])
    await positions.close()
    await ledger.close()
  }
}
