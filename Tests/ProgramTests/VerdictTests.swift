import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Two verifiers that share nothing must say the same of evidence that was changed: that it does not hold.
@Suite struct VerdictTests {
  /// Evidence of one event of a small ledger.
  func small() async throws -> (ledger: ProvenLedger, bundle: EvidenceBundle) {
    let ledger = try await ProvenLedger(events: 3)
    let opened = try await Ledger.openForReading(at: ledger.path, ProvenLedger.configuration)
    let bundle = try await opened.evidence.bundle(of: [2])
    await opened.close()
    return (ledger, bundle)
  }

  /// Has both verifiers judge all, and compares; returns the verdicts.
  func judge(_ files: [[UInt8]], of ledger: ProvenLedger) throws -> [Bool] {
    let ours = files.map { file in (try? EvidenceBundle(decoding: file).verify(keys: [ledger.key])) != nil }
    var all: [UInt8] = []
    for file in files {
      for shift in [24, 16, 8, 0] { all.append(UInt8(truncatingIfNeeded: file.count >> shift)) }
      all += file
    }
    let path = ledger.file("bundles")
    TestFile.write(all, to: path)
    let told = try runProgram([path, ledger.key], of: Repository.path + "/Tests/Python/verdicts.py")
    #expect(told.status == 0, "\(told.error)")
    let theirs = told.output.dropLast().map { $0 == "1" }
    #expect(ours.count == theirs.count)
    for (index, (one, other)) in zip(ours, theirs).enumerated() where one != other {
      Issue.record("case \(index): \(one) here, \(other) there: \(String(decoding: files[index], as: UTF8.self))")
    }
    return ours
  }

  @Test("Every bit counts") func everyBitCounts() async throws {
    let (ledger, bundle) = try await small()
    let whole = bundle.encoded
    var files = [whole]
    for place in 0..<(8 * whole.count) {
      var changed = whole
      changed[place / 8] ^= 1 << UInt8(place % 8)
      files.append(changed)
    }
    let verdicts = try judge(files, of: ledger)
    #expect(verdicts.first == true)
    #expect(verdicts.dropFirst().allSatisfy { !$0 })
  }

  @Test("No mutation holds") func noMutationHolds() async throws {
    let (ledger, bundle) = try await small()
    var random = SeededRandom(stream: 71)
    let whole = bundle.encoded
    var files: [[UInt8]] = []
    for _ in 0..<1_500 {
      files.append(Bool.random(using: &random) ? bytes(whole, &random) : parts(bundle, &random).encoded)
    }
    files.append(contentsOf: [
      [], Array("{}".utf8), Array("[".utf8), whole + whole, whole + [0x0A], [0xEF, 0xBB, 0xBF] + whole,
    ])
    files.append([UInt8](repeating: UInt8(ascii: "["), count: 100_000))
    let verdicts = try judge(files, of: ledger)
    for (file, isValid) in zip(files, verdicts) where isValid {
      if file != whole { Issue.record("held: \(String(decoding: file, as: UTF8.self))") }
    }
  }

  /// The text with some of its bytes changed.
  func bytes(_ whole: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var changed = whole
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let start = Int.random(in: 0..<changed.count, using: &random)
      let end = min(changed.count, start + Int.random(in: 1...12, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: changed.removeSubrange(start..<end)
      case 1: changed.insert(contentsOf: changed[start..<end], at: start)
      case 2: changed[start] = UInt8.random(in: .min ... .max, using: &random)
      case 3: changed[start] = UInt8.random(in: 0x30...0x39, using: &random)
      default: changed.insert(UInt8(ascii: " "), at: start)
      }
      if changed.isEmpty { return whole }
    }
    return changed
  }

  /// The bundle with its parts changed, in good form.
  func parts(_ bundle: EvidenceBundle, _ random: inout SeededRandom) -> EvidenceBundle {
    var (checkpoint, keys, entries) = (bundle.checkpoint, bundle.keys, bundle.entries)
    let entry = entries[0]
    var (position, record, hashes) = (entry.position, entry.record, entry.hashes)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: position = Position(.random(in: 0...5, using: &random))
    case 1: record = Array(record.shuffled(using: &random))
    case 2: hashes.append(hashes[0])
    case 3: hashes.removeLast()
    case 4: hashes.shuffle(using: &random)
    case 5: entries.append(entry)
    case 6: entries = []
    case 7: keys = Bool.random(using: &random) ? [] : keys + keys
    case 8:
      let place = checkpoint.unicodeScalars.indices.randomElement(using: &random) ?? checkpoint.startIndex
      checkpoint.unicodeScalars.insert("0", at: place)
    default: checkpoint = String(checkpoint.unicodeScalars.dropLast(Int.random(in: 1...90, using: &random)))
    }
    if !entries.isEmpty { entries[0] = EvidenceBundle.Entry(position: position, record: record, hashes: hashes) }
    return EvidenceBundle(checkpoint: checkpoint, keys: keys, entries: entries)
  }
}
