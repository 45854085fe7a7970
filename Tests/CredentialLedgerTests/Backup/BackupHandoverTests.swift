import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// What a run leaves that ends after it has named some of what it makes, and before it has named all.
@Suite struct BackupHandoverTests {
  @Test("A backup that ends between its two folders is taken up by the next, which touches no other")
  func betweenTheNames() async throws {
    let copied = try await CopiedLedger()
    let (ledger, copy, keys) = (copied.ledger, copied.path("copy"), copied.path("keys"))
    // The folder of the log cannot take its name any more once somebody fills it.
    let failed = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: copy, keys: keys) { _ in try? Folder.make("\(copy)/occupied") }
    }
    #expect(failed != nil)
    #expect(Folder.exists("\(keys)/SHA256SUMS"), "the keys have their name")
    Folder.remove(copy)
    _ = try await ledger.backups.make(at: copy, keys: keys)
    _ = try await Backups.check(at: copy, keys: keys)
    #expect(try #require(TemporaryFolder.names(in: copied.folder.path)).sorted() == ["copy", "keys", "ledger"])

    let refused = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: copied.path("another"), keys: keys)
    }
    #expect(refused?.code == .alreadyExists)
    _ = try await Backups.check(at: copy, keys: keys)
    await ledger.close()
  }

  @Test("A ledger that has its name when something fails says so")
  func named() async throws {
    let folder = TemporaryFolder()
    let (path, key) = ("\(folder.path)/ledger", "\(folder.path)/master.key")
    try DurableFile.create(key, with: Array(String(repeating: "4f", count: 32).utf8))
    let calls = Atomic(0)
    // The master key goes once the keys are made, and before the ledger is opened by its name.
    let configuration = LedgerConfiguration(
      masterKey: .file(key),
      clock: {
        if calls.add(1, ordering: .relaxed).newValue == 2 { Folder.remove(key) }
        return 1_767_225_600_000
      })
    let error = await failure { () throws(LedgerError) in
      _ = try await Ledger.create(at: path, origin: "a.example", configuration)
    }
    #expect(error?.reason.contains("the ledger is made in \(path)") == true, "\(String(describing: error))")
    try DurableFile.create(key, with: Array(String(repeating: "4f", count: 32).utf8))
    await (try await Ledger.open(at: path, configuration)).close()
  }
}
