import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

@testable import LedgerServer

/// What operators ask of a server, and how it begins and ends.
@Suite struct OperationsTests {
  @Test("A server says whether it is alive and ready, and tells its metrics by the pattern of the route")
  func serverSays()
    async throws
  {
    let served = try await ServedLedger()
    #expect(try served.ask("GET", "/healthz").body == #"{"status":"alive"}"#)
    let ready = try served.ask("GET", "/readyz")
    #expect(ready.status == 200)
    #expect(ready["status"] == "ready")
    #expect(try #require(Int(ready["head"] ?? "")) > 10)
    #expect(try served.ask("GET", "/v1/accessToken?canary=1", served.kaizalaHeaders).status == 200)
    #expect(try served.ask("GET", "/canary/of/a/path").status == 404)
    let metrics = try served.ask("GET", "/metrics")
    #expect(metrics.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
    #expect(metrics.body.contains(#"http_requests_total{method="GET",route="/v1/accessToken",status="200"} 1"#))
    #expect(metrics.body.contains(#"http_requests_total{method="GET",route="unknown",status="404"} 1"#))
    #expect(
      metrics.body.contains(
        #"http_request_duration_seconds_bucket{method="GET",route="/healthz",status="200",le="+Inf"} 1"#))
    #expect(!metrics.body.contains("canary"))
    let head = try served.ask("HEAD", "/healthz")
    #expect(head.status == 200)
    #expect(head.body == "")
    #expect(head.header("content-length") == "18")
    #expect(served.end() == 0)
  }

  @Test("Metrics tell what the writer and the storage do") func metricsTell() async throws {
    let served = try await ServedLedger()
    for _ in 0..<3 { #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200) }
    let text = try served.ask("GET", "/metrics").body
    func value(_ name: String) -> Double? {
      text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
        Double($0.split(separator: " ").last ?? "")
      }
    }
    #expect(value(#"credledger_events_written_total{type="token.issued"}"#) == 3)
    #expect(value("credledger_batch_events_count") == 3 && value("credledger_batch_events_sum") == 3)
    #expect(value(#"credledger_batch_events_bucket{le="1.0"}"#) == 3)
    #expect(value("credledger_commit_seconds_count") == 3)
    #expect(try #require(value("credledger_commit_seconds_sum")) > 0)
    let (map, used) = (value("credledger_map_bytes") ?? 0, value("credledger_map_used_bytes") ?? 0)
    #expect(used > 4_096 && map > used)
    for name in [
      "credledger_readers", "credledger_oldest_reader_commits", "credledger_oldest_read_seconds",
      "credledger_index_lag_events",
    ] { #expect(try #require(value(name), "\(name)") >= 0) }
    #expect(!text.contains("credledger_spans_dropped_total"))
  }

  @Test("A trace is carried on into the log and to the collector, and bad ones are not") func traceCarried()
    async throws
  {
    let collector = try ChildProcess("/usr/bin/env", ["python3", Self.root + "/Tests/Python/collector.py"])
    defer { _ = collector.kill() }
    let port = String(collector.read().first ?? "")
    let served = try await ServedLedger(
      environment: ["CREDLEDGER_SERVE_TRACES_ENDPOINT=http://127.0.0.1:\(port)", "CREDLEDGER_SERVE_LOG_FORMAT=json"])
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    #expect(try served.ask("GET", "/healthz", ["traceparent: 00-\(trace)-\(parent)-01"]).status == 200)
    #expect(try served.ask("GET", "/readyz", ["traceparent: 00-\(trace)-\(parent)-00"]).status == 200)
    #expect(try served.ask("GET", "/canary", ["traceparent: 00-\(trace.uppercased())-\(parent)-01"]).status == 404)
    served.end()
    // They are sent every two seconds: both at once, or one after the other.
    var told = ""
    var spans: [JSONValue] = []
    while spans.count < 2, case let lines = collector.read(), !lines.isEmpty {
      for line in lines {
        told += line
        let more =
          try JSONParser.parse(Array(line.utf8))["resourceSpans"]?.items.first?["scopeSpans"]?.items.first?["spans"]?
          .items ?? []
        spans += more
      }
    }
    // What is not sampled is not sent.
    #expect(spans.compactMap { $0["name"]?.text } == ["GET /healthz", "GET unknown"])
    let first = try #require(spans.first)
    #expect(first["traceId"] == .string(trace) && first["parentSpanId"] == .string(parent))
    #expect(first["spanId"]?.text?.wholeMatch(of: /[0-9a-f]{16}/) != nil && first["spanId"]?.text != parent)
    let (began, ended) = (first["startTimeUnixNano"]?.text, first["endTimeUnixNano"]?.text)
    #expect(try #require(UInt64(began ?? "")) <= (try #require(UInt64(ended ?? ""))))
    let last = try #require(spans.last)
    #expect(last["traceId"]?.text?.lowercased() != trace && last["parentSpanId"] == nil)
    #expect(!told.contains("canary"))
    #expect(served.log.contains("\"trace_id\":\"\(trace)\""))
  }

  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")

  @Test("A request's ID is in its answer, in the log and in its event") func requestsID() async throws {
    let served = try await ServedLedger(["--log-format", "json"])
    let id = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).header("x-request-id"))
    #expect(id.utf8.count == 32)
    served.end()
    #expect(served.log.contains("\"request_id\":\"\(id)\""))
    let ledger = try await Ledger.openForReading(at: served.path)
    let latest = try #require(try await ledger.audit.latest(10).first { $0.type.name == "token.issued" })
    #expect(latest.requestID == id)
    await ledger.close()
  }

