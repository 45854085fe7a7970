import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// A checkpoint kept elsewhere, against a ledger that is not what it was.
@Suite struct WitnessFileTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  var copy: String { folder.path + "/copy" }
  var file: String { folder.path + "/witness" }
  var plain: LedgerConfiguration { LedgerConfiguration() }
  var witnessed: LedgerConfiguration { LedgerConfiguration(witnessFile: file) }

  func text(_ path: String) throws -> String { String(decoding: try FileBytes.read(path), as: UTF8.self) }

  /// Appends an event or two.
  func act(on ledger: Ledger, _ name: String) async throws {
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name)
  }

  /// A ledger, closed, whose file is up to date, and a copy of it from before its last events.
  func made() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", witnessed)
    try await act(on: ledger, "one")
    await ledger.close()
    #expect(ledger.witnessFailure == nil)
    #expect(Program.run("cp", ["-a", path, copy]))
    let again = try await Ledger.open(at: path, witnessed)
    try await act(on: again, "two")
    await again.close()
  }

  /// Expects that the ledger is refused by every way in, and that nothing changes.
  func expectRefused(_ path: String, _ expected: LedgerError.Code) async throws {
    let before = (try FileBytes.read("\(path)/ledger/data.mdb"), try FileBytes.read(file))
    #expect(try await code(of: { try await Ledger.open(at: path, witnessed) }) == expected)
    #expect(try await code(of: { try await Ledger.openForReading(at: path, witnessed) }) == expected)
    #expect(try FileBytes.read("\(path)/ledger/data.mdb") == before.0)
    #expect(try FileBytes.read(file) == before.1)
  }

  @Test("The file follows the ledger") func theFileFollowsTheLedger() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", witnessed)
    #expect(try text(file) == ledger.latestCheckpoint())
    try await act(on: ledger, "one")
    let checkpoint = try await ledger.checkpoint()
    #expect(try text(file) == checkpoint)
    try await act(on: ledger, "two")
    try await ledger.keys.rotateSigningKey()
    await ledger.close()
    let reader = try await Ledger.openForReading(at: path, witnessed)
    #expect(try text(file) == reader.latestCheckpoint())
    #expect(try await reader.integrity.verify(against: checkpoint) < reader.integrity.verify(against: try text(file)))
    await reader.close()
  }

  @Test("An old copy is refused") func anOldCopyIsRefused() async throws {
    try await made()
    try await expectRefused(copy, .behindCheckpoint)
    let opened = try await Ledger.open(at: copy, plain)
    #expect(try await code(of: { try await opened.integrity.verify(against: try text(file)) }) == .behindCheckpoint)
    await opened.close()
  }

  @Test("A rewritten history is refused") func rewrittenHistory() async throws {
    try await made()
    // The same key signs another history, with a tree that is sound in itself.
    let forked = try await Ledger.open(at: copy, plain)
    for name in ["three", "four", "five"] { try await act(on: forked, name) }
    let forkedCheckpoint = try await forked.checkpoint()
    #expect(
      try await code(of: { try await forked.integrity.verify(against: try text(file)) }) == .contradictsCheckpoint)
    #expect(try await forked.integrity.verify().projectionsMatch)
    await forked.close()
    try await expectRefused(copy, .contradictsCheckpoint)
    let ledger = try await Ledger.open(at: path, witnessed)
    #expect(try await code(of: { try await ledger.integrity.verify(against: forkedCheckpoint) }) == .behindCheckpoint)
    await ledger.close()
  }

  @Test("A file that is no checkpoint of this ledger is refused") func fileCheckpoint() async throws {
    try await made()
    let good = try FileBytes.read(file)
    let stranger = try await Ledger.create(at: folder.path + "/stranger", origin: "ledger.example.org", plain)
    let elsewhere = try await Ledger.create(at: folder.path + "/elsewhere", origin: "other.example.org", plain)
    let foreign = [try await stranger.checkpoint(), try await elsewhere.checkpoint()]
    await stranger.close()
    await elsewhere.close()
    var spoiled = good
    spoiled[spoiled.count - 8] ^= 1
    let bad: [[UInt8]] =
      [[], Array("nonsense".utf8), spoiled, Array(good.dropLast(2)), [UInt8](repeating: 10, count: 2 << 20)]
      + foreign.map { Array($0.utf8) }
    for content in bad {
      try FileBytes.write(content, to: file)
      try await expectRefused(path, content.count > 1 << 20 ? .storage : .invalidCheckpoint)
    }
    TemporaryFolder.remove(file)
    unsafe mkdir(file, 0o700)
    #expect(try await code(of: { try await Ledger.open(at: path, witnessed) }) == .storage)
    TemporaryFolder.remove(file)
    try FileBytes.write(good, to: file)
    await (try Ledger.open(at: path, witnessed)).close()
  }

  @Test("A missing file is made and one that cannot be is refused") func missingFile() async throws {
    try await made()
    TemporaryFolder.remove(file)
    let ledger = try await Ledger.open(at: path, witnessed)
    #expect(try text(file) == ledger.latestCheckpoint())
    await ledger.close()
    let nowhere = LedgerConfiguration(witnessFile: folder.path + "/none/witness")
    #expect(try await code(of: { try await Ledger.open(at: path, nowhere) }) == .storage)
    #expect(try await code(of: { try await Ledger.create(at: copy + "2", origin: "o", witnessed) }) == .alreadyExists)
    #expect(try await code(of: { try await Ledger.openForReading(at: path, nowhere) }) == .storage)
    #expect(try await code(of: { try await Ledger.create(at: copy + "2", origin: "o", nowhere) }) == .storage)
    #expect(TemporaryFolder.names(in: copy + "2") == nil)
  }

  @Test("Commands go on where the file cannot follow") func commandsGo() async throws {
    let away = folder.path + "/away"
    unsafe mkdir(away, 0o700)
    let configuration = LedgerConfiguration(witnessFile: away + "/witness")
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    TemporaryFolder.remove(away)
    try await act(on: ledger, "one")
    _ = try await ledger.checkpoint()
    #expect(ledger.witnessFailure?.code == .storage)
    unsafe mkdir(away, 0o700)
    try await act(on: ledger, "two")
    await ledger.close()
    #expect(ledger.witnessFailure == nil)
    #expect(TemporaryFolder.names(in: away) == ["witness"])
  }
}
