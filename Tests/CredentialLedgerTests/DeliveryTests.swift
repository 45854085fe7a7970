import EventLog
import Glibc
import LMDB
import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct DeliveryTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  /// Seconds from each try to the next.
  private static let delays: [Int64] = [120, 480, 1_920, 7_680, 30_720, 122_880]

  private func steps(_ change: (inout LedgerConfiguration) -> Void = { _ in }) async throws -> WebhookSteps {
    var configuration = clock.configuration
    change(&configuration)
    return try await WebhookSteps(
      on: Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration))
  }

  @Test(
    "Those of one webhook come in order, each once the one before is delivered; webhooks do not wait for each other")
  func order() async throws {
    let steps = try await steps()
    let deliveries = steps.ledger.deliveries
    #expect(try deliveries.next() == nil)
    #expect(try await deliveries.lease().isEmpty)
    let one = try await steps.register()
    let two = try await steps.register(by: steps.given.userToken, for: [.memberAdded])
    for number in 1...3 { #expect(try await steps.tell("\(number)").count == 1) }
    #expect(try await steps.tell("4", type: .memberAdded).count == 2)
    #expect(try await steps.tell("5", type: .jobCreated) == .init(count: 0, full: []))
    #expect(try deliveries.waiting().count == 5)
    #expect(try deliveries.waiting(for: one.id).count == 4)

    let first = try await deliveries.lease()
    #expect(Set(first.map(\.eventID)) == ["1", "4"])
    #expect(first.allSatisfy { $0.attempt == 1 && $0.enqueuedAt == clock.now })
    #expect(try await deliveries.lease().isEmpty)
    for delivery in first { #expect(try await deliveries.acknowledge(delivery)) }
    for delivery in first { #expect(try await !deliveries.acknowledge(delivery)) }
    for expected in ["2", "3", "4"] {
      let delivery = try await steps.leaseOne()
      #expect(delivery.eventID == expected)
      #expect(delivery.webhook.id == one.id)
      #expect(try await deliveries.acknowledge(delivery))
    }
    #expect(try await deliveries.lease().isEmpty)
    #expect(try deliveries.waiting() == (0, 0))
    #expect(try deliveries.waiting(for: two.id) == (0, 0))
    #expect(try deliveries.next() == nil)
    await steps.ledger.close()
  }

  @Test("What fails is tried seven times within two days, over restarts; then the webhook is disabled by the ledger")
  func retries() async throws {
    let steps = try await steps()
    var ledger = steps.ledger
    let webhook = try await steps.register()
    try await steps.tell("1")
    try await steps.tell("2")
    for (index, delay) in Self.delays.enumerated() {
      let delivery = try await one(ledger)
      #expect(delivery.eventID == "1")
      #expect(delivery.attempt == index + 1)
      #expect(try await ledger.deliveries.reject(delivery) == .again(at: clock.now + .seconds(delay)))
      #expect(try await ledger.deliveries.reject(delivery) == .again(at: clock.now + .seconds(delay)))
      await ledger.close()
      ledger = try await Ledger.open(at: ledger.path, clock.configuration)
      clock.advance(seconds: delay - 1)
      #expect(try await ledger.deliveries.lease().isEmpty)
      clock.advance(seconds: 1)
      #expect(try ledger.deliveries.next() == clock.now)
    }
    #expect(Self.delays.reduce(0, +) < 2 * 86_400)
    let last = try await one(ledger)
    #expect(last.attempt == 7)
    #expect(try await ledger.deliveries.reject(last) == .disabled)
    #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .disabled)
    #expect(try ledger.deliveries.waiting() == (0, 0))
    let event = try #require(try await ledger.audit.latest(1).first)
    #expect(event.type == .webhookDisabled)
    #expect(event.actor == Subject(webhook.id))

    // Its connector asks for it again, and what comes then is tried from the first.
    let claims = try await claims(anew: steps, ledger)
    try await ledger.webhooks.update(webhook.id, isActive: true, with: claims)
    try await ledger.deliveries.enqueue(
      WebhookEvent(object: webhook.object, type: .memberAdded, eventID: "3", payload: []))
    let next = try await one(ledger)
    #expect(next.attempt == 1)
    #expect(next.eventID == "3")
    #expect(next.number > last.number)
    await ledger.close()
  }

  private func one(_ ledger: Ledger) async throws -> Delivery {
    let taken = try await ledger.deliveries.lease()
    return try #require(taken.count == 1 ? taken.first : nil)
  }

  private func claims(anew steps: WebhookSteps, _ ledger: Ledger) async throws -> Verdict.Claims {
    let token = try await HandedOut.issue(steps.given.steps, steps.given.group.refreshToken, ledger)
    guard case .valid(let claims) = try ledger.tokens.validate(token) else { throw TestFailure("not valid") }
    return claims
  }

  @Test("A success ends the tries: the next delivery begins anew")
  func success() async throws {
    let steps = try await steps()
    let deliveries = steps.ledger.deliveries
    try await steps.register()
    try await steps.tell("1")
    try await steps.tell("2")
    for delay in Self.delays.prefix(3) {
      _ = try await deliveries.reject(steps.leaseOne())
      clock.advance(seconds: delay)
    }
    let fourth = try await steps.leaseOne()
    #expect(fourth.attempt == 4)
    #expect(try await deliveries.acknowledge(fourth))
    let next = try await steps.leaseOne()
    #expect(next.eventID == "2")
    #expect(next.attempt == 1)
    await steps.ledger.close()
  }

  @Test("The newest tries of a webhook are kept with what was answered, over restarts, and go when it is deleted")
  func tries() async throws {
    let steps = try await steps()
    var ledger = steps.ledger
    let webhook = try await steps.register()
    #expect(try ledger.deliveries.tries(of: webhook.id).isEmpty)
    try await steps.tell("1")
    let first = try await steps.leaseOne()
    // Reported twice, it is one try.
    for _ in 1...2 { _ = try await ledger.deliveries.reject(first, answer: 503) }
    clock.advance(seconds: 120)
    _ = try await ledger.deliveries.reject(steps.leaseOne())
    clock.advance(seconds: 480)
    let failedAt = clock.now
    try await ledger.deliveries.acknowledge(steps.leaseOne(), answer: 204)
    await ledger.close()
    ledger = try await Ledger.open(at: ledger.path, clock.configuration)
    let tries = try ledger.deliveries.tries(of: webhook.id)
    #expect(tries.map(\.answer) == [204, nil, 503])
    #expect(tries.map(\.isDelivered) == [true, false, false])
    #expect(tries.map(\.attempt) == [3, 2, 1])
    #expect(tries.first?.time == failedAt)
    #expect(tries.allSatisfy { $0.eventType == "TextMessageCreated" && $0.eventID == "1" })
    for number in 2...25 {
      try await ledger.deliveries.enqueue(
        WebhookEvent(object: webhook.object, type: .memberAdded, eventID: "\(number)", payload: []))
      try await ledger.deliveries.acknowledge(one(ledger), answer: 200)
    }
    #expect(try ledger.deliveries.tries(of: webhook.id).map(\.eventID) == (6...25).reversed().map { "\($0)" })
    try await ledger.webhooks.disable(webhook.id, reason: "quiet", by: Requester.operator)
    #expect(try ledger.deliveries.tries(of: webhook.id).count == 20)
    #expect(try await ledger.webhooks.enable(webhook.id, by: Requester.operator))
    #expect(try await !ledger.webhooks.enable(webhook.id, by: Requester.operator))
    #expect(try ledger.webhooks.state(of: webhook.id)?.isInForce == true)
    try await ledger.webhooks.delete(webhook.id, by: Requester.operator)
    #expect(try ledger.deliveries.tries(of: webhook.id).isEmpty)
    await ledger.close()
  }

  @Test("A try that nobody reports on is another's once the next is due, and counts")
  func lease() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    let webhook = try await steps.register()
    try await steps.tell("1")
    let lost = try await steps.leaseOne()
    clock.advance(seconds: 119)
    #expect(try await ledger.deliveries.lease().isEmpty)
    clock.advance(seconds: 1)
    let again = try await steps.leaseOne()
    #expect(again.number == lost.number)
    #expect(again.attempt == 2)
    // Who comes late may not count the other's try as failed, but may have delivered.
    #expect(try await ledger.deliveries.reject(lost) == .settled)
    #expect(try await ledger.deliveries.acknowledge(lost))
    #expect(try await ledger.deliveries.reject(again) == .settled)
    #expect(try await !ledger.deliveries.acknowledge(again))

    // Nobody ever reports: whoever takes then finds the tries used up.
    try await steps.tell("2")
    for attempt in 1...7 {
      #expect(try await steps.leaseOne().attempt == attempt)
      clock.advance(seconds: attempt < 7 ? Self.delays[attempt - 1] : 120)
    }
    #expect(try await ledger.deliveries.lease().isEmpty)
    #expect(try ledger.webhooks.state(of: webhook.id)?.denialReason == .disabled)
    #expect(try ledger.deliveries.waiting() == (0, 0))
    await ledger.close()
  }

  @Test("A process that ends between the last failure and the event leaves both to the next")
  func interruptedDisabling() async throws {
    let steps = try await steps()
    let webhook = try await steps.register()
    try await steps.tell("1")
    for delay in Self.delays {
      _ = try await steps.ledger.deliveries.reject(steps.leaseOne())
      clock.advance(seconds: delay)
    }
    let last = try await steps.leaseOne()
    let now = clock.now.milliseconds
    let report = try await steps.ledger.maintain { (view, _) throws(LogError) in
      try view.rejectDelivery(last.number, to: webhook.id, attempt: 7, at: now)
    }
    #expect(report == .exhausted)
    await steps.ledger.close()
    let again = try await Ledger.open(at: steps.ledger.path, clock.configuration)
    #expect(try await again.deliveries.lease().isEmpty)
    #expect(try again.webhooks.state(of: webhook.id)?.denialReason == .disabled)
    #expect(try again.deliveries.waiting() == (0, 0))
    await again.close()
  }

  @Test("What waits is bounded, for one webhook, altogether and in bytes")
  func bounds() async throws {
    let steps = try await steps { $0.deliveries = DeliveryLimits(perWebhook: 2, total: 5, totalByteCount: 1_000) }
    let deliveries = steps.ledger.deliveries
    let webhooks = [
      try await steps.register(), try await steps.register(for: [.textMessageCreated]),
      try await steps.register(for: [.textMessageCreated]),
    ].map(\.id)
    #expect(try await steps.tell("1") == .init(count: 3, full: []))
    #expect(try await steps.tell("2") == .init(count: 2, full: [webhooks[2]]))
    #expect(try await steps.tell("3") == .init(count: 0, full: webhooks))
    #expect(try deliveries.waiting().count == 5)
    for delivery in try await deliveries.lease() { #expect(try await deliveries.acknowledge(delivery)) }
    #expect(try deliveries.waiting().count == 2)
    let large = String(repeating: "x", count: 500)
    #expect(try await steps.tell("4", payload: large) == .init(count: 1, full: Array(webhooks[1...])))
    let tooLarge = [UInt8](repeating: 0, count: DeliveryLimits.payloadByteCount + 1)
    await #expect(throws: LedgerError(.invalidValue, "", field: "payload")) {
      try await deliveries.enqueue(
        WebhookEvent(object: .group(steps.group.id), type: .jobCreated, eventID: "", payload: tooLarge))
    }
    for limit in [0, 257] {
      await #expect(throws: LedgerError(.invalidValue, "", field: "limit")) { try await deliveries.lease(limit: limit) }
    }
    await steps.ledger.close()
  }

  @Test("One webhook that takes nothing fills its own lane, and no other's")
  func ownBound() async throws {
    let steps = try await steps { $0.deliveries = DeliveryLimits(perWebhook: 2, total: 100, totalByteCount: 1 << 20) }
    let webhooks = [try await steps.register(), try await steps.register(for: [.jobCreated])].map(\.id)
    for event in 1...2 { #expect(try await steps.tell("\(event)") == .init(count: 1, full: [])) }
    #expect(try await steps.tell("3") == .init(count: 0, full: [webhooks[0]]))
    #expect(try await steps.tell("4", type: .jobCreated) == .init(count: 1, full: []))
    let first = try #require(try await steps.ledger.deliveries.lease().first { $0.eventID == "1" })
    #expect(try await steps.ledger.deliveries.acknowledge(first))
    #expect(try await steps.tell("5") == .init(count: 1, full: []))
    await steps.ledger.close()
  }

  @Test("A large payload arrives as it was")
  func largePayload() async throws {
    let steps = try await steps()
    try await steps.register()
    let payload = (0..<DeliveryLimits.payloadByteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await steps.ledger.deliveries.enqueue(
      WebhookEvent(object: .group(steps.group.id), type: .memberAdded, eventID: "e", payload: payload))
    #expect(try await steps.leaseOne().payload == payload)
    await steps.ledger.close()
  }

  @Test("Takers that come at once get each delivery once, and each webhook's in order")
  func concurrentTakers() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    for _ in 0..<4 { try await steps.register(for: [.textMessageCreated]) }
    let count = 12
    let seen = Mutex<[WebhookID: [String]]>([:])
    let done = await concurrently(8) { (index) throws(LedgerError) in
      // Half put in while the others take out.
      if index < 4 {
        for number in 0..<count / 4 {
          _ = try await ledger.deliveries.enqueue(
            WebhookEvent(
              object: .group(steps.group.id), type: .textMessageCreated, eventID: "\(index).\(number)", payload: []))
        }
        return
      }
      while seen.withLock({ $0.values.reduce(0) { $0 + $1.count } }) < 4 * count {
        await Task.yield()
        for delivery in try await ledger.deliveries.lease(limit: 3) {
          seen.withLock { $0[delivery.webhook.id, default: []].append(delivery.eventID) }
          guard try await ledger.deliveries.acknowledge(delivery) else {
            throw LedgerError(.damaged, "handed out twice")
          }
        }
      }
    }
    #expect(done.allSatisfy { $0.isSuccess })
    let orders = seen.withLock { $0 }
    #expect(orders.count == 4)
    for ids in orders.values {
      #expect(Set(ids).count == count)
      for index in 0..<4 {
        // Those of one caller come in the order in which it put them in.
        #expect(ids.filter { $0.hasPrefix("\(index).") } == (0..<count / 4).map { "\(index).\($0)" })
      }
    }
    #expect(try ledger.deliveries.waiting() == (0, 0))
    await ledger.close()
  }

  @Test("A clock that is set back, or far ahead, keeps nothing from being delivered")
  func clockJumps() async throws {
    let steps = try await steps()
    try await steps.register()
    try await steps.tell("1")
    let years: Int64 = 10 * 365 * 86_400
    clock.advance(seconds: years)
    _ = try await steps.ledger.deliveries.lease()
    // Registered for two years; the webhook is over, and what waited is gone.
    #expect(try steps.ledger.deliveries.waiting().count == 0)
    clock.advance(seconds: -years)
    try await steps.tell("2")
    let delivery = try await steps.leaseOne()
    #expect(try await steps.ledger.deliveries.reject(delivery) == .again(at: clock.now + .seconds(120)))
    clock.advance(seconds: -years)
    try await steps.ledger.acceptClock()
    #expect(try await steps.leaseOne().eventID == "2")
    await steps.ledger.close()
  }

  @Test("Projections, their digests, a rebuild and verification know nothing of what waits; a hot copy has it")
  func beside() async throws {
    let steps = try await steps()
    let ledger = steps.ledger
    try await steps.register()
    let head = try ledger.head()
    let before = try await ledger.integrity.projectionDigests()
    try await steps.tell("1")
    _ = try ledger.tokens.validate(steps.given.groupToken)
    try await ledger.tokens.flushLastUses()
    #expect(try ledger.head() == head)
    #expect(try await ledger.integrity.projectionDigests() == before)
    try await ledger.integrity.rebuildProjections()
    let digests = try await ledger.integrity.digests()
    #expect(digests.live == before)
    #expect(digests.rebuilt == before)
    #expect(try await ledger.integrity.verify().projectionsMatch)

    let used = try #require(try ledger.tokens.lastUse(of: steps.claims().handle))
    try await ledger.blocking { () throws(LedgerError) in
      do throws(LMDBError) {
        try ledger.log.environment.copy(to: ledger.path + "-copy", compacting: true)
      } catch {
        throw LedgerError(LogError(error))
      }
    }
    let delivery = try await steps.leaseOne()
    #expect(delivery.eventID == "1")
    await ledger.close()
    // The copy takes the place of the log: what waited then waits there, whatever became of it since.
    TemporaryFolder.remove(ledger.path + "/ledger")
    #expect(unsafe rename(ledger.path + "-copy", ledger.path + "/ledger") == 0)
    let restored = try await Ledger.open(at: ledger.path, clock.configuration)
    #expect(try await restored.deliveries.lease().map(\.attempt) == [1])
    #expect(try restored.tokens.lastUse(of: steps.claims(on: restored).handle) == used)
    await restored.close()
  }

  @Test("Who only reads sees what waits, and hands nothing out")
  func reading() async throws {
    let steps = try await steps()
    try await steps.register()
    try await steps.tell("1")
    await steps.ledger.close()
    let reader = try await Ledger.openForReading(at: steps.ledger.path, clock.configuration)
    #expect(try reader.deliveries.waiting().count == 1)
    #expect(try reader.deliveries.next() == clock.now)
    await #expect(throws: LedgerError(.closed, "")) { try await reader.deliveries.lease() }
    await reader.close()
  }
}
