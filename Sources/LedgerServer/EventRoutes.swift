import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import NIOCore

/// The events of the ledger for the operator's collectors: CloudEvents as server-sent events (WHATWG HTML section 9.2), from a
/// position on. A request needs the secret of `events.secret-file`.
struct EventRoutes: Sendable {
  static let path = "/ledger/events"
  /// How long nothing may be said on a connection: proxies close those that are silent.
  private static let silence = Duration.seconds(15)

  let ledger: Ledger
  let lifecycle: ServerLifecycle
  /// SHA-256 of the secret; nil lets nobody read.
  private let secret: Digest?
  /// Requests without the secret, from one address.
  private let failures: Throttle
  /// For how long one answer tells of events. Later the server would cut it off, in the middle of an event maybe.
  private let liveTime: Duration

  init(_ ledger: Ledger, _ lifecycle: ServerLifecycle, _ settings: ServerSettings) throws(SettingsError) {
    self.ledger = ledger
    self.lifecycle = lifecycle
    secret = try Self.secret(settings).map { SHA256.hash($0) }
    failures = Throttle("failures", limit: settings.failures)
    liveTime = Duration.seconds(settings.requestSeconds) * 4 / 5
  }

  /// The secret on the first line of the file of `events.secret-file`; nil where there is none.
  static func secret(_ settings: ServerSettings) throws(SettingsError) -> [UInt8]? {
    guard let path = settings.eventSecretFile else { return nil }
    guard let content = try? DurableFile.read(path, limit: 65_536), let line = content.split(separator: 0x0A).first,
      line.count >= 16, line.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw SettingsError("events.secret-file: expected a file with a secret of 16 characters of ASCII or more")
    }
    return Array(line)
  }

  var routes: [Route] {
    [
      Route(.get, Self.path, errors: .oauth) { (request, context) throws(RequestError) in
        try stream(request, context.network)
      }
    ]
  }

  /// - Parameter address: the client's, by which refusals are counted.
  /// - Throws: `invalidToken` without the secret; `tooMany` after too many of these from one address.
  private func stream(_ request: Request, _ address: String) throws(RequestError) -> Response {
    try failures.check(address)
    let presented = request.headers[.authorization] ?? ""
    guard let secret, presented.hasPrefix("Bearer "),
      SHA256.hash(Array(presented.dropFirst("Bearer ".utf8.count).utf8)) == secret
    else {
      failures.note(address)
      throw RequestError(.invalidToken, "")
    }
    let query = try FormFields(Array((request.uri.query ?? "").utf8))
    let last = request.headers[.named("Last-Event-ID")]
    let start: Position
    switch (last.map { Position($0) }, query["from"].map { Position($0) }) {
    case (.some(.none), _): throw .field("Last-Event-ID", "a position")
    case (_, .some(.none)): throw .field("from", "a position, from 1")
    case (let last??, _): start = last.next
    case (_, let from??): start = max(1, from)
    case (nil, nil): start = 1
    }
    try requireReached(start, by: last == nil ? "from" : "Last-Event-ID")
    let (ledger, lifecycle, end) = (ledger, lifecycle, ContinuousClock.now + liveTime)
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        var next = start
        var said = ContinuousClock.now
        // Looked for in steps, so that a stream ends with the server.
        while !lifecycle.isStopping, !Task.isCancelled, ContinuousClock.now < end {
          let page = try await Self.page(of: ledger, from: next)
          for entry in page.entries {
            let event = String(decoding: LedgerCloudEvent.json(entry, origin: ledger.origin).bytes, as: UTF8.self)
            try await writer.write(
              ByteBuffer(string: "id: \(entry.position)\nevent: credledger.\(entry.type)\ndata: \(event)\n\n"))
          }
          if let last = page.entries.last?.position ?? page.next {
            next = last.next
            said = .now
            continue
          }
          if ContinuousClock.now - said > Self.silence {
            try await writer.write(ByteBuffer(string: ": nothing new\n\n"))
            said = .now
          }
          try await Task.sleep(for: .milliseconds(200))
        }
        try await writer.finish(nil)
      })
  }

  /// Refuses a collector that has read more than there is: the ledger was restored from a backup, and the collector would hear nothing
  /// until it has grown as far again.
  private func requireReached(_ start: Position, by field: String) throws(RequestError) {
    let head: Position
    do throws(LedgerError) { head = try ledger.health.head } catch { throw RequestError(error) }
    guard start <= head.next else {
      throw .field(field, "a position of the ledger, which ends at \(head); after a restore begin there")
    }
  }

  /// Up to 256 events from a position on, in the order of the log. None where all that it looked at was removed to an archive.
  private static func page(of ledger: Ledger, from position: Position) async throws(LedgerError) -> Audit.Page {
    try await ledger.audit.search(.all, order: .oldestFirst, after: position - 1, limit: 256)
  }
}
