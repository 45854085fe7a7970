import Glibc
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite("Two that fill one folder at once") struct TwoAtOnceTests {
  private let folder = TemporaryFolder()
  private var target: String { "\(folder.path)/target" }

  @Test("the second is refused while the first is at work, and finds what that has made afterwards")
  func drafts() async throws {
    let first = try DraftFolder(for: target)
    let second = await failure { () throws(LedgerError) in _ = try DraftFolder(for: target) }
    #expect(second?.code == .busy && second?.field == "path")
    _ = try DraftFolder(for: "\(folder.path)/other")
    #expect(TemporaryFolder.names(in: first.path)?.isEmpty == true)
    _ = try first.folder("content")
    try first.publish()
    let third = await failure { () throws(LedgerError) in _ = try DraftFolder(for: target) }
    #expect(third?.code == .alreadyExists)
    #expect(TemporaryFolder.names(in: folder.path) == ["target"])
  }

  @Test("what the layer of files refuses has the ledger's code and words")
  func refusals() async throws {
    let missing = await failure { () throws(LedgerError) in _ = try DraftFolder(for: "\(target)/below") }
    #expect(missing?.code == .notFound && missing?.field == "path" && missing?.reason.contains(target) == true)
    try #require(unsafe chmod(folder.path, 0o777) == 0)
    let shared = await failure { () throws(LedgerError) in _ = try DraftFolder(for: target) }
    #expect(shared?.code == .invalidValue && shared?.field == "path")
    try #require(unsafe chmod(folder.path, 0o700) == 0)
    let draft = try DraftFolder(for: target)
    try #require(unsafe rename(draft.path, "\(folder.path)/aside") == 0 && mkdir(draft.path, 0o700) == 0)
    let replaced = await failure { () throws(LedgerError) in try draft.publish() }
    #expect(replaced?.code == .storage && replaced?.reason.contains("moved or replaced") == true)
  }

  @Test("of backups of one name one is made, and the others leave nothing")
  func backups() async throws {
    let copied = try await CopiedLedger()
    let ledger = copied.ledger
    let results = await concurrently(4) { (number) throws(LedgerError) in
      try await ledger.backups.make(at: copied.path("backup"), keys: copied.path("keys-\(number)"))
    }
    #expect(results.count { $0.isSuccess } == 1)
    for case .failure(let error) in results { #expect([.busy, .alreadyExists].contains(error.code), "\(error)") }
    _ = try await Backups.check(at: copied.path("backup"))
    #expect(try #require(TemporaryFolder.names(in: copied.folder.path)).count == 3)

    let held = try DraftFolder(for: copied.path("keys"))
    let refused = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: copied.path("second"), keys: copied.path("keys"))
    }
    #expect(refused?.code == .busy)
    #expect(try copied.isClean("second"))
    #expect(TemporaryFolder.names(in: held.path)?.isEmpty == true)
    await ledger.close()
  }

  @Test("who adds to an archive second is refused")
  func archives() async throws {
    let copied = try await CopiedLedger()
    let ledger = copied.ledger
    let results = await concurrently(4) { (_) throws(LedgerError) in
      try await ledger.archive.append(to: copied.path("archive"), eventsPerSegment: 7)
    }
    #expect(results.contains { $0.isSuccess })
    for case .failure(let error) in results { #expect(error.code == .busy, "\(error)") }
    #expect(try await Archive.check(at: copied.path("archive")).position == ledger.head())

    let claim = try ArchiveFolder(path: copied.path("archive")).claim()
    let refused = await failure { () throws(LedgerError) in
      _ = try await ledger.archive.append(to: copied.path("archive"))
    }
    #expect(refused?.code == .busy)
    #expect(claim.number >= 0)
    await ledger.close()
  }
}
