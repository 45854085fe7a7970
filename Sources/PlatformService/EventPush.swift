public import CredentialLedger
import HTTPSupport
import LedgerServices
public import MessageStore
public import OutgoingHTTP

/// Sends every event of the ledger to the operator's own addresses, as CloudEvents in batches (CloudEvents 1.0, JSON batch format),
/// in order and at least once. How far each address has come is kept in `FeedPositions`.
public struct EventPush: Sendable {
  private static let batch = 100
  /// How long after a failure it is tried again: first, and at most.
  private static let delays = (first: Duration.seconds(1), most: Duration.seconds(300))

  private let ledger: Ledger
  private let positions: any FeedPositions
  private let outgoing: OutgoingClient
  private let url: String
  private let secret: String
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - url: where they go; https.
  ///   - secret: what batches are signed by, in the form of Standard Webhooks; empty signs nothing.
  ///   - report: hears of what went wrong, without the address.
  public init(
    _ ledger: Ledger, _ positions: any FeedPositions, _ outgoing: OutgoingClient, to url: String, secret: String,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.ledger = ledger
    self.positions = positions
    self.outgoing = outgoing
    self.url = url
    self.secret = secret
    self.report = report
  }

  /// Runs until the task is cancelled. An address that is new gets what happens from then on.
  public func run() async {
    let cursor = "events.push." + SHA256.hash(Array(url.utf8)).hex
    var wait = Self.delays.first
    while !Task.isCancelled {
      do {
        if try await step(cursor) { wait = Self.delays.first } else { try await Task.sleep(for: .milliseconds(200)) }
      } catch {
        if Task.isCancelled { return }
        report("events cannot be sent to the operator's address, and are sent again: \(error)")
        try? await Task.sleep(for: wait)
        wait = min(wait * 2, Self.delays.most)
      }
    }
  }

  /// - Returns: whether there was something to send.
  private func step(_ cursor: String) async throws -> Bool {
    let head = try ledger.health.head
    guard let last = try await positions.cursor(cursor) else {
      try await positions.setCursor(cursor, to: head.rawValue)
      return true
    }
    // What a ledger records that was restored from a backup has positions that were sent before, and is sent all the same.
    if Position(last) > head {
      report(
        "the operator's address was sent events up to position \(last), and the ledger ends at \(head), so it was restored: what follows that is sent"
      )
      try await positions.setCursor(cursor, to: head.rawValue)
      return true
    }
    let page = try await ledger.audit.search(.all, order: .oldestFirst, after: Position(last), limit: Self.batch)
    let entries = page.entries
    guard let first = entries.first, let newest = entries.last else {
      // All that was looked at was removed to an archive.
      guard let next = page.next else { return false }
      try await positions.setCursor(cursor, to: next.rawValue)
      return true
    }
    let body = JSONValue.array(entries.map { LedgerCloudEvent.json($0, origin: ledger.origin) }).bytes
    let headers =
      [("content-type", "application/cloudevents-batch+json"), ("user-agent", "credledger")]
      + WebhookSignature.headers(
        "events-\(first.position)-\(newest.position)", at: try ledger.now.milliseconds / 1_000, body: body,
        token: secret)
    let answer = try await outgoing.call("POST", url, headers: headers, body: body)
    guard answer.isSuccess else { throw OutgoingRefusal(status: answer.status) }
    try await positions.setCursor(cursor, to: newest.position.rawValue)
    return true
  }
}

/// The receiver did not take it.
private struct OutgoingRefusal: Error, CustomStringConvertible {
  let status: UInt
  var description: String { "the receiver answered \(status)" }
}
