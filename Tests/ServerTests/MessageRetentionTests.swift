import CredentialLedger
import HTTPSupport
import MessageStore
import TestSupport
import Testing

/// How long a server keeps messages.
@Suite struct MessageRetentionTests {
  @Test("A server removes what is older than its setting says, and nothing unless it is set") func serverRemoves()
    async throws
  {
    var (token, group) = ("", "")
    let served = try await ServedLedger(preparing: { (served, ledger) in
      let admin = try await ServedLedger.arrive("admin", "+911199999998", on: ledger)
      let (connector, secret) = try await ledger.connectors.create(
        name: "Roster", permissions: [.textMessage], by: admin)
      let team = try await ledger.groups.create(name: "Field team", by: admin)
      let granted = try await ledger.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(team.id), by: admin)
      token = try await ledger.tokens.issue(
        connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken
      ).accessToken.text
      group = team.publicID.description
      for (hours, written) in [(72, ["old", "older than a day"]), (12, ["recent", "newest"])] as [(Int64, [String])] {
        let store = try MessageStore(
          at: served.path + ".messages", origin: ledger.origin, master: ledger.masterKeySource,
          clock: { LedgerConfiguration.systemClock() - hours * 3_600_000 })
        for text in written { _ = try await store.post(NewMessage(text, to: team.id, by: admin)) }
        await store.close()
      }
    })
    let (bearer, path) = ("accessToken: \(token)", "/v1/groups/\(group)/messages?order=oldestFirst")
    func texts() throws -> [String] {
      let answer = try served.ask("GET", path, [bearer])
      try #require(answer.status == 200, "\(answer.body)")
      return answer.json?["messages"]?.items?.compactMap { $0["message"]?.text } ?? []
    }
    let all = ["old", "older than a day", "recent", "newest"]
    #expect(try texts() == all)
    #expect(served.end() == 0)
    try served.start(environment: PlatformPeople.unlimited + ["CREDLEDGER_SERVE_MESSAGES_DAYS=4"])
    #expect(try texts() == all)
    #expect(served.end() == 0)
    try served.start(environment: PlatformPeople.unlimited + ["CREDLEDGER_SERVE_MESSAGES_DAYS=1"])
    let isRemoved = try await Patience.wait { try texts().count == 2 }
    #expect(isRemoved)
    #expect(try texts() == ["recent", "newest"])
  }
}
