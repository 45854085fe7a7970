import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// `status`, `doctor`, and verification of what is new.
@Suite struct StatusTests {
  @Test("One screen says how the ledger stands") func oneScreen() async throws {
    let ledger = try await ProvenLedger(events: 5)
    let backups = ledger.file("backups")
    #expect(Program.run("mkdir", [backups]))
    let bare = try ledger.run("status")
    #expect(bare.status == 0 && bare.output.contains("all is well"), "\(bare.output)\(bare.error)")
    #expect(bare.output.contains("head          5") && bare.output.contains("writer        none"))
    let missing = try ledger.run("status", "--backups", backups, "--format", "json")
    #expect(missing.status == 1 && missing.output.contains(#""code": "no_backup""#), "\(missing.output)")
    try expectDocuments(missing.output, match: "status")
    for name in ["one", "two"] {
      #expect(try ledger.run("backup", "\(backups)/\(name)").status == 0)
      try await ledger.grow(to: 7)
    }
    // That of another ledger is none of this one's.
    let other = try await ProvenLedger(events: 9)
    #expect(try other.run("backup", "\(backups)/other").status == 0)
    let kept = try ledger.run("status", "--backups", backups, "--max-backup-age", "1h", "--format", "json")
    #expect(kept.status == 0 && kept.output.contains("\"path\": \"\(backups)/two\""), "\(kept.output)")
    try expectDocuments(kept.output, match: "status")
    let old = try ledger.run("status", "--backups", "\(backups)/one", "--max-backup-age", "0s", "--format", "json")
    #expect(old.status == 1 && old.output.contains(#""code": "backup_old""#), "\(old.output)")
    let full = try ledger.run("status", "--min-free", "18446744073709551615")
    #expect(full.status == 1 && full.error.contains("bytes left"), "\(full.error)")
    #expect(full.output.contains("credledger archive and credledger retention"))
    #expect(try ledger.run("status", "--max-backup-age", "1h").status == 2)
    #expect(try ledger.run("status", "--backups", ledger.file("none")).status == 1)
    let unkeyed = try ledger.run("status", "--master-key", "none", "--format", "ndjson")
    #expect(unkeyed.status == 0 && unkeyed.output.contains(#""keyed":false"#), "\(unkeyed.error)")
  }

  @Test("A writer is named") func aWriterIsNamed() async throws {
    let ledger = try await ProvenLedger(events: 2)
    let held = try await Ledger.open(at: ledger.path, ProvenLedger.configuration)
    let (own, seen) = (try held.status.writer, try ledger.run("status"))
    await held.close()
    let number = try #require(own)
    #expect(seen.output.contains("writer        process \(number)\n"), "\(seen.output)")
    #expect(try ledger.run("status").output.contains("writer        none"))
  }

