import HTTPSupport
import Synchronization
import Testing

/// Limits on calls.
@Suite struct ThrottleTests {
  private final class Time: Sendable {
    private let milliseconds = Atomic<Int>(0)
    func pass(_ count: Int) { milliseconds.add(count, ordering: .relaxed) }
    var now: Duration { .milliseconds(milliseconds.load(ordering: .relaxed)) }
  }

  @Test("A call that is given back counts no more") func callGiven() throws {
    let throttle = Throttle("connector", limit: 10) { .zero }
    for _ in 0..<30 {
      try throttle.take("a")
      throttle.giveBack("a")
    }
    throttle.giveBack("b")
    for key in ["a", "b"] {
      for _ in 0..<10 { try throttle.take(key) }
      #expect(throws: RequestError.self) { try throttle.take(key) }
    }
  }

  @Test("So many calls a minute pass, each for itself, and are refilled evenly") func callsMinute() throws {
    let time = Time()
    let throttle = Throttle("connector", limit: 100) { time.now }
    for _ in 0..<100 { try throttle.take("a") }
    #expect(throws: RequestError.self) { try throttle.take("a") }
    try throttle.take("b")
    time.pass(600)
    try throttle.take("a")
    do throws(RequestError) {
      try throttle.take("a")
      Issue.record("a call too many passed")
    } catch {
      #expect(error.kind == .tooMany)
      #expect(error.headers[.retryAfter] == "1")
    }
    time.pass(60_000)
    for _ in 0..<100 { try throttle.take("a") }
    #expect(throws: RequestError.self) { try throttle.take("a") }
    for _ in 0..<1_000 { try Throttle("any", limit: 0).take("a") }
  }

  @Test("Without a limit it is not asked who calls") func asksNobody() throws {
    let throttle = Throttle("any", limit: 0)
    func key() -> String {
      Issue.record("a key was made")
      return "a"
    }
    try throttle.check(key())
    try throttle.take(key())
    throttle.note(key())
    throttle.giveBack(key())
  }

  @Test("Who waits for as long as it was told is served") func waitsAs() throws {
    let time = Time()
    let throttle = Throttle("connector", limit: 7) { time.now }
    for _ in 0..<500 {
      do throws(RequestError) { try throttle.take("a") } catch {
        time.pass(1_000 * (try #require(Int(error.headers[.retryAfter] ?? ""))))
        #expect(throws: Never.self) { try throttle.take("a") }
      }
    }
  }

  @Test("A connector past its calls hears how long to wait, others do not, and asking about tokens goes on")
  func connectorPast()
    async throws
  {
    let served = try await ServedLedger(environment: ["CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=3"])
    for _ in 0..<3 { #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200) }
    let refused = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    #expect(refused.status == 429)
    #expect(
      refused["errorCode"] == "TooManyRequests" && refused["message"] != nil && refused["errorCategoryKey"] != nil)
    #expect((1...20).contains(try #require(Int(refused.header("retry-after") ?? ""))))
    #expect(refused.header("ratelimit-policy") == "\"connector\";q=3;w=60")
    #expect(refused.header("ratelimit")?.hasPrefix("\"connector\";r=0;t=") == true)
    #expect(refused.header("access-control-allow-origin") == "*")
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    #expect(try served.post("/oauth2/token", [served.basic], form: form).status == 429)
    #expect(try served.post("/oauth2/introspect", [served.basic], form: "token=\(served.refreshToken)").status == 200)
    let other = ServedLedger.basic(served.otherConnector, served.otherSecret)
    #expect(try served.post("/oauth2/token", [other], form: form)["error"] == "invalid_grant")
    // A wrong Secret does not use up a connector's calls.
    #expect(
      try served.ask(
        "GET", "/v1/accessToken", ["applicationId: \(served.connector)", "applicationSecret: x", "refreshToken: x"]
      ).status == 401)
  }

  @Test("Refused credentials are limited alike, whether what they name exists") func refusedCredentials() async throws {
    let served = try await ServedLedger(environment: ["CREDLEDGER_SERVE_LIMITS_FAILURES=5"])
    for index in 0..<5 {
      let id = index % 2 == 0 ? served.connector : "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62"
      #expect(
        try served.post(
          "/oauth2/token", [ServedLedger.basic(id, "wrong")], form: "grant_type=refresh_token&refresh_token=x"
        ).status == 401)
    }
    for id in [served.connector, "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62", "x"] {
      let answer = try served.post(
        "/oauth2/token", [ServedLedger.basic(id, "wrong")], form: "grant_type=refresh_token&refresh_token=x")
      #expect(answer.status == 429)
      #expect(answer["error"] == "temporarily_unavailable")
    }
  }

  @Test("Each route that takes a Secret counts those that are wrong, and is closed once there were too many")
  func eachRoute()
    async throws
  {
    let served = try await ServedLedger(environment: ["CREDLEDGER_SERVE_LIMITS_FAILURES=3"])
    let wrong = ServedLedger.basic(served.connector, "wrong")
    let paths = ["/oauth2/revoke", "/oauth2/introspect", "/oauth2/par"]
    for path in paths { #expect(try served.post(path, [wrong], form: "token=x").status == 401, "\(path)") }
    for path in paths {
      for credentials in [wrong, served.basic] {
        #expect(try served.post(path, [credentials], form: "token=x").status == 429, "\(path)")
      }
    }
  }
}
