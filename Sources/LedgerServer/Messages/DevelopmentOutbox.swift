import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import Synchronization

/// Shows messages on the console and on a page of the server, in the place of sending them: on a server for trials.
final class DevelopmentOutbox: TextMessageGateway {
  private struct Entry: Sendable {
    let message: TextMessage
    let time: String
  }

  /// The path of the page that shows the messages.
  static let path = "/development/outbox"
  /// How many messages are kept.
  private static let limit = 50
  private let entries = Mutex<[Entry]>([])
  /// Writes a line on the console, which is not the log.
  private let show: @Sendable (_ line: String) -> Void
  private let origin: @Sendable () -> String

  init(origin: @escaping @Sendable () -> String, show: @escaping @Sendable (_ line: String) -> Void) {
    self.origin = origin
    self.show = show
  }

  func send(_ message: TextMessage) async throws(GatewayFailure) -> Int? {
    entries.withLock {
      if $0.count == Self.limit { $0.removeFirst() }
      $0.append(Entry(message: message, time: LogTime.now))
    }
    show("SMS to \(message.number): \(message.text)")
    return nil
  }

  func close() async {}

  var routes: [Route] {
    [
      Route(.get, Self.path) { (request, _) throws(RequestError) in
        try self.requireOwnHost(request)
        let rows = self.entries.withLock { $0 }.reversed().map {
          "<tr><td>\($0.time)</td><td>\(HTMLText.escaped($0.message.number))</td><td>\(HTMLText.escaped($0.message.text))</td></tr>"
        }
        return .page(
          title: "Outbox",
          body: """
            <h1>Outbox</h1><p>The messages that this server would have sent, the newest first. It is for trials: \
            nothing is sent.</p><table><tr><th>Time</th><th>To</th><th>Text</th></tr>\(rows.joined())</table>
            """, style: "body{font-family:sans-serif;margin:2em}td,th{text-align:left;padding:.2em 1em .2em 0}")
      },
      Route(.get, Self.path + ".json") { (request, _) throws(RequestError) in
        try self.requireOwnHost(request)
        return .credential(
          .object([
            (
              "messages",
              .array(
                self.entries.withLock { $0 }.map {
                  .object([
                    ("time", .string($0.time)), ("to", .string($0.message.number)), ("text", .string($0.message.text)),
                  ])
                })
            )
          ]))
      },
    ]
  }

  /// Another site must not read PINs, whatever name it goes by for this machine.
  private func requireOwnHost(_ request: Request) throws(RequestError) {
    guard origin().hasSuffix("//" + (request.head.authority ?? "")) else {
      throw RequestError(.forbidden, "The request is for another host.")
    }
  }
}
