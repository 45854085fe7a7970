public import CredentialLedger
import HTTPSupport
public import OutgoingHTTP
import Synchronization

/// Sends what waits for webhooks. One delivery at a time to each, so that each hears in order; a slow receiver takes one
/// of the places, all those of one connector take half of them at most, and hold nobody else up.
public struct DeliveryWorker: Sendable {
  /// How many deliveries are on their way at a time.
  private static let places = 256
  /// How many of them are to webhooks of one connector, and how many of its wait for a place: less than a minute.
  private static let placesOfOne = (limit: 128, waiting: 512)
  /// When a delivery is handed out again for which there is no room.
  private static let crowded = Duration.seconds(10)

  private let ledger: Ledger
  private let outgoing: OutgoingClient
  private let report: @Sendable (String) -> Void

  /// - Parameter report: hears of what went wrong, without anything personal.
  public init(_ ledger: Ledger, _ outgoing: OutgoingClient, report: @escaping @Sendable (String) -> Void) {
    self.ledger = ledger
    self.outgoing = outgoing
    self.report = report
  }

  /// Runs until the task is cancelled. What is on its way then is sent again later.
  public func run() async {
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
    guard answer?.isSuccess == true || !Task.isCancelled else {
      await giveBack(current)
      return
    }
    await settle(current, answer)
  }

  private func lease(_ limit: Int) async -> [Delivery] {
    do { return try await ledger.deliveries.lease(limit: limit) } catch {
      if error.code != .closed { report("deliveries cannot be leased: \(error)") }
      try? await Task.sleep(for: .seconds(1))
      return []
    }
  }

  /// What the receiver answered; nil where it did not.
  private func send(_ delivery: Delivery) async -> OutgoingAnswer? {
    let body = WebhookPayload.body(delivery.payload, context: delivery.callback.context)
    var headers = [("content-type", "application/json"), ("user-agent", "credledger")]
    if !delivery.callback.token.isEmpty { headers.append(("kz-callback-token", delivery.callback.token)) }
    do {
      headers += WebhookSignature.headers(
        delivery.eventID, at: try ledger.now.milliseconds / 1_000, body: body, token: delivery.callback.token)
      return try await outgoing.call("POST", delivery.callback.url, headers: headers, body: body)
    } catch { return nil }
  }

  private func giveBack(_ delivery: Delivery, after wait: Duration = .zero) async {
    do throws(LedgerError) { try await ledger.deliveries.giveBack(delivery, after: wait) } catch {
      report("\(delivery) cannot be given back, and is made again later: \(error)")
    }
  }

  private func settle(_ delivery: Delivery, _ answer: OutgoingAnswer?) async {
    let status = answer.map { Int($0.status) }
    do throws(LedgerError) {
      if answer?.isSuccess == true {
        _ = try await ledger.deliveries.acknowledge(delivery, answer: status)
      } else if try await ledger.deliveries.reject(delivery, answer: status) == .disabled {
        report("\(delivery.webhook.id) is disabled, as its deliveries failed for too long")
      }
    } catch { report("\(delivery) cannot be settled, and is made again: \(error)") }
  }
}

/// How many deliveries are on their way.
private final class Busy: Sendable {
  let count = Mutex(0)
}

/// Signatures in the form of Standard Webhooks.
enum WebhookSignature {
  /// The header fields of a delivery; without a signature where there is no token to sign by.
  ///
  /// - Parameters:
  ///   - id: the same at each try.
  ///   - seconds: since 1970.
  ///   - token: the callback token: its bytes are the key, or what follows `whsec_` in Base64.
  static func headers(_ id: String, at seconds: Int64, body: [UInt8], token: String) -> [(String, String)] {
    let named = [("webhook-id", id), ("webhook-timestamp", String(seconds))]
    guard !token.isEmpty else { return named }
    let prefix = "whsec_"
    let key = token.hasPrefix(prefix) ? Base64.decode(String(token.dropFirst(prefix.count))) : nil
    let code = HMACSHA256.authenticate(
      Array("\(id).\(seconds).".utf8) + body, key: Secret(copying: key ?? Array(token.utf8)))
    return named + [("webhook-signature", "v1,\(Base64.encode(code.bytes))")]
  }
}
