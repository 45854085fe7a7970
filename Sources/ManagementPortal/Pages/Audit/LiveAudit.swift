import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Tells browsers of new events by server-sent events (WHATWG HTML section 9.2): their positions, and nothing of what they say. The
/// page fetches itself anew then, by its own rules.
extension ManagementPortal {
  /// How long one connection lives. Browsers connect anew.
  private static let tailTime = Duration.seconds(25)
  /// How long it waits between two looks, so that readers are told once in 5 seconds at most.
  private static let tailPause = Duration.seconds(5)

  func liveAudit(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard let asked = try await filter(visit, viewer).0 else { throw .invalid("A filter is malformed.") }
    // To show names is an event as well. Were it told, each look would cause the next.
    let shown = EventType.allCases.filter { $0 != .personalDataRevealed }
    let filter = asked.and(.anyType(of: shown))
    let known =
      visit.request.headers[.named("Last-Event-ID")].flatMap { UInt64($0) } ?? visit.query.number("since") ?? 0
    let ledger = ledger
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        var last = known
        let end = ContinuousClock.now + Self.tailTime
        while ContinuousClock.now < end, !Task.isCancelled {
          if let newest = try await ledger.audit.search(filter, limit: 1).entries.first?.position, newest > last {
            last = newest
            try await writer.write(ByteBuffer(string: "id: \(last)\ndata: \(last)\n\n"))
          }
          try await Task.sleep(for: Self.tailPause)
        }
        try await writer.finish(nil)
      })
  }
}
