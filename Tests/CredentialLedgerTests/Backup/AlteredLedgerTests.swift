import Glibc
import LMDB
import LedgerCrypto
import LedgerTestSupport
import Testing
import TransparencyLog

@testable import CredentialLedger
@testable import EventLog
@testable import LedgerOperations

/// Somebody who can write the data file, and has no key, changes a record and everything that is computed from it: the
/// check of its row, its leaf, the tree's edge. Nothing is signed then, and nothing leaves the ledger as evidence.
@Suite struct AlteredLedgerTests {
  let folder = TemporaryFolder()
  var path: String { "\(folder.path)/ledger" }

  func file(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Nothing is signed by itself, however long a test takes.
  static let configuration = LedgerConfiguration(checkpoints: CheckpointPolicy(events: .max, interval: .max))

  /// A ledger, closed, of which the newest tile is not complete.
  func made(events: Int = 9) async throws -> (checkpoint: String, keys: [String]) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", Self.configuration)
    for number in 1..<events {
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "s\(number)")
    }
    let kept = (try await ledger.checkpoint(), try ledger.verifierKeys)
    await ledger.close()
    return kept
  }

  func change(_ body: (LogTables, inout WriteTransaction) throws -> Void) throws {
    let environment = try Environment(at: "\(path)/ledger", options: .init(mapSize: 64 << 20))
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    let tables = try LogTables(in: &transaction, of: environment)
    try body(tables, &transaction)
    try transaction.commit()
  }

  /// Changes the last byte of a record in the newest tile, and its leaf.
  func alter(_ position: UInt64) throws {
    try change { tables, transaction in
      var record = try #require(try tables.records.get(position, in: transaction))
      record[record.count - 1] ^= 1
      try tables.records.put(position, record, in: &transaction)
      var leaves = try #require(try tables.edge.get(0, in: transaction))
      var leaf: [UInt8] = []
      SHA256.hash(prefix: 0, record).append(to: &leaf)
      leaves.replaceSubrange(Int(position - 1) * 32..<Int(position) * 32, with: leaf)
      try tables.edge.put(0, leaves, in: &transaction)
    }
  }

  func expectDamaged(
    _ what: String, _ body: (Ledger) async throws(LedgerError) -> Void
  ) async throws {
    let reader = try await Ledger.openForReading(at: path, Self.configuration)
    let error = await failure { () throws(LedgerError) in try await body(reader) }
    await reader.close()
    #expect(
      [.damaged, .contradictsCheckpoint, .invalidCheckpoint].contains(error?.code),
      "\(what): \("\(error, default: "nothing")")")
  }

  func expectNothingLeaves() async throws {
    try await expectDamaged("archive") { (ledger) throws(LedgerError) in
      _ = try await ledger.archive.append(to: file("archive"))
    }
    try await expectDamaged("export") { (ledger) throws(LedgerError) in
      _ = try await ledger.backups.export(toFile: file("export"))
    }
    try await expectDamaged("backup") { (ledger) throws(LedgerError) in
      _ = try await ledger.backups.make(at: file("backup"))
    }
    for position in [4, 9] as [Position] {
      try await expectDamaged("proof of \(position)") { (ledger) throws(LedgerError) in
        _ = try await ledger.integrity.proveInclusion(of: position)
      }
      try await expectDamaged("bundle of \(position)") { (ledger) throws(LedgerError) in
        _ = try await ledger.evidence.bundle(of: [position])
      }
    }
    try await expectDamaged("consistency") { (ledger) throws(LedgerError) in
      _ = try await ledger.integrity.proveConsistency(from: 2, to: 9)
    }
    let names = try #require(TemporaryFolder.names(in: folder.path))
    #expect(!names.contains { $0.hasPrefix("export") || $0.hasPrefix("backup") })
    #expect(TemporaryFolder.names(in: file("archive")) ?? [] == [])
  }

  @Test("A record that was changed with its leaf is neither signed nor proven") func recordChanged() async throws {
    _ = try await made()
    try alter(4)
    try await expectNothingLeaves()
    #expect(
      await failure { () throws(LedgerError) in _ = try await Ledger.open(at: path, Self.configuration) }?.code
        == .damaged)
  }

  @Test("Neither where the checkpoint was replaced or is gone") func neitherCheckpoint() async throws {
    _ = try await made()
    try alter(4)
    // As a checkpoint over the altered tree would be, signed by somebody else.
    let reader = try await Ledger.openForReading(at: path, Self.configuration)
    let (origin, root) = (reader.origin, try #require(try await reader.root(at: 9)))
    await reader.close()
    let stranger = try Ed25519NoteSigner(
      name: origin, key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 3, count: 32))))
    let forged = try SignedNote(
      text: Checkpoint(origin: origin, size: 9, root: root).noteText, signedBy: stranger)
    try change { tables, transaction in try tables.checkpoints.put(9, forged.bytes, in: &transaction) }
    try await expectNothingLeaves()
    #expect(
      await failure { () throws(LedgerError) in _ = try await Ledger.open(at: path, Self.configuration) }?.code
        == .damaged)

    try change { tables, transaction in try tables.checkpoints.clear(in: &transaction) }
    for copy in ["archive", "export"] {
      try await expectDamaged("\(copy) without a checkpoint") { (ledger) throws(LedgerError) in
        if copy == "archive" { _ = try await ledger.archive.append(to: file(copy)) }
        if copy == "export" { _ = try await ledger.backups.export(toFile: file(copy)) }
      }
    }
    #expect(
      await failure { () throws(LedgerError) in _ = try await Ledger.open(at: path, Self.configuration) }?.code
        == .damaged)
  }

  @Test("The writer signs nothing over a tree that was changed below it") func writerSigns() async throws {
    _ = try await made()
    let ledger = try await Ledger.open(at: path, Self.configuration)
    let before = try ledger.latestCheckpoint()
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "more")
    // What is in memory is as it was; what was signed last is not.
    let forged = try Checkpoint(origin: ledger.origin, size: 9, root: SHA256.hash([1])).noteText
    _ = try await ledger.log.writer?.maintain { (view, _) throws(LogError) in
      try stored { () throws(LMDBError) in
        try view.tables.checkpoints.put(9, Array(forged.utf8) + Array("\n— x AAAAAA==\n".utf8), in: &view.transaction)
      }
    }
    #expect(await failure { () throws(LedgerError) in _ = try await ledger.checkpoint() }?.code == .damaged)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "and more")
    await ledger.close()
    let reader = try await Ledger.openForReading(at: path, Self.configuration)
    #expect(try reader.latestCheckpoint() != before)
    #expect(try reader.head() > 10 && reader.checkpoint(atOrBelow: .max)?.contains(forged) == true)
    await reader.close()
  }

  @Test("A record that does not match the tree is not exported") func recordMatch() async throws {
    _ = try await made()
    try change { tables, transaction in
      var record = try #require(try tables.records.get(4, in: transaction))
      record[record.count - 1] ^= 1
      try tables.records.put(4, record, in: &transaction)
    }
    for copy in ["archive", "export"] {
      try await expectDamaged(copy) { (ledger) throws(LedgerError) in
        if copy == "archive" { _ = try await ledger.archive.append(to: file(copy)) }
        if copy == "export" { _ = try await ledger.backups.export(toFile: file(copy)) }
      }
    }
  }

  // MARK: Copies against checkpoints kept elsewhere

  @Test("Copies are held against checkpoints kept elsewhere") func copiesHeld() async throws {
    let (old, _) = try await made(events: 5)
    let ledger = try await Ledger.open(at: path, Self.configuration)
    _ = try await ledger.archive.append(to: file("archive"))
    _ = try await ledger.backups.export(toFile: file("export"))
    _ = try await ledger.backups.make(at: file("backup"))
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "later")
    let new = try await ledger.checkpoint()
    // The same key signs another history.
    let forked = try await Ledger.signedFork(of: ledger, size: 3)
    await ledger.close()
    let stranger = old.replacing("\u{2014} ledger", with: "\u{2014} other")

    for (checkpoint, code) in [
      (old, nil), (new, .behindCheckpoint), (forked, .contradictsCheckpoint), (stranger, .invalidCheckpoint),
      ("no checkpoint", .invalidCheckpoint),
    ] as [(String, LedgerError.Code?)] {
      let against = code == nil ? [checkpoint] : [old, checkpoint]
      #expect(
        await failure { () throws(LedgerError) in
          _ = try await Archive.check(at: file("archive"), against: against)
        }?.code == code)
      #expect(
        await failure { () throws(LedgerError) in
          _ = try await Backups.check(at: file("backup"), against: against, Self.configuration)
        }?.code == code)
      let export = unsafe open(file("export"), O_RDONLY | O_CLOEXEC)
      #expect(
        await failure { () throws(LedgerError) in _ = try await Backups.checkExport(export, against: against) }?.code
          == code)
      lseek(export, 0, SEEK_SET)
      #expect(
        await failure { () throws(LedgerError) in
          _ = try await Ledger.importing(
            export, keys: "\(path)/keys", at: file("imported"), Self.configuration, against: against)
        }?.code == code)
      close(export)
      for source in ["archive", "backup"] {
        #expect(
          await failure { () throws(LedgerError) in
            _ = try await Ledger.restore(
              from: file(source), keys: "\(path)/keys", at: file("restored-\(source)"), Self.configuration,
              against: against)
          }?.code == code)
      }
      for made in ["imported", "restored-archive", "restored-backup"] {
        let isMade = TemporaryFolder.names(in: file(made)) != nil
        #expect(isMade == (code == nil), "\(made)")
        TemporaryFolder.remove(file(made))
      }
    }
  }
}

extension Ledger {
  /// A checkpoint over another history of the same ledger, signed by its key.
  static func signedFork(of ledger: Ledger, size: UInt64) async throws -> String {
    try checkpointSigning(origin: ledger.origin, ledger.keyStore, ledger.configuration)(size, SHA256.hash([7]))
  }
}
