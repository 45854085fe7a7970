import CredentialLedger
import LedgerTestSupport
import Testing

/// What is named in one place of the program's output is named alike in all others.
@Suite struct OneSpellingTests {
  @Test("IDs have their kind in every output for programs, and details of events name tokens as tokens")
  func ids() async throws {
    let ledger = try await AuditedLedger()
    let grant = "\(ledger.granted.grant)"
    let outputs = [
      ["grant", "show", grant], ["grant", "list", "\(ledger.connector.id)"], ["connector", "list"], ["group", "list"],
      ["group", "show", "\(ledger.group.id)"], ["group", "members", "\(ledger.group.id)"], ["account", "list"],
      ["token", "list", grant], ["audit"], ["state", "--id", grant], ["explain", grant],
    ]
    for arguments in outputs {
      let output = try ledger.output(arguments + ["--format", "ndjson"])
      for name in [
        "connector", "group", "account", "grant", "granter", "owner", "family", "membership", "handle", "target",
        "refreshToken", "successor", "predecessor", "supersedes",
      ] {
        for rest in output.split(separator: "\"\(name)\":").dropFirst() {
          #expect(rest.first?.isNumber != true, "\(arguments): \(name): \(rest.prefix(20))")
        }
      }
    }
    let revoked = try ledger.run(["token", "revoke", "\(ledger.connector.id)"])
    #expect(revoked.output == "all tokens of \(ledger.connector.id) so far are revoked\n")
    let audited = try ledger.output(["audit", "--type", "token.revoked", "--format", "ndjson"])
    #expect(audited.contains(#""reach":"connector","target":"\#(ledger.connector.id)""#), "\(audited)")
  }

  @Test("Kinds of groups and roles are spelled alike in lists, states and the audit trail")
  func words() async throws {
    let ledger = try await AuditedLedger()
    let made = try ledger.output([
      "group", "create", "--name", "News", "--creator", "\(ledger.ada)", "--kind", "connect-group", "--format",
      "ndjson",
    ])
    #expect(made.contains(#""kind":"connect-group""#))
    let group = String(try #require(made.split(separator: "\"").first { $0.hasPrefix("group:") }))
    for arguments in [["group", "show", group], ["state", "--id", group], ["audit", "--type", "group.created"]] {
      let output = try ledger.output(arguments + ["--format", "ndjson"])
      #expect(output.contains("connect-group") && !output.contains("connectGroup"), "\(arguments): \(output)")
    }
  }

  @Test(
    "A connector whose owner is disabled is stopped wherever it is listed, and says until when its old Secret holds")
  func connectors() async throws {
    let played = try await BundleTests.Played()
    let (ledger, connector) = (played.ledger, "connector:\(played.connector)")
    #expect(try ledger.run("connector", "rotate-secret", connector, "--overlap", "1h").status == 0)
    let overlapping = try ledger.run("connector", "show", connector, "--format", "ndjson").output
    try expectDocuments(overlapping, match: "connector")
    #expect(overlapping.contains(#""previousSecretUntil":"#))
    #expect(try ledger.run("connector", "show", connector).output.contains("old Secret      accepted until "))
    let shown = try ledger.run("connector", "show", connector, "--format", "ndjson").output
    let owner = String(try #require(shown.split(separator: "\"").first { $0.hasPrefix("account:") }))
    #expect(try ledger.run("account", "disable", owner, "--reason", "left").status == 0)
    for arguments in [
      ["connector", "list"], ["connector", "show", connector], ["connector", "list", "--owner", owner],
    ] {
      let output = try ledger.run(arguments + ["--format", "ndjson"]).output
      try expectDocuments(output, match: "connector")
      #expect(output.contains(#""state":"stopped""#) && output.contains("\(owner) stopped by"), "\(output)")
    }
    #expect(try ledger.run("connector", "list").output.contains("stopped"))
    #expect(try ledger.run("explain", connector).output.contains("not valid"))
  }

  @Test("A bound that is finer than a millisecond counts as it is written")
  func bounds() async throws {
    let ledger = try await AuditedLedger()
    let lines = try ledger.output(["audit", "--reverse", "--fields", "position,time", "--format", "ndjson"])
    let time = "2026-01-01T00:00:08.000"
    let position = try #require(
      lines.split(separator: "\n").first { $0.contains(time) }.flatMap { UInt64($0.filter(\.isNumber).dropLast(17)) })
    for (option, bound, isFound) in [
      ("--until", "\(time)9Z", true), ("--until", "\(time)0Z", false), ("--since", "\(time)9Z", false),
      ("--since", "\(time)Z", true), ("--until", "\(time)000001+00:00", true),
    ] {
      let found = try ledger.positions([option, bound]).contains(position)
      #expect(found == isFound, "\(option) \(bound)")
    }
  }
}
