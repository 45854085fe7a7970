import CredentialLedger
import LedgerTestSupport
import Testing

/// Where things are made, and where they are not.
@Suite struct PlaceTests {
  @Test("No ledger is made inside another") func ledgerMade() async throws {
    let ledger = try await ProvenLedger(events: 2)
    for place in ["x", "ledger/x", "keys/x", "a/b/c"] {
      let path = "\(ledger.path)/\(place)"
      let refused = try runProgram(["init", "--origin", "a.example", "--ledger", path])
      #expect(
        refused.status == 1 && refused.error.contains("in the folder of the ledger"), "\(place): \(refused.error)")
      #expect(TemporaryFolder.names(in: path) == nil)
    }
    #expect(TemporaryFolder.names(in: ledger.path)?.sorted() == ["keys", "ledger"])
    #expect(try ledger.run("verify").status == 0)
  }

  @Test("An init that fails leaves nothing") func initFails() throws {
    let folder = TemporaryFolder()
    let refused = try runProgram(
      ["init", "--origin", "a.example", "--ledger", "\(folder.path)/a/b/ledger"],
      environment: ["CREDLEDGER_MASTER_KEY=no key"])
    #expect(refused.status == 3, "\(refused.error)")
    #expect(TemporaryFolder.names(in: folder.path) == [])
    #expect(try runProgram(["init", "--origin", "a.example", "--ledger", "\(folder.path)/a/b/ledger"]).status == 0)
  }

  @Test("A backup makes no folders above its own") func backupMakes() async throws {
    let ledger = try await ProvenLedger(events: 2)
    for arguments in [
      ["backup", ledger.file("typo/copy")], ["backup", ledger.file("copy"), "--keys", ledger.file("typo/keys")],
    ] {
      let refused = try ledger.run(arguments)
      #expect(refused.error.contains("\(ledger.file("typo")) is not there"), "\(refused.error)")
      #expect(refused.status == 3, "\(refused.error)")
      #expect(TemporaryFolder.names(in: ledger.folder.path) == ["ledger"])
    }
    #expect(try ledger.run("backup", ledger.file("copy")).status == 0)
  }

  @Test("Made up people stay out of ledgers that hold others") func madeUp() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let refused = try ledger.run("walkthrough")
    #expect(refused.status == 1 && refused.error.contains("holds events already"), "\(refused.error)")
    #expect(try ledger.run("stats", "--format", "ndjson").output.contains(#""events":3,"#))
    #expect(try runProgram(["walkthrough", "--leave-open"]).status == 2)
    let new = "\(ledger.folder.path)/new"
    #expect(try runProgram(["init", "--origin", "a.example", "--ledger", new]).status == 0)
    #expect(try runProgram(["walkthrough", "--leave-open", "--ledger", new]).status == 0)
    #expect(try runProgram(["walkthrough", "--ledger", new]).status == 1)
  }
}
