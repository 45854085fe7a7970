import EventLog
import Glibc
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct ArchiveTests {
  @Test("Each run adds what is new and a ledger of the segments has the same root") func eachRun() async throws {
    let copied = try await CopiedLedger(tokens: 30)
    let (ledger, archive) = (copied.ledger, copied.path("archive"))
    var added = 0
    var report = try await ledger.archive.append(to: archive, eventsPerSegment: 17)
    for _ in 0..<3 {
      #expect(try report.position == ledger.head())
      #expect(try copied.root(at: report.position) == report.root)
      added += report.added
      #expect(report.segments == added)
      let checked = try await Archive.check(at: archive, verifierKeys: ledger.verifierKeys)
      #expect(checked.position == report.position && checked.root == report.root)
      #expect(checked.checkpoint == report.checkpoint)
      try await ledger.keys.rotateSigningKey()
      try await copied.issue(25)
      report = try await ledger.archive.append(to: archive, eventsPerSegment: 17)
    }
    let nothing = try await ledger.archive.append(to: archive)
    #expect(nothing.added == 0 && nothing.root == report.root && nothing.checkpoint == report.checkpoint)
    let digests = try await ledger.integrity.projectionDigests()
    for file in Folder.files(in: archive) {
      var status = stat()
      #expect(unsafe stat("\(archive)/\(file)", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    let restored = try await Ledger.restore(
      from: archive, keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration, record: .none)
    #expect(restored.root == report.root && restored.events == report.position.rawValue)
    let again = try await Ledger.open(at: copied.path("again"), CopiedLedger.configuration)
    #expect(try again.log.snapshot().root(at: report.position.rawValue) == report.root)
    #expect(try await again.integrity.projectionDigests() == digests)
    let verified = try await again.integrity.verify()
    #expect(verified.projectionsMatch && verified.checkpoints == report.segments)
    await again.close()
    await ledger.close()
  }

  @Test("Added to under load it is whole") func addedUnder() async throws {
    let copied = try await CopiedLedger(tokens: 100)
    let ledger = copied.ledger
    let archive = copied.path("archive")
    let last = try await copied.underLoad {
      var last = try await ledger.archive.append(to: archive, eventsPerSegment: 64)
      for _ in 0..<4 { last = try await ledger.archive.append(to: archive, eventsPerSegment: 64) }
      return last
    }
    #expect(try await Archive.check(at: archive).root == copied.root(at: last.position))
    await ledger.close()
  }

  @Test("A request that was answered before is performed anew afterwards") func requestAnswered() async throws {
    let copied = try await CopiedLedger(tokens: 5)
    let (ledger, steps) = (copied.ledger, copied.steps)
    let context = RequestContext(idempotencyKey: "once")
    let issue = { (ledger: Ledger) async throws(LedgerError) in
      try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken,
        context: context)
    }
    let first = try await issue(ledger)
    try await copied.issue(5)
    _ = try await ledger.archive.append(to: copied.path("archive"))
    await ledger.close()
    _ = try await Ledger.restore(
      from: copied.path("archive"), keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration)
    let again = try await Ledger.open(at: copied.path("again"), CopiedLedger.configuration)
    let head = try again.head()
    // Idempotency keys are in no record, and so in no archive.
    #expect(try await issue(again).handle != first.handle)
    #expect(try again.head() == head + 1)
    await again.close()
  }

  @Test("Damage of any segment is found") func damageAny() async throws {
    let copied = try await CopiedLedger(tokens: 20)
    let archive = copied.path("archive")
    _ = try await copied.ledger.archive.append(to: archive, eventsPerSegment: 12)
    await copied.ledger.close()
    var random = SeededRandom(stream: 7_002)
    for file in Folder.files(in: archive) {
      try await Flips("\(archive)/\(file)").forEach(40, using: &random) { place in
        let error = await failure { () throws(LedgerError) in _ = try await Archive.check(at: archive) }
        #expect(
          [.damaged, .newerFormat].contains(error?.code),
          "\(file), byte \(place), seed \(testSeed): \("\(error, default: "nothing")")")
        #expect(error?.reason.contains(file) == true, "\(file), byte \(place), seed \(testSeed)")
      }
      let content = try FileBytes.read("\(archive)/\(file)")
      for length in [0, 1, 30, content.count / 2, content.count - 1] {
        try FileBytes.write(Array(content[..<length]), to: "\(archive)/\(file)")
        let error = await failure { () throws(LedgerError) in
          _ = try await Ledger.restore(
            from: archive, keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration)
        }
        #expect(error?.code == .damaged, "\(file), \(length) bytes")
      }
      try FileBytes.write(content + [0], to: "\(archive)/\(file)")
      #expect(
        await failure { () throws(LedgerError) in _ = try await Archive.check(at: archive) }?.code == .damaged)
      try FileBytes.write(content, to: "\(archive)/\(file)")
    }
    #expect(try copied.isClean("again"))
    _ = try await Archive.check(at: archive)
  }

  @Test("Gaps overlaps and strangers are named") func gapsOverlaps() async throws {
    let copied = try await CopiedLedger(tokens: 20)
    // Of the same name, and longer.
    let twin = try await CopiedLedger(tokens: 60)
    let other = try await CopiedLedger(origin: "other.example.org", tokens: 20)
    for each in [copied, twin, other] {
      _ = try await each.ledger.archive.append(to: each.path("archive"), eventsPerSegment: 10)
    }
    let archive = copied.path("archive")
    let files = Folder.files(in: archive)
    let second = "\(archive)/\(files[1])"
    let content = try FileBytes.read(second)
    let check = { await failure { () throws(LedgerError) in _ = try await Archive.check(at: archive) } }
    let add = { await failure { () throws(LedgerError) in _ = try await copied.ledger.archive.append(to: archive) } }

    #expect(unsafe unlink(second) == 0)
    try await copied.issue(1)
    #expect(await check()?.reason.contains("the segment with the events 11 to 20 is missing") == true)
    #expect(await add()?.reason.contains("the segment with the events 11 to 20 is missing") == true)
    for stranger in [twin, other] {
      try FileBytes.write(FileBytes.read(stranger.path("archive/\(files[1])")), to: second)
      #expect(await check()?.code == .damaged)
      #expect(await check()?.reason.contains(files[1]) == true)
    }
    // One under another's name.
    try FileBytes.write(FileBytes.read("\(archive)/\(files[0])"), to: second)
    #expect(await check()?.code == .damaged)
    try FileBytes.write(content, to: second)
    let overlapping = "\(archive)/\(SegmentHeader.fileName(15, 20))"
    try FileBytes.write(content, to: overlapping)
    #expect(await check()?.reason.contains("two segments hold the event 15") == true)
    #expect(unsafe unlink(overlapping) == 0)
    #expect(await check() == nil)

    // Whoever adds to another ledger's archive, or to that of another history of the same name, is refused.
    for (ledger, archive) in [(copied.ledger, other.path("archive")), (twin.ledger, copied.path("archive"))] {
      let before = Folder.files(in: archive)
      let error = await failure { () throws(LedgerError) in _ = try await ledger.archive.append(to: archive) }
      #expect(error?.code == .damaged)
      #expect(error?.reason.contains("is the archive of") == true || error?.reason.contains("another history") == true)
      #expect(Folder.files(in: archive) == before)
    }
    #expect(await add() == nil)
    try await copied.issue(1)
    do {
      let claim = try ArchiveFolder(path: archive).claim()
      #expect(await add()?.code == .busy)
      _ = claim.number
    }
    #expect(await add() == nil)
    for each in [copied, twin, other] { await each.ledger.close() }
  }
}
