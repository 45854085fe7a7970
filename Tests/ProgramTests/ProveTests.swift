import CredentialLedger
import LedgerTestSupport
import Testing

/// Checkpoints, and single proofs of inclusion and consistency, checked by a verifier that shares nothing with the program.
@Suite struct ProveTests {
  @Test("Checkpoints and proofs hold") func checkpointsAndProofsHold() async throws {
    let ledger = try await ProvenLedger(events: 21)
    let checkpoint = ledger.file("checkpoint")
    #expect(try ledger.run("checkpoint", "--out", checkpoint).status == 0)
    #expect(try ledger.check("checkpoint", checkpoint).output.contains("21 events"))
    let printed = try ledger.run("checkpoint", "--latest")
    #expect(printed.output == (try TestFile.text(checkpoint)))
    try expectDocuments(try ledger.run("checkpoint", "--format", "json").output, match: "checkpoint")
    let asked =
      [1, 2, 16, 17, 21].map { ["inclusion", "\($0)"] }
      + [0, 1, 7, 8, 15, 16, 20, 21].map { ["consistency", "\($0)"] }
    var files: [String] = []
    for arguments in asked {
      let proof = try runProgram(["prove"] + arguments + ["--format", "json", "--ledger", ledger.path])
      try expectDocuments(proof.output, match: arguments[0] == "inclusion" ? "prove-inclusion" : "prove-consistency")
      files.append(ledger.file("proof-\(files.count)"))
      TestFile.write(Array(proof.output.utf8), to: files[files.count - 1])
    }
    let verdict = try runProgram(
      ["proof"] + files + ["--key", ledger.key], of: Repository.path + "/Tools/checks/verify-proofs")
    #expect(verdict.status == 0, "\(verdict.error)")
    #expect(verdict.output.contains("record at 17 ") && verdict.output.contains("begin with the 15 "))
    let text = try ledger.run("prove", "inclusion", "3")
    #expect(text.output.hasSuffix(try TestFile.text(checkpoint)))
  }

  @Test("A proof that was changed is refused") func proofChanged() async throws {
    let ledger = try await ProvenLedger(events: 9)
    let proof = try ledger.run("prove", "inclusion", "5", "--format", "json").output
    let changes = [
      ("\"position\": 5", "\"position\": 6"), ("\"treeSize\": 9", "\"treeSize\": 8"), ("\\n9\\n", "\\n8\\n"),
    ]
    for (old, new) in changes {
      let place = try #require(proof.firstRange(of: old))
      TestFile.write(Array(proof.replacingCharacters(in: place, with: new).utf8), to: ledger.file("proof"))
      #expect(try ledger.check("proof", ledger.file("proof")).status == 1)
    }
  }

