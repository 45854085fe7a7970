import CredentialLedger
import Glibc
import LedgerOperations
import LedgerTestSupport
import Testing

/// `credledger explain`, as it is called and read.
@Suite struct ExplainProgramTests {
  @Test("What made a token valid is shown") func madeToken() async throws {
    let ledger = try await AuditedLedger()
    let handle = ledger.token.handle.rawValue
    let table = try ledger.output(["explain", "\(handle)"])
    #expect(table.contains("phone.verified") && table.contains("<- decides") && table.contains("permission.revoked"))
    #expect(!table.contains("Ada") && table.contains("Roster"))
    #expect(try ledger.output(["explain", "\(handle)", "--reveal"]).contains("Ada Lovelace"))
    for object in ["token:\(handle)", "\(ledger.granted.grant)", "\(ledger.connector.id)", "\(ledger.ada)"] {
      for format in ["json", "ndjson"] {
        try expectDocuments(try ledger.output(["explain", object, "--format", format]), match: "explain")
      }
    }
    let then = try ledger.output(["explain", "token:\(handle)", "--at", "2026-01-01T00:01:00Z", "--format", "ndjson"])
    #expect(then.contains(#""valid":false,"reason":"grant:\#(ledger.granted.grant.rawValue) stopped"#))
    // The name that it had before.
    #expect(
      try ledger.output(["token", "explain", "token:\(handle)", "--format", "ndjson"]).contains(#""valid":false"#))
  }

  @Test("The text of a token stays out of the arguments") func textToken() async throws {
    let ledger = try await AuditedLedger()
    let text = ledger.token.accessToken.text
    let asked = try ledger.output(["explain", "-", "--format", "ndjson"], input: text + "\n")
    #expect(asked.contains(#""subject":"\#(ledger.token.handle)""#))
    #expect(!asked.contains(text))
    #expect(try ledger.output(["explain", "--file", "-"], input: text).contains("permission.revoked"))
    #expect(try ledger.output(["explain", text]).contains("permission.revoked"))
  }

  @Test("What there is not is an error") func whatThereIsNotIsAnError() async throws {
    let ledger = try await AuditedLedger()
    for object in ["token:999", "999", "grant:2", "connector:999", "account:4"] {
      let result = try ledger.run(["explain", object])
      #expect(result.status == 1, "\(object)")
      #expect(result.error.contains("there is no"), "\(object)")
    }
    let early = try ledger.run(["explain", "\(ledger.token.handle)", "--at", "2026-01-01T00:00:05Z"])
    #expect(early.status == 1 && early.error.contains("yet"))
    #expect(try ledger.run(["explain", "-"], input: "cla_nonsense").status == 1)
    for arguments in [["nonsense"], ["phone:4"], [], ["token:1", "--file", "x"], ["token:1", "--at", "soon"]] {
      #expect(try ledger.run(["explain"] + arguments).status == 2, "\(arguments)")
    }
  }

  @Test("The evidence proves the same events") func evidenceProves() async throws {
    let ledger = try await AuditedLedger()
    let file = "\(ledger.folder.path)/evidence.json"
    let explained = try ledger.output(["explain", "\(ledger.token.handle)", "--proof", file, "--format", "ndjson"])
    let bytes = try TestFile.read(file)
    var status = stat()
    #expect(unsafe lstat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    try expectDocuments(String(decoding: bytes, as: UTF8.self), match: "evidence")
    let opened = try await Ledger.openForReading(at: ledger.path)
    let key = try opened.verifierKey
    await opened.close()
    let evidence = try EvidenceBundle(decoding: bytes).verify(keys: [key])
    for record in evidence.records { #expect(explained.contains(#""position":\#(record.position),"#)) }
    #expect(evidence.records.count > 8)
    let again = try ledger.run(["explain", "\(ledger.granted.grant)", "--proof", file])
    #expect(again.status == 1 && again.error.contains(file), "never overwritten")
    #expect(try TestFile.read(file) == bytes)
    #expect(TemporaryFolder.names(in: ledger.folder.path) == ["evidence.json", "ledger"], "no draft is left")
  }
}
