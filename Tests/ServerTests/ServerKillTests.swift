import CredentialLedger
import Glibc
import LedgerOperations
import TestSupport
import Testing

/// A server that ends in the middle of its work: whatever it has answered is in the log.
@Suite struct ServerKillTests {
  private static let width = 16

  /// The next whole answer on a connection; nil where it ends before.
  private func answer(on connection: Connection) -> Answer? {
    var text = ""
    while case let more = connection.read(), !more.isEmpty {
      text += more
      let answer = Answer(text)
      if let length = answer.header("content-length").flatMap({ Int($0) }), answer.body.utf8.count >= length {
        return answer
      }
    }
    return nil
  }

  @Test("Each token that was acknowledged under load is in the log", arguments: [SIGTERM, SIGKILL])
  func eachToken(signal: Int32) async throws {
    let environment = [
      "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0", "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=0",
    ]
    let served = try await ServedLedger(environment: environment)
    let request =
      "GET /v1/accessToken HTTP/1.1\r\nHost: a\r\n" + served.kaizalaHeaders.joined(separator: "\r\n") + "\r\n\r\n"
    var (acknowledged, cut): ([String], Int) = ([], 0)
    for round in 0..<6 {
      if round > 0 { try served.start(environment: environment) }
      let connections = try (0..<Self.width).map { _ in try Connection(port: served.port) }
      func askAll() { for connection in connections { connection.send(request) } }
      func takeAll() {
        for connection in connections {
          guard let answer = answer(on: connection) else {
            cut += 1
            continue
          }
          #expect(answer.status == 200, "\(answer.text)")
          if let token = answer["accessToken"] { acknowledged.append(token) }
        }
      }
      for _ in 0..<3 {
        askAll()
        takeAll()
      }
      // All are under way. One answer came, the others may be anywhere between their commit and the socket.
      askAll()
      if round % 2 == 1, let first = answer(on: connections[0]), let token = first["accessToken"] {
        acknowledged.append(token)
        connections[0].send(request)
      }
      served.signal(signal)
      takeAll()
      #expect(served.end(by: 0) == (signal == SIGKILL ? 128 + SIGKILL : 0))
    }
    #expect(acknowledged.count >= 6 * 3 * Self.width)
    #expect(Set(acknowledged).count == acknowledged.count)
    let ledger = try await Ledger.open(at: served.path)
    let lost = try acknowledged.filter { try !ledger.tokens.introspect($0).active }
    #expect(lost.isEmpty, "\(lost.count) of \(acknowledged.count) are not in the log; \(cut) answers were cut")
    let issued = try await ledger.integrity.statistics().eventsByType.first { $0.0 == .tokenIssued }?.1 ?? 0
    #expect(issued >= UInt64(acknowledged.count))
    let report = try await ledger.integrity.verify()
    #expect(report.rebuilt.map { $0 == report.live } ?? false)
    await ledger.close()
  }
}