  @Test("Neither secrets nor tokens nor numbers are logged, whatever fails") func neitherSecrets() async throws {
    let served = try await ServedLedger(["--log-level", "trace"])
    let canaries = [served.secret, served.refreshToken, served.code, "canary"]
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    _ = try served.ask("GET", "/v1/accessToken?access_token=\(token)&number=%2B911199999999", served.kaizalaHeaders)
    _ = try served.post("/oauth2/token?client_secret=canary", form: "canary=canary")
    _ = try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)")
    _ = try served.post(
      "/oauth2/token", [served.basic], form: "grant_type=authorization_code&code=\(served.code)canary")
    _ = try served.ask("GET", "/\(token)")
    _ = try served.ask("CANARY", "/canary")
    served.end()
    let log = served.log
    #expect(log.contains("route=/oauth2/token"))
    for canary in canaries + [token, "911199999999"] {
      #expect(!log.lowercased().contains(canary.lowercased()), "\(canary.prefix(6))")
    }
  }

  @Test("On the first signal what was accepted is finished, and the ledger is closed") func firstSignal() async throws {
    let served = try await ServedLedger()
    let waiting = try Connection(port: served.port)
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    waiting.send(
      "POST /oauth2/token HTTP/1.1\r\nHost: a\r\n\(served.basic)\r\nContent-Length: \(form.utf8.count)\r\nExpect: 100-continue\r\n\r\n"
    )
    #expect(waiting.read().hasPrefix("HTTP/1.1 100"))
    served.signal(SIGTERM)
    // It takes no more connections once the signal has come; then the rest of the request is sent.
    while let other = try? Connection(port: served.port) {
      _ = other
      usleep(10_000)
    }
    waiting.send(form)
    let answer = Answer(waiting.readAll())
    #expect(answer.status == 200)
    #expect(served.end(by: 0) == 0)
    #expect(served.log.contains("stopped"))
    let ledger = try await Ledger.open(at: served.path)
    #expect(try ledger.tokens.introspect(answer["access_token"] ?? "").active)
    await ledger.close()
  }

  @Test("A second signal ends the server at once, and what it answered is kept") func secondSignal() async throws {
    let served = try await ServedLedger()
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let waiting = try Connection(port: served.port)
    waiting.send("POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    #expect(waiting.read().hasPrefix("HTTP/1.1 100"))
    served.signal(SIGTERM)
    while let other = try? Connection(port: served.port) {
      _ = other
      usleep(10_000)
    }
    #expect(served.end(by: SIGTERM) == 128 + SIGTERM)
    let ledger = try await Ledger.open(at: served.path)
    #expect(try ledger.tokens.introspect(token).active)
    await ledger.close()
  }

  @Test("An address that is taken ends the start with what is wrong") func addressTaken() async throws {
    let served = try await ServedLedger()
    let other = TemporaryFolder()
    let ledger = try await Ledger.create(at: "\(other.path)/ledger", origin: "other.example.org")
    await ledger.close()
    let result = try runProgram(["serve", "--ledger", "\(other.path)/ledger", "--listen", "127.0.0.1:\(served.port)"])
    #expect(result.status == 3)
    #expect(result.error.contains("127.0.0.1:\(served.port)"))
    let second = try runProgram(["serve", "--ledger", served.path, "--listen", "127.0.0.1:0"])
    #expect(second.status == 3)
    #expect(second.error.contains("already_open"))
  }
}