  @Test("What is no proof is refused by the second verifier") func proofRefused() async throws {
    let ledger = try await ProvenLedger(events: 9)
    let proof = try ledger.run("prove", "inclusion", "5", "--format", "json").output
    #expect(try #require(proof.firstRange(of: "{")).lowerBound == proof.startIndex)
    let rest = proof.dropFirst()
    let file = ledger.file("proof")
    for (text, words) in [
      ("{\"note\": 1," + rest, "not known"), ("{\"position\": 5," + rest, "twice"),
      ("{\"record\": \"\\ud800\"," + rest, "twice"),
      (proof.replacing(/"record": "[^"]*"/, with: "\"record\": \"\\ud800\""), "no JSON in UTF-8"),
      (String(repeating: "[", count: 100_000), "no JSON in UTF-8"), ("", "no JSON in UTF-8"), ("[]", "the object"),
    ] {
      TestFile.write(Array(text.utf8), to: file)
      let result = try ledger.check("proof", file)
      #expect(result.status == 1 && result.error.contains(words), "\(words): \(result.error)")
      #expect(!result.error.contains("Traceback"), "\(words): \(result.error)")
    }
  }

  @Test("What is not there is not proved") func proved() async throws {
    let ledger = try await ProvenLedger(events: 9)
    for position in ["0", "10", "18446744073709551615"] {
      let result = try ledger.run("prove", "inclusion", position)
      #expect(result.status == 1)
      #expect(result.error.contains("position"))
      #expect(result.output.isEmpty)
    }
    for sizes in [("9", "8"), ("3", "10"), ("10", "20"), ("18446744073709551615", "18446744073709551615")] {
      let result = try ledger.run("prove", "consistency", sizes.0, sizes.1)
      #expect(result.status == 1)
      #expect(result.error.contains("9"))
    }
    #expect(try ledger.run("prove", "inclusion", "18446744073709551616").status == 2)
    #expect(try ledger.run("prove", "inclusion", "-1").status == 2)
  }

  @Test("Verify compares with a checkpoint kept elsewhere") func verifyCompares() async throws {
    let ledger = try await ProvenLedger(events: 5)
    let (kept, copy) = (ledger.file("kept"), ledger.file("copy"))
    #expect(Program.run("cp", ["-a", ledger.path, copy]))
    try await ledger.grow(to: 8)
    #expect(try ledger.run("checkpoint", "--out", kept).status == 0)
    let sound = try ledger.run("verify", "--against", kept)
    #expect(sound.status == 0)
    #expect(sound.output.contains("8 events of \(kept)"))

    try expectDocuments(try ledger.run("verify", "--against", kept, "--format", "json").output, match: "verify")

    let old = try runProgram(["verify", "--ledger", copy, "--against", kept])
    #expect(old.status == 1)
    #expect(old.error.contains("behind_checkpoint"))
    // The witness file refuses the copy before it is opened at all.
    for reading in [["account", "list"], ["state"], ["diff", "1"], ["replay", "--step"], ["snapshot", "list"]] {
      let refused = try runProgram(reading + ["--ledger", copy, "--witness-file", kept])
      #expect(refused.status == 3, "\(reading)")
      #expect(refused.error.contains(kept), "\(reading)")
    }
    let byEnvironment = try runProgram(
      ["key", "rotate-signing", "--ledger", copy], environment: ["CREDLEDGER_WITNESS_FILE=\(kept)"])
    #expect(byEnvironment.status == 3)
    // And a checkpoint kept elsewhere is not overwritten by that of an old copy.
    let before = try TestFile.read(kept)
    #expect(try runProgram(["checkpoint", "--ledger", copy, "--out", kept]).status == 1)
    #expect(try TestFile.read(kept) == before)

    TestFile.write(Array("nonsense".utf8), to: ledger.file("nonsense"))
    #expect(try ledger.run("verify", "--against", ledger.file("nonsense")).status == 1)
    #expect(try ledger.run("verify", "--against", ledger.file("none")).status == 3)
  }

  @Test("While another process writes the newest checkpoint will do") func whileAnother() async throws {
    let ledger = try await ProvenLedger(events: 5)
    var unhurried = ProvenLedger.configuration
    unhurried.checkpoints.interval = .max
    let writer = try await Ledger.open(at: ledger.path, unhurried)
    _ = try await writer.accounts.signIn(issuer: "https://id.example.org", subject: "unsigned")
    let result = try ledger.run("checkpoint")
    #expect(result.status == 0)
    #expect(result.output.contains("\n5\n"))
    #expect(result.error.contains("another process writes"))
    let beyond = try ledger.run("prove", "inclusion", "6")
    #expect(beyond.status == 1)
    #expect(beyond.error.contains("not_found"))
    await writer.close()
    #expect(try ledger.run("prove", "inclusion", "6").status == 0)
  }

  @Test("A restore that loses events is not made unnoticed") func restoreLoses() async throws {
    let ledger = try await ProvenLedger(events: 5)
    let (backup, file, again) = (ledger.file("backup"), ledger.file("witness"), ledger.file("again"))
    #expect(try ledger.run("backup", backup).status == 0)
    try await ledger.grow(to: 8)
    #expect(try ledger.run("checkpoint", "--out", file).status == 0)
    let restore = ["restore", backup, "--keys", ledger.path, "--ledger", again]
    let refused = try runProgram(restore + ["--witness-file", file])
    #expect(refused.status == 3)
    #expect(refused.error.contains("behind_checkpoint") && refused.error.contains(file))
    #expect(TestFile.identity(again) == nil)
    TemporaryFolder.remove(file)
    #expect(try runProgram(restore + ["--witness-file", file]).status == 0)
    #expect(try TestFile.text(file).contains("\n6\n"))
  }

  @Test("What writes brings the witness file up to date") func writesBrings() async throws {
    let ledger = try await ProvenLedger(events: 5)
    let file = ledger.file("witness")
    #expect(try ledger.run("key", "rotate-signing", "--witness-file", file).status == 0)
    #expect(try TestFile.text(file) == (try ledger.run("checkpoint", "--latest").output))
  }
}

extension String {
  /// Where a text is within this one, first.
  fileprivate func firstRange(of text: String) -> Range<Index>? { ranges(of: text).first }

  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
