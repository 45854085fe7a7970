import CredentialLedger
import LedgerTestSupport
import Testing

@testable import credledger

/// Checks that fail say so to programs as well, by the status and in JSON.
@Suite struct CheckReportTests {
  @Test("A ledger that is not sound says so in JSON") func ledgerSound() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let kept = ledger.file("kept")
    #expect(try ledger.run("checkpoint", "--out", kept).status == 0)
    let copy = ledger.file("copy")
    #expect(Program.run("cp", ["-a", ledger.path, copy]))
    try await ledger.grow(to: 5)
    let newer = ledger.file("newer")
    #expect(try ledger.run("checkpoint", "--out", newer).status == 0)
    for format in ["json", "ndjson"] {
      let sound = try ledger.run("verify", "--against", kept, "--format", format)
      #expect(sound.status == 0 && sound.output.contains("\"sound\":"), "\(sound.error)")
      try expectDocuments(sound.output, match: "verify")
      let behind = try runProgram(
        ["verify", "--ledger", copy, "--against", kept, "--against", newer, "--format", format])
      #expect(behind.status == 1 && behind.error.contains("--against \(newer)"), "\(behind.error)")
      #expect(behind.output.contains("behind_checkpoint") && behind.output.contains("\"position\""), "\(behind.output)")
      try expectDocuments(behind.output, match: "verify")
    }
    TestFile.write(Array(try TestFile.text(kept).replacing("ledger.example.org", with: "l\u{FFFD}").utf8), to: kept)
    let bytes = try TestFile.read(newer).map { $0 == UInt8(ascii: ".") ? 0xFF : $0 }
    TestFile.write(bytes, to: newer)
    for arguments in [
      ["verify", "--against", newer], ["bundle", "2", "--checkpoint", newer], ["checkpoint", "--out", newer],
      ["tiles", "--out", ledger.file("tiles"), "--checkpoint", newer],
    ] {
      let refused = try runProgram(arguments + ["--ledger", ledger.path])
      #expect(refused.status == 1 && refused.error.contains("not UTF-8"), "\(arguments): \(refused.error)")
    }
    #expect(try TestFile.read(newer) == bytes)
  }

  @Test("Evidence that does not hold says so in JSON") func evidenceHold() async throws {
    let ledger = try await ProvenLedger(events: 3)
    let file = ledger.file("evidence")
    #expect(try ledger.run("bundle", "2", "3", "--out", file).status == 0)
    let whole = try TestFile.text(file)
    let sound = try runProgram(
      ["verify-bundle", "-", "--key", ledger.key, "--format", "json"], input: whole)
    #expect(sound.status == 0, "\(sound.error)")
    try expectDocuments(sound.output, match: "verify-bundle")
    let changed = whole.replacing("\"position\": 2,", with: "\"position\": 1,")
    let wrong = try runProgram(["verify-bundle", "-", "--key", ledger.key, "--format", "json"], input: changed)
    #expect(wrong.status == 1 && wrong.output.contains("\"position\": 1"), "\(wrong.output)")
    try expectDocuments(wrong.output, match: "verify-bundle")
    // What is something else is not read on.
    let endless = try runProgram(
      ["-c", #"yes | "$0" verify-bundle - --key "$1""#, Program.file("credledger"), ledger.key], of: "/bin/sh")
    #expect(endless.status == 1 && endless.error.contains("invalid_evidence"), "\(endless.error)")
  }

  @Test("What cannot be read has its status") func cannotRead() async throws {
    let ledger = try await ProvenLedger(events: 2)
    let none = ledger.file("none")
    for arguments in [
      ["verify-bundle", none, "--key", ledger.key], ["import", none, "--keys", "\(ledger.path)/keys"],
      ["import", "--check", none], ["bundle", "--file", none], ["explain", "--file", none],
      ["group", "add-member", "5", "--number-file", none], ["verify", "--against", none],
      ["restore", none, "--keys", "\(ledger.path)/keys"], ["archive", "--check", none], ["backup", "--check", none],
      ["audit", "--archive", none], ["tiles", "--check", "--out", none], ["bundle", "2", "--checkpoint", none],
      ["restore", none, "--keys", none],
    ] {
      let path = ["import", "restore"].contains(arguments[0]) ? ledger.file("made") : ledger.path
      let options = arguments[0] == "verify-bundle" ? [] : ["--ledger", path]
      let result = try runProgram(arguments + options)
      #expect(result.status == 3, "\(arguments): \(result.status) \(result.error)")
    }
  }

  @Test("Parts of a cell that another separator makes formulas get their apostrophes") func partsCell() {
    for (cell, expected) in [
      ("a;=1", "\"a;'=1\""), ("a\t@b", "\"a\t'@b\""), ("a\n+1", "\"a\n'+1\""), ("a;b", "\"a;b\""), ("=1", "'=1"),
      ("a; =1", "\"a; '=1\""), ("a;\"=1", "\"a;\"\"'=1\""), ("a=1", "a=1"), ("a-b", "a-b"), ("", ""),
    ] {
      #expect(CSV.record([cell]) == expected + "\r\n", "\(cell)")
    }
  }
}
