import CredentialLedger
import Logging
import ServiceLifecycle
import Synchronization
import TokenService

/// Sends PINs after their clients are answered: a bounded queue, bounded tries, and an event for each outcome.
///
/// When the server stops, messages that wait are still sent, for ``Bounds/stopping`` at most.
final class PINDispatcher: PINSender, Service {
  struct Bounds: Sendable {
    /// How many messages may wait or be under way.
    var waiting = 1_024
    /// How many are sent at a time.
    var parallel = 8
    /// How long to wait before each further try. The number of tries is one more.
    var pauses: [Duration] = [.seconds(1), .seconds(4), .seconds(15)]
    /// How long messages are still sent once the server stops.
    var stopping = Duration.seconds(10)
  }

  private enum Item: Sendable {
    case message(TextMessage, ChallengeID, expiresAt: Timestamp)
    /// One that was not taken, since too many waited.
    case dropped(ChallengeID)
  }

  private let ledger: Ledger
  private let gateway: any TextMessageGateway
  /// The message, with `{pin}` for the PIN.
  private let text: String
  private let bounds: Bounds
  private let logger: Logger
  private let items: AsyncStream<Item>
  private let queue: AsyncStream<Item>.Continuation
  private let waiting = Atomic(0)
  /// Until when messages are sent, once the server stops.
  private let end = Mutex<ContinuousClock.Instant?>(nil)

  init(
    _ ledger: Ledger, _ gateway: any TextMessageGateway, text: String, _ logger: Logger, bounds: Bounds = Bounds()
  ) {
    self.ledger = ledger
    self.gateway = gateway
    self.text = text
    self.bounds = bounds
    self.logger = logger
    (items, queue) = AsyncStream.makeStream()
  }

  func send(_ pin: PIN, of challenge: ChallengeID, expiresAt: Timestamp, to number: PhoneNumber) {
    guard waiting.add(1, ordering: .relaxed).newValue <= bounds.waiting else {
      queue.yield(.dropped(challenge))
      return
    }
    let message = TextMessage(number: number.e164, text: text.replacing("{pin}", with: pin.digits))
    queue.yield(.message(message, challenge, expiresAt: expiresAt))
  }

  /// Sends messages until the server stops and none waits any more.
  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        let lanes = Lanes(bounds.parallel)
        for await item in items {
          await lanes.enter()
          group.addTask {
            await self.handle(item)
            await lanes.leave()
          }
        }
      }
      await gateway.close()
    } onGracefulShutdown: {
      self.end.withLock { $0 = ContinuousClock.now + self.bounds.stopping }
      self.queue.finish()
    }
  }

  private func handle(_ item: Item) async {
    let challenge: ChallengeID
    let outcome: Phones.PINDispatch
    switch item {
    case .message(let message, let id, let expiresAt):
      (challenge, outcome) = (id, await deliver(message, expiresAt: expiresAt))
    case .dropped(let id): (challenge, outcome) = (id, Phones.PINDispatch(attempts: 0, failure: .overloaded))
    }
    waiting.subtract(1, ordering: .relaxed)
    if let failure = outcome.failure {
      logger.error(
        "a PIN was not sent",
        metadata: [
          "challenge": .stringConvertible(challenge.rawValue), "failure": .string("\(failure)"),
          "attempts": .stringConvertible(outcome.attempts), "status": .stringConvertible(outcome.status ?? 0),
        ])
    }
    do throws(LedgerError) { try await ledger.phones.record(outcome, of: challenge) } catch {
      logger.error(
        "what became of a PIN was not recorded",
        metadata: [
          "challenge": .stringConvertible(challenge.rawValue), "code": .string(error.code.rawValue),
        ])
    }
  }

  private func deliver(_ message: TextMessage, expiresAt: Timestamp) async -> Phones.PINDispatch {
    var attempts = 0
    var last: GatewayFailure?
    while attempts <= bounds.pauses.count {
      if attempts > 0, await !pause(bounds.pauses[attempts - 1]) { break }
      guard isInTime(expiresAt) else { break }
      attempts += 1
      do throws(GatewayFailure) {
        return Phones.PINDispatch(attempts: attempts, status: try await gateway.send(message))
      } catch {
        logger.warning(
          "the gateway did not take a message",
          metadata: ["reason": .string(error.reason), "attempt": .stringConvertible(attempts)])
        last = error
        if error.isFinal { break }
      }
    }
    let failure: Phones.PINDispatch.Failure =
      switch last {
      case let last? where last.isFinal: .refused
      case _? where attempts > bounds.pauses.count: .unreachable
      default: .expired
      }
    return Phones.PINDispatch(attempts: attempts, failure: failure, status: last?.status)
  }

  /// Whether a message may still be sent.
  private func isInTime(_ expiresAt: Timestamp) -> Bool {
    if let end = end.withLock({ $0 }), ContinuousClock.now >= end { return false }
    guard let now = try? ledger.now else { return false }
    return now < expiresAt
  }

  /// Waits before another try.
  ///
  /// - Returns: false where the server stops: then there is none.
  private func pause(_ time: Duration) async -> Bool {
    guard end.withLock({ $0 }) == nil else { return false }
    do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: time) } } catch { return false }
    return end.withLock { $0 } == nil
  }
}

/// Lets so many tasks work at a time.
private actor Lanes {
  private var free: Int
  private var queued: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { queued.append($0) }
  }

  func leave() {
    guard queued.isEmpty else { return queued.removeFirst().resume() }
    free += 1
  }
}
