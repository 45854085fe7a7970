import CredentialLedger
import LedgerTestSupport
import Testing

/// A ledger to which a clock that was an hour ahead has written, as the program finds it.
@Suite struct ClockProgramTests {
  let folder = TemporaryFolder()
  private var path: String { "\(folder.path)/ledger" }
  private static let ahead = LedgerConfiguration(
    masterKey: .keysFolder, clock: { LedgerConfiguration.systemClock() + 3_600_000 })

  private func run(_ arguments: String...) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path])
  }

  /// - Returns: the handle of a token that is revoked.
  private func made() async throws -> UInt64 {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", Self.ahead)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    _ = try await ledger.phones.verify(try #require(request.pin).digits, challenge: request.challenge, by: account)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.groupInformation], by: account)
    let granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .user, by: account)
    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken
    ).handle
    try await ledger.tokens.revoke(.token(token), by: Requester.operator)
    await ledger.close()
    return token.rawValue
  }

  @Test("What was recorded later counts now") func recordedLater() async throws {
    let token = try await made()
    let explained = try run("explain", "token:\(token)")
    #expect(explained.status == 0 && explained.output.contains("stopped by the event at \(token + 1)"))
    #expect(try run("explain", "token:\(token)", "--at", "0s").output.contains("stopped by the event"))
    #expect(try run("explain", "token:\(token)", "--at", "\(token)").output.contains("valid"))
    #expect(try !run("explain", "token:\(token)", "--at", "\(token)").output.contains("stopped by the event"))
    let state = try run("state", "--as-of", "0s", "--format", "json")
    #expect(state.status == 0 && state.output.contains("\(token + 1)"), "\(state.error)")
    #expect(try run("bundle", "token:\(token)", "--at", "0s").status == 0)
  }

  @Test("Commands are refused until the clock is accepted") func commandsRefused() async throws {
    _ = try await made()
    let shown = try run("clock", "show", "--format", "json")
    #expect(shown.status == 1 && shown.error.contains("clock_behind"))
    try expectDocuments(shown.output, match: "clock")
    let refused = try run("group", "create", "--name", "x", "--creator", "2")
    #expect(refused.status == 3 && refused.error.contains("clock_behind"))
    #expect(refused.error.contains("credledger clock accept"))
    let accepted = try run("clock", "accept", "--format", "json")
    #expect(accepted.status == 0, "\(accepted.error)")
    try expectDocuments(accepted.output, match: "clock-accept")
    #expect(try run("group", "create", "--name", "x", "--creator", "2").status == 0)
    #expect(try run("clock", "show").status == 0)
    let again = try run("clock", "accept")
    #expect(again.status == 1 && again.error.contains("conflict"))
    #expect(try run("verify").status == 0)
    #expect(
      try run("audit", "--type", "clock.corrected", "--format", "ndjson").output.contains("confirmed"))
  }
}
