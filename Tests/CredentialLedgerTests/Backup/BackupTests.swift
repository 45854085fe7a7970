import EventLog
import Glibc
import KeyStore
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct BackupTests {
  @Test("One taken under full load is a real commit") func takenUnder() async throws {
    let copied = try await CopiedLedger(tokens: 200)
    let ledger = copied.ledger
    let backup = copied.path("backup")
    for round in 0..<3 {
      let report = try await copied.underLoad {
        try await ledger.backups.make(at: "\(backup)-\(round)", comparingProjections: true)
      }
      let manifest = report.manifest
      #expect(try manifest.position < ledger.head())
      #expect(try copied.root(at: manifest.position) == manifest.root)
      let checked = try await Backups.check(
        at: "\(backup)-\(round)", keys: copied.keys, comparingProjections: true, CopiedLedger.configuration)
      #expect(checked.manifest == manifest)

      let path = copied.path("restored-\(round)")
      let restored = try await Ledger.restore(
        from: "\(backup)-\(round)", keys: copied.keys, at: path, CopiedLedger.configuration, record: .none)
      #expect(
        restored.events == manifest.position.rawValue && restored.root == manifest.root && restored.recordedAt == nil)
      let again = try await Ledger.open(at: path, CopiedLedger.configuration)
      #expect(try again.head() == manifest.position)
      let (live, rebuilt) = try await again.integrity.digests()
      #expect(live == rebuilt)
      #expect(live == manifest.digests)
      #expect(try await again.integrity.verify().projectionsMatch)
      await again.close()
    }
    await ledger.close()
  }

  /// While LMDB copies, the map of the process cannot grow.
  @Test("The map grows before a copy that would keep it from growing") func mapGrows() async throws {
    let folder = TemporaryFolder()
    var configuration = CopiedLedger.configuration
    configuration.mapSize = 1 << 20
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org", configuration)
    var number = 0
    while try ledger.log.environment.statistics().usedBytes <= (1 << 19) {
      number += 1
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "\(number)")
    }
    _ = try await ledger.backups.make(at: "\(folder.path)/backup")
    #expect(try ledger.log.environment.statistics().mapSize == 1 << 21)
    await ledger.close()
  }

  @Test("A ledger that is closed meanwhile ends it or waits for it") func ledgerClosed() async throws {
    let copied = try await CopiedLedger(tokens: 300)
    let ledger = copied.ledger
    async let backup = failure { () throws(LedgerError) in _ = try await ledger.backups.make(at: copied.path("backup"))
    }
    async let archive = failure { () throws(LedgerError) in
      _ = try await ledger.archive.append(to: copied.path("archive"))
    }
    await ledger.close()
    for error in await [backup, archive] {
      #expect(error == nil || error?.code == .closed, "\(error?.description ?? "")")
    }
    if TemporaryFolder.names(in: copied.path("backup")) != nil {
      _ = try await Backups.check(at: copied.path("backup"))
    }
  }

  @Test("It is private and leaves nothing else") func privateLeaves() async throws {
    let copied = try await CopiedLedger()
    for folder in ["new", "safe"] { try Folder.make(copied.path(folder)) }
    _ = try await copied.ledger.backups.make(at: copied.path("new/backup"), keys: copied.path("safe/keys"))
    #expect(
      Folder.files(in: copied.path("new")) == [
        "backup/SHA256SUMS", "backup/ledger/data.mdb", "backup/manifest.json",
      ])
    let keys = Folder.files(in: copied.path("safe"))
    #expect(keys.contains("keys/keys/keyring") && keys.contains("keys/keys/master.key"))
    for folder in ["new", "safe"] {
      for file in Folder.files(in: copied.path(folder)) {
        #expect(try mode(copied.path("\(folder)/\(file)")) == 0o600)
      }
    }
    #expect(try mode(copied.path("new/backup")) == 0o700)
    #expect(try mode(copied.path("new/backup/ledger")) == 0o700)
    // A check leaves no lock file either.
    _ = try await Backups.check(at: copied.path("new/backup"))
    #expect(Folder.files(in: copied.path("new")).count == 3)
    // Any tool can check the digests.
    #expect(
      Program.run("sh", ["-c", "cd '\(copied.path("new/backup"))' && sha256sum --check --quiet --strict SHA256SUMS"]))
    await copied.ledger.close()
  }

  @Test("A ledger that is only read backs up what another opening wrote") func ledgerOnly() async throws {
    let copied = try await CopiedLedger()
    await copied.ledger.close()
    let reader = try await Ledger.openForReading(at: copied.path("ledger"), CopiedLedger.configuration)
    let report = try await reader.backups.make(at: copied.path("backup"), keys: copied.path("keys"))
    #expect(try report.manifest.position == reader.head())
    await reader.close()
    let restored = try await Ledger.restore(
      from: copied.path("backup"), keys: copied.path("keys"), at: copied.path("again"), CopiedLedger.configuration)
    #expect(restored.recordedAt == report.manifest.position + 1)
    let again = try await Ledger.open(at: copied.path("again"), CopiedLedger.configuration)
    let event = try await again.audit.latest(1, of: .type(.ledgerRestored)).first
    guard case .ledgerRestored(let said)? = event?.event else { throw Unexpected() }
    #expect(said.events == report.manifest.position.rawValue && Digest(bytes: said.root) == report.manifest.root)
    #expect(try await again.integrity.verify().projectionsMatch)
    await again.close()
  }

  @Test("An erasure holds through a restore from older keys") func erasureHolds() async throws {
    let copied = try await CopiedLedger()
    let ledger = copied.ledger
    let person = try #require(try ledger.accounts.account(copied.steps.admin)).subject.personBytes
    _ = try await ledger.backups.make(at: copied.path("old-log"), keys: copied.path("old-keys"))
    #expect(try FileBytes.hold(person, in: copied.path("old-keys")))
    try await ledger.people.erase(copied.steps.admin, by: Requester.operator)
    _ = try await ledger.backups.make(at: copied.path("log"), keys: copied.path("keys"))
    #expect(try !FileBytes.hold(person, in: copied.path("keys")))
    await ledger.close()
    _ = try await Ledger.restore(
      from: copied.path("log"), keys: copied.path("old-keys"), at: copied.path("again"), CopiedLedger.configuration)
    #expect(try !FileBytes.hold(person, in: copied.path("again/keys")))
    let again = try await Ledger.open(at: copied.path("again"), CopiedLedger.configuration)
    #expect(try await again.accounts.reveal(copied.steps.admin, for: "a test", by: Requester.operator) == nil)
    await again.close()
  }

  @Test("Damage of any file is found") func damageOfAnyFileIsFound() async throws {
    let copied = try await CopiedLedger()
    let (backup, keys) = (copied.path("backup"), copied.path("keys"))
    _ = try await copied.ledger.backups.make(at: backup, keys: keys)
    await copied.ledger.close()
    var random = SeededRandom(stream: 7_001)
    for file in Folder.files(in: backup) {
      try await Flips("\(backup)/\(file)").forEach(30, using: &random) { place in
        let error = await failure { () throws(LedgerError) in _ = try await Backups.check(at: backup) }
        #expect(error?.code == .damaged, "\(file), byte \(place), seed \(testSeed)")
        let refused = await failure { () throws(LedgerError) in
          _ = try await Ledger.restore(from: backup, keys: keys, at: copied.path("again"), CopiedLedger.configuration)
        }
        #expect(refused?.code == .damaged, "\(file), byte \(place), seed \(testSeed)")
      }
    }
    for file in Folder.files(in: keys) {
      try await Flips("\(keys)/\(file)").forEach(10, using: &random) { place in
        let error = await failure { () throws(LedgerError) in
          _ = try await Backups.check(at: backup, keys: keys, CopiedLedger.configuration)
        }
        #expect(error?.code == .damaged, "\(file), byte \(place), seed \(testSeed)")
      }
    }
    #expect(try copied.isClean("again"))
    for file in Folder.files(in: backup) {
      let content = try FileBytes.read("\(backup)/\(file)")
      #expect(unsafe unlink("\(backup)/\(file)") == 0)
      let error = await failure { () throws(LedgerError) in _ = try await Backups.check(at: backup) }
      #expect(error?.code == (file == "SHA256SUMS" ? .notFound : .damaged), "\(file)")
      try FileBytes.write(content, to: "\(backup)/\(file)")
    }
    _ = try await Backups.check(at: backup, keys: keys, comparingProjections: true, CopiedLedger.configuration)
  }

  /// Whoever changes a row and makes every digest anew is found out by what the rows say of themselves.
  @Test("A copy whose sums were made anew is held against its tree") func copyWhose() async throws {
    let copied = try await CopiedLedger()
    let backup = copied.path("backup")
    let manifest = try await copied.ledger.backups.make(at: backup).manifest
    await copied.ledger.close()
    let data = "\(backup)/\(BackupManifest.dataPath)"
    var content = try FileBytes.read(data)
    // A byte within a token's record: the digest of its secret.
    let position = manifest.position - 5
    let record = try #require(try await record(at: position, of: copied.path("ledger")))
    let place = try #require(content.indices.first { content[$0] == record[0] && content[$0...].starts(with: record) })
    content[place + record.count - 10] ^= 1
    try FileBytes.write(content, to: data)
    try reseal(backup)
    let error = await failure { () throws(LedgerError) in _ = try await Backups.check(at: backup) }
    #expect(error?.code == .damaged && error?.position == position, "\("\(error, default: "nothing")")")
  }

  /// An older copy is sound in itself, and its sums are made right: it is not the one that the manifest speaks of.
  @Test("An older copy under a newer manifest is refused") func olderCopy() async throws {
    let copied = try await CopiedLedger(tokens: 3)
    let (older, newer) = (copied.path("older"), copied.path("newer"))
    _ = try await copied.ledger.backups.make(at: older)
    try await copied.issue(2)
    _ = try await copied.ledger.backups.make(at: newer)
    await copied.ledger.close()
    try FileBytes.write(
      try FileBytes.read("\(older)/\(BackupManifest.dataPath)"), to: "\(newer)/\(BackupManifest.dataPath)")
    try reseal(newer)
    let error = await failure { () throws(LedgerError) in _ = try await Backups.check(at: newer) }
    #expect(error?.code == .damaged)
    let refused = await failure { () throws(LedgerError) in
      _ = try await Ledger.restore(
        from: newer, keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration)
    }
    #expect(refused?.code == .damaged)
    #expect(try copied.isClean("again"))
  }

  @Test("Keys must be the ledgers and must be there") func keysMustBe() async throws {
    let copied = try await CopiedLedger()
    let other = try await CopiedLedger(origin: "other.example.org", tokens: 1)
    let twin = try await CopiedLedger(tokens: 1)
    let backup = copied.path("backup")
    _ = try await copied.ledger.backups.make(at: backup, keys: copied.path("keys"))
    let restore = { (keys: String) async -> LedgerError? in
      await failure { () throws(LedgerError) in
        _ = try await Ledger.restore(from: backup, keys: keys, at: copied.path("again"), CopiedLedger.configuration)
      }
    }
    #expect(await restore(copied.path("nowhere"))?.code == .notFound)
    #expect(await restore(other.keys)?.code == .keyUnavailable)
    // A ledger of the same name has other keys all the same.
    #expect(await restore(twin.keys)?.code == .keyUnavailable)
    // Keys from before a rotation cannot have signed what came after it.
    try await copied.ledger.keys.rotateSigningKey()
    _ = try await copied.ledger.backups.make(at: copied.path("later"))
    let outdated = await failure { () throws(LedgerError) in
      _ = try await Ledger.restore(
        from: copied.path("later"), keys: copied.path("keys"), at: copied.path("again"), CopiedLedger.configuration)
    }
    #expect(outdated?.code == .keyUnavailable)
    #expect(unsafe unlink(copied.path("keys/keys/keyring")) == 0)
    #expect(await restore(copied.path("keys"))?.code == .damaged)
    #expect(try copied.isClean("again"))
    let trusted = try twin.ledger.verifierKey
    let error = await failure { () throws(LedgerError) in
      _ = try await Backups.check(at: backup, verifierKeys: [trusted])
    }
    #expect(error?.code == .keyUnavailable)
    let elsewhere = try other.ledger.verifierKey
    let unusable = await failure { () throws(LedgerError) in
      _ = try await Backups.check(at: backup, verifierKeys: [elsewhere])
    }
    #expect(unusable?.code == .invalidValue && unusable?.field == "verifierKey")
    let own = try copied.ledger.verifierKeys[0]
    _ = try await Backups.check(at: backup, verifierKeys: [own])
    for each in [copied, other, twin] { await each.ledger.close() }
  }

  @Test("Nothing is overwritten and keys are kept apart") func nothingOverwritten() async throws {
    let copied = try await CopiedLedger(tokens: 1)
    let ledger = copied.ledger
    let backup = copied.path("backup")
    _ = try await ledger.backups.make(at: backup)
    let again = await failure { () throws(LedgerError) in _ = try await ledger.backups.make(at: backup) }
    #expect(again?.code == .alreadyExists)
    let head = try ledger.head()
    let over = await failure { () throws(LedgerError) in
      _ = try await Ledger.restore(
        from: backup, keys: copied.keys, at: copied.path("ledger"), CopiedLedger.configuration)
    }
    #expect(over?.code == .alreadyExists)
    #expect(try ledger.head() == head)
    for (log, keys) in [("a", "a/keys"), ("b/log", "b"), ("c", "c"), ("d/../e", "e/keys")] {
      let error = await failure { () throws(LedgerError) in
        _ = try await ledger.backups.make(at: copied.path(log), keys: copied.path(keys))
      }
      #expect(error?.code == .invalidValue && error?.field == "keys", "\(log) \(keys)")
    }
    let empty = await failure { () throws(LedgerError) in _ = try await Backups.check(at: copied.path("none")) }
    #expect(empty?.code == .notFound)
    await ledger.close()
  }

  private func mode(_ path: String) throws -> mode_t {
    var status = stat()
    try #require(unsafe stat(path, &status) == 0)
    return status.st_mode & 0o777
  }

  private func record(at position: Position, of path: String) async throws -> [UInt8]? {
    let reader = try await Ledger.openForReading(at: path, CopiedLedger.configuration)
    let record = try reader.log.snapshot().record(at: position.rawValue)?.bytes
    await reader.close()
    return record
  }

  /// Makes the digests of a folder anew.
  private func reseal(_ folder: String) throws {
    #expect(unsafe unlink("\(folder)/\(FolderSums.fileName)") == 0)
    let files = try Folder.files(in: folder).map { ($0, try FileInput.digest(of: "\(folder)/\($0)")) }
    try FolderSums.write(files, in: folder)
  }
}

struct Unexpected: Error {}
