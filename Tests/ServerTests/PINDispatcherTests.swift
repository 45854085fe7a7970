import CredentialLedger
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import LedgerServer

/// What becomes of PINs whose gateway does not take them, or not soon.
@Suite struct PINDispatcherTests {
  /// A gateway that waits to be let on, and answers as it is told.
  private final class Gateway: TextMessageGateway {
    private let failure: GatewayFailure?
    private let entered: AsyncStream<Void>.Continuation
    let entries: AsyncStream<Void>
    private let held: Mutex<[CheckedContinuation<Void, Never>]?>

    init(failure: GatewayFailure?, holding: Bool = false) {
      self.failure = failure
      held = Mutex(holding ? [] : nil)
      (entries, entered) = AsyncStream.makeStream()
    }

    func send(_ message: TextMessage) async throws(GatewayFailure) -> Int? {
      await withCheckedContinuation { continuation in
        let isHeld = held.withLock { held in
          held?.append(continuation)
          return held != nil
        }
        entered.yield()
        if !isHeld { continuation.resume() }
      }
      if let failure { throw failure }
      return 200
    }

    func letOn() { held.withLock { $0.take() }?.forEach { $0.resume() } }

    func close() async {}
  }

  private let folder = TemporaryFolder()

  /// Runs a dispatcher while `body` runs, lets it end, and tells what was recorded, the oldest first.
  private func outcomes(
    _ gateway: Gateway, _ bounds: PINDispatcher.Bounds, asking count: Int = 1,
    _ body: @escaping @Sendable (ServiceGroup) async throws -> Void
  ) async throws -> [PhonePINDispatched] {
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account
    let dispatcher = PINDispatcher(
      ledger, gateway, text: "{pin}", Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, bounds: bounds)
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: dispatcher)],
        logger: Logger(label: "test") { _ in
          SwiftLogNoOpLogHandler()
        }))
    for index in 0..<count {
      let number = try PhoneNumber("+91119999999\(index)")
      let request = try await ledger.phones.requestPIN(for: number, by: account)
      dispatcher.send(
        try #require(request.pin), of: request.challenge, expiresAt: request.expiresAt, to: number)
    }
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      try await body(group)
      try await tasks.waitForAll()
    }
    let entries = try await ledger.audit.latest(100, of: .type(.phonePINDispatched))
    await ledger.close()
    return entries.reversed().compactMap { entry in
      if case .phonePINDispatched(let event) = entry.event { event } else { nil }
    }
  }

  @Test("Tries are bounded, and the last failure is recorded") func triesBounded() async throws {
    let gateway = Gateway(failure: GatewayFailure(isFinal: false, status: 502, reason: "bad"))
    let recorded = try await outcomes(gateway, .init(pauses: [.zero, .zero])) { group in
      var tries = gateway.entries.makeAsyncIterator()
      for _ in 0..<3 { await tries.next() }
      await group.triggerGracefulShutdown()
    }
    #expect(recorded.map(\.failure) == [.unreachable])
    #expect(recorded.map(\.attempts) == [3] && recorded.map(\.status) == [502])
  }

  @Test("Past the bound nothing waits, which is recorded") func pastBound() async throws {
    let gateway = Gateway(failure: nil, holding: true)
    let recorded = try await outcomes(gateway, .init(waiting: 2, parallel: 4), asking: 3) { group in
      var tries = gateway.entries.makeAsyncIterator()
      for _ in 0..<2 { await tries.next() }
      gateway.letOn()
      await group.triggerGracefulShutdown()
    }
    #expect(recorded.count == 3)
    #expect(recorded.filter { $0.failure == .overloaded && $0.attempts == 0 }.count == 1)
    #expect(recorded.filter { $0.failure == .none && $0.attempts == 1 }.count == 2)
  }

  @Test("What waits is still sent once the server stops, and not tried again") func waitsStill() async throws {
    let good = Gateway(failure: nil, holding: true)
    var recorded = try await outcomes(good, .init(parallel: 1, stopping: .seconds(600)), asking: 2) { group in
      var tries = good.entries.makeAsyncIterator()
      await tries.next()
      await group.triggerGracefulShutdown()
      good.letOn()
    }
    #expect(recorded.map(\.failure) == [.none, .none])
    TemporaryFolder.remove("\(folder.path)/ledger")
    let bad = Gateway(failure: GatewayFailure(isFinal: false, status: nil, reason: "bad"))
    recorded = try await outcomes(bad, .init(pauses: [.seconds(600)])) { group in
      var tries = bad.entries.makeAsyncIterator()
      await tries.next()
      await group.triggerGracefulShutdown()
    }
    #expect(recorded.map(\.failure) == [.expired] && recorded.map(\.attempts) == [1])
  }

  @Test("Past the time to stop nothing is sent any more") func pastTime() async throws {
    let gateway = Gateway(failure: nil, holding: true)
    let recorded = try await outcomes(gateway, .init(parallel: 1, stopping: .zero), asking: 2) { group in
      var tries = gateway.entries.makeAsyncIterator()
      await tries.next()
      await group.triggerGracefulShutdown()
      gateway.letOn()
    }
    #expect(recorded.map(\.failure) == [.none, .expired])
    #expect(recorded.map(\.attempts) == [1, 0])
  }

  @Test("A message prints as redacted") func messagePrints() {
    let message = TextMessage(number: "+911199999999", text: "Your PIN is 123456.")
    var dumped = ""
    dump(message, to: &dumped)
    #expect(!"\(message) \(String(reflecting: message)) \(dumped)".contains(/[0-9]{4}/))
  }
}
