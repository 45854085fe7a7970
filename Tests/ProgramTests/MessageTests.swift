import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// Messages say what is wrong by the names that people know, and what to do.
@Suite struct MessageTests {
  @Test(
    "An impossible time says which part",
    arguments: [
      ("2026-11-31", "there is no day 31: 2026-11 has 30"), ("2026-02-29", "2026-02 has 28"),
      ("2026-13-01", "no month 13"),
      ("2026-11-29T25:00:00Z", "no hour 25"), ("2026-11-29T12:60:00Z", "no minute 60"),
      ("2026-11-29T12:00:60Z", "leap seconds"), ("2026-11-29T12:00:00", "offset from UTC"),
      ("tomorrow", "expected a time such as"), ("2026-11-29T12:00", "expected a time such as"),
    ])
  func impossibleTime(text: String, words: String) throws {
    for arguments in [
      ["audit", "--since", text], ["audit", "--until", text], ["state", "--as-of", text], ["diff", text],
      ["explain", "token:1", "--at", text], ["bundle", "1", "--at", text],
    ] {
      let result = try runProgram(arguments + ["--ledger", "/nonexistent"])
      #expect(result.status == 2 && result.error.contains(words), "\(arguments): \(result.error)")
    }
  }

  @Test(
    "A limit that no answer has says the bounds",
    arguments: [
      (["audit"], "1 to 10000"), (["connector", "list"], "1 to 1000"), (["token", "list", "grant:1"], "1 to 1000"),
      (["account", "list"], "1 to 1000"), (["group", "list"], "1 to 1000"), (["state"], "at least 1"),
      (["group", "subscribers", "1"], "1 to 50"),
    ])
  func limitAnswer(arguments: [String], bounds: String) throws {
    for value in [["--limit", "-1"], ["--limit=0"], ["--limit", "0"]] {
      let result = try runProgram(arguments + value + ["--ledger", "/nonexistent"])
      #expect(result.status == 2 && result.error.contains("--limit: expected \(bounds)"), "\(value): \(result.error)")
    }
  }

  @Test("What there never was is no empty answer") func neverEmpty() async throws {
    let ledger = try await AuditedLedger()
    for arguments in [
      ["token", "list", "connector:999"], ["token", "list", "family:999"], ["grant", "list", "account:999"],
      ["grant", "list", "group:999"], ["webhook", "list", "grant:999"], ["connector", "list", "--owner", "999"],
      ["group", "list", "--member", "999"], ["audit", "--account", "999"],
    ] {
      let result = try ledger.run(arguments)
      #expect(result.status == 1 && result.error.contains("there is no "), "\(arguments): \(result.error)")
      #expect(result.error.contains("[not_found]"), "\(arguments): \(result.error)")
    }
    #expect(try ledger.run(["grant", "list", "\(ledger.ada)"]).status == 0)
  }

  @Test("What clients know is explained by their I ds") func clientsKnow() async throws {
    let ledger = try await AuditedLedger()
    for (id, object) in [
      ("\(ledger.connector.publicID)", "\(ledger.connector.id)"), ("\(ledger.group.publicID)", "\(ledger.group.id)"),
      ("\(ledger.group.id)", "\(ledger.group.id)"),
    ] {
      let output = try ledger.output(["explain", id, "--format", "ndjson"])
      try expectDocuments(output, match: "explain")
      #expect(output.contains(#""subject":"\#(object)""#) && output.contains(#""valid":true"#), "\(output)")
    }
    let unknown = try ledger.run(["explain", "00000000-0000-4000-8000-000000000000"])
    #expect(unknown.status == 1 && unknown.error.contains("there is no connector or group"))
  }

  @Test("Others are not called you") func othersAreNotCalledYou() async throws {
    let ledger = try await AuditedLedger()
    let other = try await outsider(in: ledger)
    let refused = try ledger.run([
      "grant", "create", "--connector", "\(ledger.connector.id)", "--group", "\(ledger.group.id)", "--granter", other,
    ])
    #expect(refused.status == 1 && !refused.error.contains("you"), "\(refused.error)")
    #expect(refused.error.contains("\(other) is no member of \(ledger.group.id)"), "\(refused.error)")
  }

  /// Somebody with a phone who is in no group.
  private func outsider(in ledger: AuditedLedger) async throws -> String {
    let opened = try await Ledger.open(at: ledger.path, LedgerConfiguration(masterKey: .keysFolder))
    let account = try await opened.accounts.signIn(issuer: "https://id.example.org", subject: "x").account
    let request = try await opened.phones.requestPIN(for: PhoneNumber("+4915112345678"), by: account)
    _ = try await opened.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    await opened.close()
    return "\(account)"
  }

  @Test("Errors after parsing end with where help is") func errorsAfter() async throws {
    let ledger = try await AuditedLedger()
    for arguments in [["audit", "--type", "nothing"], ["audit", "--phone", "x"], ["token", "list", "phone:1"]] {
      let result = try ledger.run(arguments)
      let command = arguments[0] == "token" ? "token list" : arguments[0]
      #expect(result.status == 2)
      #expect(result.error.hasSuffix("See 'credledger \(command) --help' for more information.\n"), "\(result.error)")
    }
    let proof = try ledger.run(["prove", "inclusion", "99999"])
    #expect(proof.error.contains("expected 1 to \(ledger.token.handle.rawValue + 2), the head"), "\(proof.error)")
    let webhook = try ledger.run(["webhook", "show", "99"])
    #expect(webhook.error.contains("credledger webhook list connector:N"), "\(webhook.error)")
    #expect(try ledger.run(["webhook", "list", "\(ledger.connector.id)"]).status == 0)
    unsafe unlink("\(ledger.path)/keys/keyring")
    let lost = try ledger.run(["account", "list"])
    #expect(lost.status == 3 && lost.error.contains("only restoring"), "\(lost.error)")
  }
}
