import CredentialLedger
import TestSupport
import Testing

/// A connector that an operator sets inactive while the server runs, and an old Secret that is ended.
@Suite struct InactiveConnectorTests {
  private func run(_ served: ServedLedger, _ arguments: String...) throws {
    let result = try runProgram(arguments + ["--ledger", served.path])
    #expect(result.status == 0, "\(arguments): \(result.error)")
  }

  @Test("An inactive connector gets no token, and none of its tokens is good, until it is active again")
  func inactiveConnector()
    async throws
  {
    let served = try await ServedLedger()
    served.end()
    let ledger = try await Ledger.open(at: served.path, LedgerConfiguration())
    let (server, secret) = try await ledger.resourceServers.create(
      name: "Archive", audience: nil, by: Requester.operator)
    await ledger.close()
    try served.start()
    let resourceServer = ServedLedger.basic(server.publicID.description, secret.text)
    let first = try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)
    let token = try #require(first["accessToken"])

    func statuses() throws -> [Int] {
      let refresh = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
      return [
        try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status,
        try served.post("/oauth2/token", [served.basic], form: refresh).status,
        try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)").status,
        try served.ask("GET", "/check", ["accessToken: \(token)"]).status,
      ]
    }
    func isActive() throws -> String? {
      try served.post("/oauth2/introspect", [resourceServer], form: "token=\(token)")["active"]
    }
    let other = [
      "applicationId: \(served.connector)", "applicationSecret: \(served.otherSecret)",
      "refreshToken: \(served.refreshToken)",
    ]

    #expect(try statuses() == [200, 200, 200, 200])
    #expect(try isActive() == "true")
    try run(served, "connector", "deactivate", served.connector, "--reason", "under review")
    #expect(try statuses() == [401, 401, 401, 401])
    #expect(try isActive() == "false")
    // As one with a wrong Secret.
    let (inactive, wrong) = (
      try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders), try served.ask("GET", "/v1/accessToken", other)
    )
    #expect(inactive.status == wrong.status && inactive["errorCode"] == wrong["errorCode"])
    #expect(inactive["message"] == wrong["message"])
    try run(served, "connector", "activate", served.connector)
    #expect(try statuses() == [200, 200, 200, 200])
    #expect(try isActive() == "true")
  }

  @Test("An old Secret that is ended gets no token any more, and the current one does") func oldSecret() async throws {
    let served = try await ServedLedger()
    func status(_ secret: String) throws -> Int {
      try served.post(
        "/oauth2/token", [ServedLedger.basic(served.connector, secret)],
        form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
      ).status
    }
    let rotated = try runProgram([
      "connector", "rotate-secret", served.connector, "--overlap", "1d", "--format", "json", "--ledger", served.path,
    ])
    #expect(rotated.status == 0, "\(rotated.error)")
    let found = try #require(rotated.output.firstMatch(of: /"secret": *"(cls_[a-z2-7]+)"/), "\(rotated.output.count)")
    let current = String(found.output.1)
    #expect(try status(served.secret) == 200)
    #expect(try status(current) == 200)
    try run(served, "connector", "end-old-secret", served.connector)
    #expect(try status(served.secret) == 401)
    #expect(try status(current) == 200)
  }
}
