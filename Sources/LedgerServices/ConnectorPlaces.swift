import CredentialLedger
import Synchronization

/// How many deliveries to the webhooks of each connector are on their way, and which ones wait for a place. However slow
/// the receivers of one connector are, and however many webhooks it has, others have places.
final class ConnectorPlaces: Sendable {
  /// What becomes of a delivery.
  enum Turn: Sendable {
    /// It has a place.
    case now
    /// It waits for one, which ``ConnectorPlaces/leave(_:)`` gives it.
    case later
    /// Too many wait: it is to be given back.
    case never
  }

  private struct Queue {
    var busy = 0
    var waiting: [Delivery] = []
  }

  private let limit: Int
  private let waitingLimit: Int
  private let queues = Mutex<[ConnectorID: Queue]>([:])

  /// - Parameters:
  ///   - limit: how many places one connector has.
  ///   - waitingLimit: how many of its deliveries wait for one. All must have had a place before their lease is over.
  init(limit: Int, waitingLimit: Int) {
    self.limit = limit
    self.waitingLimit = waitingLimit
  }

  /// Asks for a place.
  func enter(_ delivery: Delivery) -> Turn {
    let connector = delivery.webhook.connector
    return queues.withLock { queues in
      var queue = queues[connector] ?? Queue()
      defer { queues[connector] = queue }
      if queue.busy < limit {
        queue.busy += 1
        return .now
      }
      guard queue.waiting.count < waitingLimit else { return .never }
      queue.waiting.append(delivery)
      return .later
    }
  }

  /// Gives the place of a delivery back, whatever became of it.
  ///
  /// - Returns: the delivery that has the place now.
  func leave(_ delivery: Delivery) -> Delivery? {
    let connector = delivery.webhook.connector
    return queues.withLock { queues in
      guard var queue = queues.removeValue(forKey: connector) else { return nil }
      if !queue.waiting.isEmpty {
        let next = queue.waiting.removeFirst()
        queues[connector] = queue
        return next
      }
      queue.busy -= 1
      if queue.busy > 0 { queues[connector] = queue }
      return nil
    }
  }
}
