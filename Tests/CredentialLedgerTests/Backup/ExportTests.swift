import Glibc
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

@Suite struct ExportTests {
  @Test("A ledger of the lines has the same root and the same state") func ledgerLines() async throws {
    let copied = try await CopiedLedger()
    let ledger = copied.ledger
    let erased = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "c", name: "Carol").account
    try await ledger.people.erase(erased, by: Requester.operator)
    let file = copied.path("events.ndjson")
    let report = try await ledger.backups.export(toFile: file)
    #expect(try Position(report.events) == ledger.head() && report.root == copied.root(at: Position(report.events)))
    let lines = try FileBytes.read(file).split(separator: UInt8(ascii: "\n"))
    #expect(UInt64(lines.count) == report.events + 2)
    for (index, line) in lines.enumerated() {
      let value = try #require(JSON(parsing: Array(line)), "line \(index + 1)")
      guard index > 0, index < lines.count - 1 else { continue }
      #expect(value["position"]?.number == UInt64(index))
      guard case .object? = value["event"] else { throw Unexpected() }
    }
    let digests = try await ledger.integrity.projectionDigests()
    try await copied.underLoad { _ = try await ledger.backups.export(toFile: copied.path("busy.ndjson")) }
    await ledger.close()

    let restored = try await reading(file) { (input) throws(LedgerError) in
      try await Ledger.importing(input, keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration)
    }
    #expect(restored.root == report.root && restored.events == report.events && restored.recordedAt == nil)
    let again = try await Ledger.open(at: copied.path("again"), CopiedLedger.configuration)
    #expect(try again.head() == Position(report.events))
    #expect(try await again.integrity.projectionDigests() == digests)
    #expect(try await again.integrity.verify().projectionsMatch)
    let second = try await again.backups.export(toFile: copied.path("second.ndjson"))
    #expect(second.root == report.root)
    await again.close()
    // But for the moment that they were made at, both say the same.
    let repeated = try FileBytes.read(copied.path("second.ndjson")).split(separator: UInt8(ascii: "\n"))
    #expect(lines.dropFirst() == repeated.dropFirst())
    let busy = try await reading(copied.path("busy.ndjson")) { (input) throws(LedgerError) in
      try await Backups.checkExport(input)
    }
    #expect(busy.events >= report.events)
  }

  @Test("The first line that is wrong is named") func firstLine() async throws {
    let copied = try await CopiedLedger(tokens: 12)
    let file = copied.path("events.ndjson")
    _ = try await copied.ledger.backups.export(toFile: file)
    let key = try copied.ledger.verifierKey
    await copied.ledger.close()
    var random = SeededRandom(stream: 7_003)
    let flips = try Flips(file)
    try await flips.forEach(150, using: &random) { place in
      let line = 1 + flips.content[..<place].count { $0 == UInt8(ascii: "\n") }
      let error = try await fault(in: file)
      #expect(
        error?.reason.hasPrefix("line \(line)") == true,
        "byte \(place), line \(line), seed \(testSeed): \("\(error, default: "nothing")")")
      #expect([.damaged, .newerFormat].contains(error?.code))
    }
    let lines = flips.content.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    try FileBytes.write(Array((lines[..<9] + lines[10...]).joined(separator: [UInt8(ascii: "\n")])), to: file)
    #expect(
      try await fault(in: file)?.reason.hasPrefix("line 10: it is position 10, expected 9: a line is missing") == true)
    // Lines that are sound, in the wrong place.
    let (beginning, end) = (Array(lines[..<5]), lines[lines.count - 1])
    let cases: [(lines: [[UInt8]], wrong: Int)] = [
      (beginning + Array(lines[6...]), 6),
      (beginning + [lines[6], lines[5]] + Array(lines[7...]), 6),
      (beginning + [lines[4]] + Array(lines[5...]), 6),
      (Array(lines[1...]), 1),
      (Array(lines.dropLast()), lines.count),
      (lines + [end], lines.count + 1),
    ]
    for (changed, wrong) in cases {
      try FileBytes.write(Array(changed.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")], to: file)
      let error = try await fault(in: file)
      #expect(error?.reason.hasPrefix("line \(wrong)") == true, "\("\(error, default: "nothing")")")
      let refused = try await code {
        try await reading(file) { (input) throws(LedgerError) in
          try await Ledger.importing(input, keys: copied.keys, at: copied.path("again"), CopiedLedger.configuration)
        }
      }
      #expect(refused == .damaged)
    }
    #expect(try copied.isClean("again"))
    // What is said of an event in words must be what its record holds, whatever the sum of the line.
    var text = String(decoding: lines[3], as: UTF8.self)
    text.replace("\"time\":\"2", with: "\"time\":\"3")
    let open = Array(text.utf8.dropLast(",\"sum\":\"\"}".utf8.count + 32))
    try FileBytes.write(
      Array(
        (lines[..<3] + [Array(ExportLine.sealed(open).dropLast())] + lines[4...])
          .joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")], to: file)
    #expect(try await fault(in: file)?.reason.hasPrefix("line 4: what it says is not what its record holds") == true)
    try FileBytes.write(flips.content, to: file)
    _ = try await reading(file) { (input) throws(LedgerError) in
      try await Backups.checkExport(input, verifierKeys: [key])
    }
  }

  /// The sum of the line is right: only the events say that it is not.
  @Test("A last line that speaks of other events is refused") func aLastLine() async throws {
    let copied = try await CopiedLedger(tokens: 3)
    let file = copied.path("events.ndjson")
    let report = try await copied.ledger.backups.export(toFile: file)
    let other = try #require(try copied.root(at: Position(report.events - 1)))
    await copied.ledger.close()
    let lines = try FileBytes.read(file).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    let cases: [(events: UInt64, root: Digest, reason: String?)] = [
      (report.events, report.root, nil), (report.events + 1, report.root, "it names the size \(report.events + 1)"),
      (report.events - 1, report.root, "it names the size \(report.events - 1)"),
      (report.events, other, "it names another root"),
    ]
    for (events, root, reason) in cases {
      let last = ExportLine.last(events: events, root: root, checkpoint: report.checkpoint)
      try FileBytes.write(Array((lines.dropLast() + [last]).joined(separator: [UInt8(ascii: "\n")])), to: file)
      let error = try await fault(in: file)
      #expect(error?.code == (reason == nil ? nil : .damaged))
      if let reason { #expect(error?.reason.hasPrefix("line \(lines.count): \(reason)") == true) }
    }
  }

  @Test("It is never written over a file") func neverWritten() async throws {
    let copied = try await CopiedLedger(tokens: 1)
    let file = copied.path("events.ndjson")
    _ = try await copied.ledger.backups.export(toFile: file)
    let ledger = copied.ledger
    let error = await failure { () throws(LedgerError) in _ = try await ledger.backups.export(toFile: file) }
    #expect(error?.code == .alreadyExists)
    let closed = await failure { () throws(LedgerError) in _ = try await ledger.backups.export(to: -1) }
    #expect(closed?.code == .storage)
    await ledger.close()
  }

  @Test("Random bytes are no export") func randomBytesAreNoExport() async throws {
    var random = SeededRandom(stream: 7_004)
    let folder = TemporaryFolder()
    let file = "\(folder.path)/random"
    for _ in 0..<60 {
      let count = Int.random(in: 0..<400, using: &random)
      let piece = Array(#"{"format":"credledger-export/1","origin":"x","verifierKeys":[],"sum":"0"}\u"#.utf8)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      if Bool.random(using: &random) { bytes = piece + bytes }
      try FileBytes.write(bytes, to: file)
      let error = try await fault(in: file)
      #expect(error?.code == .damaged && error?.reason.hasPrefix("line ") == true, "seed \(testSeed)")
    }
  }

  private func fault(in file: String) async throws -> LedgerError? {
    do {
      _ = try await reading(file) { (input) throws(LedgerError) in try await Backups.checkExport(input) }
      return nil
    } catch let error as LedgerError { return error }
  }

  private func reading<Result: Sendable>(
    _ file: String, _ body: (Int32) async throws(LedgerError) -> Result
  ) async throws -> Result {
    let descriptor = unsafe open(file, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    return try await body(descriptor)
  }
}
