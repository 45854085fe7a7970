import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// A log comes back with keys that fit it, and whoever restores hears what is undone.
@Suite struct RestoredKeysTests {
  let folder = TemporaryFolder()
  private var ledger: [String] { ["--ledger", path("ledger")] }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Makes keys-1, then three persons, then backup-2 with keys-2; of the persons one is erased in between.
  private func grown() async throws {
    #expect(try runProgram(["walkthrough", "--leave-open"] + ledger + ["--format", "json"]).status == 0)
    #expect(try runProgram(["backup", path("backup-1"), "--keys", path("keys-1")] + ledger).status == 0)
    let open = try await Ledger.open(at: path("ledger"), LedgerConfiguration())
    var accounts: [AccountID] = []
    for number in 1...3 {
      accounts.append(try await open.accounts.signIn(issuer: "https://id.example.org", subject: "\(number)").account)
    }
    try await open.people.erase(accounts[0], by: Requester.operator)
    await open.close()
    #expect(try runProgram(["backup", path("backup-2"), "--keys", path("keys-2")] + ledger).status == 0)
  }

  @Test("Keys that are older than the log are refused") func keysOlder() async throws {
    try await grown()
    #expect(try runProgram(["archive", path("archive")] + ledger).status == 0)
    #expect(try runProgram(["export", "--out", path("lines")] + ledger).status == 0)
    let target = ["--ledger", path("again")]
    for command in [
      ["restore", path("backup-2")] + target, ["restore", path("archive")] + target,
      ["import", path("lines")] + target, ["backup", "--check", path("backup-2")],
    ] {
      let keys = ["--keys", path("keys-1")]
      let refused = try runProgram(command + keys)
      #expect(refused.status == 1, "\(command)")
      #expect(refused.error.contains("the keys of 2 persons"), "\(refused.error)")
      #expect(refused.error.contains("at least as new as the log") && refused.error.contains("keys_behind"))
      #expect(try !#require(TemporaryFolder.names(in: folder.path)).contains { $0.hasPrefix("again") })
      let accepted = try runProgram(command + keys + ["--accept-missing-keys"])
      #expect(accepted.status == 0, "\(accepted.error)")
      #expect(accepted.output.contains("the keys of 2 persons or webhooks are missing"))
      TemporaryFolder.remove(path("again"))
      let fitting = try runProgram(command + ["--keys", path("keys-2"), "--format", "json"])
      #expect(fitting.status == 0, "\(fitting.error)")
      try expectDocuments(fitting.output, match: command[0] == "backup" ? "backup" : "restore")
      #expect(fitting.output.contains(#""missingKeys": 0"#), "\(fitting.output)")
      TemporaryFolder.remove(path("again"))
    }
    #expect(try runProgram(["backup", path("backup-3"), "--accept-missing-keys"] + ledger).status == 2)
  }

  @Test("Whoever restores hears what is undone") func restoresHears() async throws {
    try await grown()
    let restored = try runProgram(["restore", path("backup-1"), "--keys", path("keys-2"), "--ledger", path("again")])
    #expect(restored.status == 0, "\(restored.error)")
    #expect(restored.output.contains("the copy ends with event 13, 20"))
    #expect(restored.output.contains("revoked, disabled or erased after that is undone; do it again"))
    // Whose key went after the copy was made cannot be told by the copy from one whose key is not there yet.
    let erased = try runProgram(["erase", "account:2", "--yes", "--format", "json"] + ledger)
    #expect(erased.status == 0 && erased.output.contains(#""changed": true"#), "\(erased.error)")
    try expectDocuments(erased.output, match: "change")
    #expect(
      try runProgram(["erase", "account:2", "--yes", "--field", "changed"] + ledger).output == "false\n")
    #expect(
      try runProgram(["erase", "account:2", "--yes"] + ledger).output == "Erased the person of account:2.\n")
    let restore = ["restore", path("backup-1"), "--keys", path("ledger"), "--ledger", path("more")]
    let refused = try runProgram(restore)
    #expect(refused.status == 1 && refused.error.contains("only where they were erased after the log was copied"))
    let accepted = try runProgram(restore + ["--accept-missing-keys", "--format", "ndjson"])
    #expect(accepted.status == 0, "\(accepted.error)")
    #expect(accepted.output.contains(#""missingKeys":1"#), "\(accepted.output)")
  }

  @Test("Keys come back without the master key that was kept apart") func keysCome() async throws {
    try await grown()
    let file = path("keys-2/keys/master.key")
    let descriptor = unsafe open(file, O_RDONLY)
    var text = [UInt8](repeating: 0, count: 64)
    #expect(unsafe text.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) } == 64)
    close(descriptor)
    #expect(unsafe unlink(file) == 0)
    let key = "CREDLEDGER_MASTER_KEY=\(String(decoding: text, as: UTF8.self))"
    let keys = ["--keys", path("keys-2")]
    #expect(try runProgram(["backup", "--check", path("backup-2")] + keys, environment: [key]).status == 0)
    let restored = try runProgram(
      ["restore", path("backup-2"), "--ledger", path("again")] + keys, environment: [key])
    #expect(restored.status == 0, "\(restored.error)")
    #expect(try runProgram(["verify", "--ledger", path("again")], environment: [key]).status == 0)
    // Neither without it nor with another one, nor without another file.
    let restore = ["restore", path("backup-2"), "--ledger", path("more")] + keys
    let keyless = try runProgram(restore)
    #expect(keyless.status == 3 && keyless.error.contains("give the key another way"), "\(keyless.error)")
    #expect(
      try runProgram(restore, environment: ["CREDLEDGER_MASTER_KEY=\(String(repeating: "7", count: 64))"]).status == 3)
    #expect(unsafe unlink(path("keys-2/keys/keyring")) == 0)
    #expect(try runProgram(restore, environment: [key]).status == 1)
  }
}