  @Test("What is wrong is named with what mends it") func whatIsWrong() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let sound = try ledger.run("doctor", "--format", "json")
    #expect(sound.status == 0 && sound.output.contains("no_operator"), "\(sound.output)\(sound.error)")
    try expectDocuments(sound.output, match: "doctor")
    #expect(Program.run("chmod", ["755", "\(ledger.path)/keys"]))
    #expect(Program.run("mkdir", ["\(ledger.path).credledger-part-0123456789abcdef"]))
    let found = try ledger.run("doctor")
    #expect(found.status == 1 && found.error.contains("must be mended"), "\(found.error)")
    #expect(found.output.contains("WRONG  \(ledger.path)/keys is open to other users, mode 755"), "\(found.output)")
    #expect(found.output.contains("chmod -R go= \(ledger.path)/keys") && found.output.contains("is unfinished"))
    #expect(Program.run("chmod", ["700", "\(ledger.path)/keys"]))
    #expect(try ledger.run("doctor", "--master-key", "none").output.contains("the master key was not given"))
    #expect(Program.run("sh", ["-c", "rm \(ledger.path)/keys/persons/*"]))
    let lost = try ledger.run("doctor", "--format", "json")
    #expect(lost.status == 1 && lost.output.contains("keys_missing"), "\(lost.output)\(lost.error)")
    try expectDocuments(lost.output, match: "doctor")
    TestFile.write([], to: "\(ledger.path)/ledger/data.mdb")
    let damaged = try ledger.run("doctor")
    #expect(
      damaged.status == 1 && damaged.output.contains("credledger restore BACKUP"), "\(damaged.output)\(damaged.error)")
  }

  @Test("The status says how far an archive reaches, and advice makes no failure") func archiveAndAdvice() async throws
  {
    let ledger = try await ProvenLedger(events: 4)
    let archive = ledger.file("archive")
    #expect(try ledger.run("archive", archive).status == 0)
    try await ledger.grow(to: 6)
    let shown = try ledger.run("status", "--archive", archive)
    #expect(shown.status == 0 && shown.output.contains("archive       up to 4, recorded "), "\(shown.output)")
    let told = try ledger.run("status", "--archive", archive, "--format", "json")
    #expect(told.status == 0, "\(told.error)")
    try expectDocuments(told.output, match: "status")
    let created = try ledger.run(
      "operator", "create", "--issuer", "https://id.example.org", "--subject", "o", "--name", "Ada")
    #expect(created.status == 0, "\(created.error)")
    let advice = try ledger.run("doctor", "--format", "json")
    #expect(advice.status == 0, "\(advice.error)")
    for code in ["master_key_beside", "operators_unnamed", "no_backup_named"] {
      #expect(advice.output.contains(code), "\(advice.output)")
    }
    #expect(try ledger.run("operator", "require-names", "--as", "Ada").status == 0)
    let named = try ledger.run("doctor", "--format", "json").output
    #expect(!named.contains("operators_unnamed") && !named.contains("no_operator"), "\(named)")
    #expect(try ledger.run("doctor", "--min-free", "18446744073709551615").status == 1)
  }

  @Test("What is new is verified and all else is not read again") func whatIsNew() async throws {
    let ledger = try await ProvenLedger(events: 6)
    let file = ledger.file("verified")
    let first = try ledger.run("verify", "--since-last", file, "--format", "json")
    #expect(first.status == 0 && first.output.contains(#""since": 0"#), "\(first.error)")
    try expectDocuments(first.output, match: "verify")
    let kept = try TestFile.read(file)
    try await ledger.grow(to: 9)
    let next = try ledger.run("verify", "--since-last", file, "--format", "json")
    #expect(next.status == 0 && next.output.contains(#""since": 6"#), "\(next.output)\(next.error)")
    #expect(next.output.contains(#""events": 9"#))
    #expect(try TestFile.read(file) != kept)
    let nothing = try ledger.run("verify", "--since-last", file)
    #expect(nothing.status == 0 && nothing.output.contains("0 new events"), "\(nothing.output)\(nothing.error)")

    // A change of what is new is found; the file stays at what was sound.
    TestFile.write(kept, to: file)
    let data = "\(ledger.path)/ledger/data.mdb"
    let sound = try TestFile.read(data)
    let evidence = ledger.file("evidence.json")
    #expect(try ledger.run("bundle", "8", "--out", evidence).status == 0)
    let record = try EvidenceBundle(decoding: TestFile.read(evidence)).entries[0].record
    var changed = sound
    let places = sound.places(of: record)
    #expect(!places.isEmpty)
    for place in places { changed[place + record.count - 3] ^= 1 }
    TestFile.write(changed, to: data)
    let found = try ledger.run("verify", "--since-last", file)
    #expect(found.status == 1 && found.error.contains("first bad position"), "\(found.error)")
    #expect(try TestFile.read(file) == kept)
    TestFile.write(sound, to: data)
    let other = try await ProvenLedger(events: 8)
    let foreign = try other.run("verify", "--since-last", file)
    #expect(foreign.status == 1 && foreign.error.contains("invalid_checkpoint"), "\(foreign.error)")
    #expect(try ledger.run("verify", "--since-last", file, "--against", file).status == 2)
    #expect(try ledger.run("verify", "--since-last", "\(ledger.path)/verified").status == 1)
  }
}

extension [UInt8] {
  /// Where some bytes begin.
  fileprivate func places(of bytes: [UInt8]) -> [Int] {
    indices.dropLast(bytes.count).filter { self[$0] == bytes[0] && self[$0..<$0 + bytes.count].elementsEqual(bytes) }
  }
}
