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
    let asked = try await soundFilter(visit, viewer)
    // To show names is an event as well. Were it told, each look would cause the next.
    let shown = EventType.allCases.filter { $0 != .personalDataRevealed }
    let filter = asked.and(.anyType(of: shown))
    let known = visit.lastSeen.map { Position($0) } ?? visit.query.position("since") ?? 0
    let ledger = ledger
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        var looked = known
        let end = ContinuousClock.now + Self.tailTime
        while ContinuousClock.now < end, !Task.isCancelled {
          // Each event is looked at once: where an address is asked for, each has to be opened.
          let page = try await ledger.audit.search(filter, order: .oldestFirst, after: looked, limit: 256)
          looked = page.next ?? max(looked, page.head)
          if let newest = page.entries.last?.position {
            try await writer.write(ByteBuffer(string: "id: \(newest)\ndata: \(newest)\n\n"))
          }
          try await Task.sleep(for: Self.tailPause)
        }
        try await writer.finish(nil)
      })
  }

  /// What is said of events that a browser has not seen yet. To show names is an event as well, which is no news.
  static func news(_ entries: [AuditEntry], since seen: Position?) -> HTML {
    guard let seen else { return .empty }
    let fresh = entries.count { $0.position > seen && $0.type != .personalDataRevealed }
    return news(fresh, "new event", isAll: fresh == rowLimit)
  }

  /// How many rows of a list are new: not shown, for the page's script to announce.
  ///
  /// - Parameter isAll: whether all rows of the page are new, so that there may be more.
  static func news(_ count: Int, _ noun: String, isAll: Bool) -> HTML {
    guard count > 0 else { return .empty }
    let words: HTML = isAll ? "at least \(Part.count(count, noun))" : "\(Part.count(count, noun))"
    return "<p hidden data-news>\(words)</p>"
  }
}
