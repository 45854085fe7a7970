import CredentialLedger
import LedgerTestSupport
import Testing

/// Tokens that an operator revokes, or asks about afterwards.
@Suite struct TokenProgramTests {
  @Test("A token that there is not is refused") func tokenRefused() async throws {
    let played = try await BundleTests.Played()
    let ledger = played.ledger
    for target in ["token:999", "family:999", "family:\(played.token)", "grant:999", "connector:999", "account:999"] {
      let refused = try ledger.run("token", "revoke", target)
      #expect(refused.status == 1, "\(target)")
      #expect(refused.error.contains("there is no \(target) [not_found]"), "\(refused.error)")
    }
    let foreign = try await BundleTests.Played()
    for text in ["nonsense", foreign.text, String(played.text.dropLast())] {
      let refused = try runProgram(["token", "revoke", "-", "--ledger", ledger.path], input: text + "\n")
      #expect(refused.status == 1 && refused.error.contains("no token of this ledger"), "\(refused.error)")
    }
    #expect(try ledger.run("explain", "token:\(played.token)", "--format", "ndjson").output.contains(#""valid":true"#))
  }

  @Test("A leaked token is revoked by its text") func leakedToken() async throws {
    let played = try await BundleTests.Played()
    let arguments = ["token", "revoke", "-", "--ledger", played.ledger.path]
    let revoked = try runProgram(arguments, input: played.text + "\n")
    #expect(revoked.output == "token:\(played.token) is revoked\n")
    let again = try runProgram(arguments + ["--format", "ndjson"], input: played.text)
    try expectDocuments(again.output, match: "token-revoke")
    let event = played.token + 1
    #expect(
      again.output.contains(#""revoked":false,"reason":"token:\#(played.token) stopped by the event at \#(event)""#))
    let table = try played.ledger.run("token", "revoke", "token:\(played.token)")
    #expect(
      table.output.contains("there was nothing to revoke (token:\(played.token) stopped by the event at \(event))"))
    #expect(try runProgram(["token", "revoke", "--help"]).output.contains("standard input"))
  }

  @Test("A token that was stopped and expired is said to be both") func tokenStopped() async throws {
    let ledger = try await AuditedLedger()
    let handle = ledger.token.handle.rawValue
    let table = try ledger.output(["explain", "\(handle)"])
    let lines = table.split(separator: "\n")
    #expect(lines[0].contains("not valid: expired at "))
    #expect(lines[0].hasSuffix("; revoked before, by event \(handle + 1)"), "\(lines[0])")
    #expect(lines.contains { $0.contains("permission.revoked") && $0.hasSuffix("<- stops it too") }, "\(table)")
    #expect(lines.contains { $0.contains("token.issued") && $0.hasSuffix("<- decides") })
    let json = try ledger.output(["explain", "\(handle)", "--format", "ndjson"])
    try expectDocuments(json, match: "explain")
    #expect(json.contains(#""stoppedBy":{"position":\#(handle + 1),"#))
    let revoked = try ledger.run(["token", "revoke", "token:\(handle)"])
    #expect(revoked.output.hasPrefix("token:\(handle) is revoked (expired at "), "\(revoked.output)")
  }
}
