public import CredentialLedger
public import ServiceLifecycle
import Synchronization

/// Delivers what waits for webhooks, by a client of the program. One delivery at a time to each webhook, so that each hears in
/// order; a slow receiver takes one of the places, all those of one connector take half of them at most, and hold nobody else up.
///
/// ```swift
/// let deliveries = DeliveryService(ledger, report: { logger.warning("\($0)") }) { delivery in
///   await client.post(delivery.payload, to: delivery.callback.url)
/// }
/// ```
///
/// One service delivers for a ledger. The addresses are named by those who register webhooks: a client that calls them follows no
/// redirects, bounds how long a call takes, and calls no address of the program's own network.
public struct DeliveryService: Service {
  /// How many deliveries are on their way at a time.
  private static let places = 256
  /// How many of them are to webhooks of one connector, and how many of its wait for a place: less than a minute.
  private static let placesOfOne = (limit: 128, waiting: 512)
  /// When a delivery is handed out again for which there is no room.
  private static let crowded = Duration.seconds(10)

  private let ledger: Ledger
  private let report: @Sendable (String) -> Void
  private let send: @Sendable (Delivery) async -> Int?

  /// - Parameters:
  ///   - ledger: open for writing.
  ///   - report: hears of what went wrong, without anything personal.
  ///   - send: makes a delivery, and returns the HTTP status of the answer; nil where there was none in time. Cancelled when the
  ///     service stops.
  public init(
    _ ledger: Ledger, report: @escaping @Sendable (String) -> Void,
    sending send: @escaping @Sendable (Delivery) async -> Int?
  ) {
    self.ledger = ledger
    self.report = report
    self.send = send
  }

  /// Delivers until graceful shutdown, or until the task is cancelled. What is on its way then is sent again later.
  public func run() async { await cancelWhenGracefulShutdown { await deliver() } }

  /// Delivers until the task is cancelled.
  package func deliver() async {
    let busy = Busy()
    let connectors = ConnectorPlaces(limit: Self.placesOfOne.limit, waitingLimit: Self.placesOfOne.waiting)
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        let free = Self.places - busy.count.withLock { $0 }
        let leased = free > 0 ? await lease(min(free, 64)) : []
        for delivery in leased {
          busy.count.withLock { $0 += 1 }
          group.addTask {
            // A worker that has sent leases what is due next, so that a queue empties without a pause.
            var next: Delivery? = delivery
            while let current = next {
              await turn(current, connectors)
              next = Task.isCancelled ? nil : await lease(1).first
            }
            busy.count.withLock { $0 -= 1 }
          }
        }
        if free == 0 {
          // All places are busy: what is due has to wait for one.
          try? await Task.sleep(for: .milliseconds(50))
        } else if leased.isEmpty {
          try? await ledger.deliveries.waitUntilDue()
        }
      }
    }
  }

  /// Makes a delivery, and those that waited for its place; or has it wait.
  private func turn(_ delivery: Delivery, _ connectors: ConnectorPlaces) async {
    switch connectors.enter(delivery) {
    case .now:
      var next: Delivery? = delivery
      while let current = next {
        await make(current)
        next = connectors.leave(current)
      }
    case .later: break
    case .never: await giveBack(delivery, after: Self.crowded)
    }
  }

  private func make(_ current: Delivery) async {
    let answer = await send(current)
    // Stopped in the middle: the receiver may have it, and is told again once the program runs.
    guard Self.isSuccess(answer) || !Task.isCancelled else {
      await giveBack(current)
      return
    }
    await settle(current, answer)
  }

  private static func isSuccess(_ status: Int?) -> Bool { status.map { (200..<300).contains($0) } ?? false }

  private func lease(_ limit: Int) async -> [Delivery] {
    do { return try await ledger.deliveries.lease(limit: limit) } catch {
      if error.code != .closed { report("deliveries cannot be leased: \(error)") }
      try? await Task.sleep(for: .seconds(1))
      return []
    }
  }

  private func giveBack(_ delivery: Delivery, after wait: Duration = .zero) async {
    do throws(LedgerError) { try await ledger.deliveries.giveBack(delivery, after: wait) } catch {
      report("\(delivery) cannot be given back, and is made again later: \(error)")
    }
  }

  private func settle(_ delivery: Delivery, _ answer: Int?) async {
    do throws(LedgerError) {
      if Self.isSuccess(answer) {
        _ = try await ledger.deliveries.acknowledge(delivery, answer: answer)
      } else if try await ledger.deliveries.reject(delivery, answer: answer) == .disabled {
        report("\(delivery.webhook.id) is disabled, as its deliveries failed for too long")
      }
    } catch { report("\(delivery) cannot be settled, and is made again: \(error)") }
  }
}

/// How many deliveries are on their way.
private final class Busy: Sendable {
  let count = Mutex(0)
}
