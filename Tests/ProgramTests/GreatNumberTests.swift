import LedgerTestSupport
import Testing

/// The greatest number there is, as an ID or as where a list goes on: it names nothing, and ends nothing.
@Suite struct GreatNumberTests {
  @Test("Commands answer or refuse it") func commandsAnswerOrRefuseIt() async throws {
    let ledger = try await ProvenLedger()
    let number = "18446744073709551615"
    let commands: [[String]] = [
      ["account", "list", "--after", number], ["account", "show", number],
      ["connector", "list", "--after", number], ["connector", "list", "--owner", number],
      ["connector", "show", number],
      ["group", "list", "--after", number], ["group", "list", "--member", number], ["group", "show", number],
      ["group", "members", number],
      ["grant", "list", "account:\(number)"], ["grant", "list", "connector:\(number)"],
      ["grant", "list", "group:\(number)"], ["grant", "show", number],
      ["webhook", "list", "connector:\(number)"], ["webhook", "list", "grant:\(number)"], ["webhook", "show", number],
      ["state", "--select", "accounts", "--after", number], ["state", "--select", "connectors", "--after", number],
      ["state", "--select", "groups", "--after", number], ["state", "--select", "grants", "--after", number],
      ["state", "--select", "tokens", "--after", number], ["state", "--as-of", number], ["diff", number],
      ["token", "list", "connector:\(number)"], ["explain", "token:\(number)"], ["explain", "grant:\(number)"],
      ["audit", "--after", number], ["audit", "--connector", number], ["audit", "--token", "token:\(number)"],
      ["prove", "inclusion", number], ["prove", "consistency", number], ["bundle", "token:\(number)"],
      ["replay", "--to", number],
    ]
    for command in commands {
      let result = try ledger.run(command)
      #expect(result.status < 4, "\(command): \(result.error)")
    }
  }
}
