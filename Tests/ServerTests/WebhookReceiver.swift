import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport

/// A receiver of webhooks over TLS, with a certificate of its own, on this machine.
final class WebhookReceiver {
  static let host = "hooks.example.org"
  private let folder = TemporaryFolder()
  private let process: ChildProcess
  /// What it got so far.
  private(set) var requests: [JSONValue] = []
  private(set) var port = 0

  init() throws {
    let (certificate, key) = ("\(folder.path)/cert.pem", "\(folder.path)/key.pem")
    let made = try runProgram(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=hooks",
        "-addext",
        "subjectAltName=DNS:\(Self.host)", "-days", "2", "-keyout", key, "-out", certificate,
      ], of: "/usr/bin/openssl")
    guard made.status == 0 else { throw ServerFailure(reason: made.error) }
    let script =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      + "/Python/webhook_receiver.py"
    process = try ChildProcess("/usr/bin/env", ["python3", script, certificate, key])
    port = process.read().first.flatMap { Int($0) } ?? 0
  }

  deinit { _ = process.kill() }

  /// The settings by which a server finds it.
  var environment: [String] {
    [
      "CREDLEDGER_SERVE_WEBHOOKS_ADDRESSES=\(Self.host)=127.0.0.1",
      "CREDLEDGER_SERVE_WEBHOOKS_TRUST=\(folder.path)/cert.pem", "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0",
      "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=0",
    ]
  }

  func url(_ path: String) -> String { "https://\(Self.host):\(port)/\(path)" }

  /// Waits until it has got so many deliveries that something is true of, for as long as a test has patience.
  func deliveries(_ count: Int, where isWanted: (JSONValue) -> Bool = { _ in true }) -> [JSONValue] {
    let end = ContinuousClock.now + Patience.limit
    while true {
      let found = requests.filter { $0["method"]?.text == "POST" && isWanted($0) }
      if found.count >= count { return found }
      let lines = process.read()
      guard ContinuousClock.now < end else { return found }
      // A line end by itself gives no line.
      if lines.isEmpty { usleep(10_000) }
      for line in lines { if let value = try? JSONParser.parse(Array(line.utf8)) { requests.append(value) } }
    }
  }
}
