import CredentialLedger
import LedgerTestSupport
import Testing

/// How evidence is shown, and what is said of evidence and keys that came in another form than they were sent.
@Suite struct EvidenceWordsTests {
  /// Evidence of some events, and its file.
  private func evidence() async throws -> (ledger: ProvenLedger, bytes: [UInt8], file: String) {
    let ledger = try await ProvenLedger(events: 4)
    let file = ledger.file("evidence.json")
    #expect(try ledger.run("bundle", "1", "2", "3", "--out", file).status == 0)
    return (ledger, try TestFile.read(file), file)
  }

  @Test("A file that is not as it was written is said to be") func fileAs() async throws {
    let (ledger, bytes, file) = try await evidence()
    func said(of content: [UInt8]) throws -> String {
      TestFile.write(content, to: file)
      let result = try runProgram(["verify-bundle", file, "--key", ledger.key])
      #expect(result.status == 1)
      return result.error
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let compact = text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
    let otherForms = [
      Array(compact.utf8), Array(text.replacing("\n", with: "\r\n").utf8), [0x7F, 0x45, 0x4C, 0x46, 0, 1],
      [0xEF, 0xBB, 0xBF] + bytes,
    ]
    for content in otherForms {
      #expect(
        try said(of: content).contains("one form that evidence has, byte for byte as it was written: do not re-format"))
    }
    #expect(try said(of: []).contains("the file is empty"))
    for kept in stride(from: 1, to: bytes.count, by: 37) {
      #expect(try said(of: Array(bytes.prefix(kept))).contains("the file is cut off after byte \(kept)"), "\(kept)")
    }
  }

  @Test("A key that is not right is said to be") func keyRight() async throws {
    let (ledger, _, file) = try await evidence()
    func said(of key: String) throws -> String {
      let result = try runProgram(["verify-bundle", file, "--key", key])
      #expect(result.status == 2)
      return result.error
    }
    let parts = ledger.key.split(separator: "+", maxSplits: 2)
    #expect(try said(of: "\(parts[0])+00000000+\(parts[2])").contains("an ID that is not its own"))
    for dropped in [1, 4, 9] {
      #expect(try said(of: String(ledger.key.dropLast(dropped))).contains("cut off"), "\(dropped)")
    }
    #expect(try said(of: "nonsense").contains("<name>+<ID>+<base64>"))

    let stranger = try await ProvenLedger()
    let refused = try runProgram(["verify-bundle", file, "--key", stranger.key])
    #expect(refused.status == 1)
    let names = [ledger.key, stranger.key].map { $0.split(separator: "+").prefix(2).joined(separator: "+") }
    #expect(refused.error.contains("signed by \(names[0]), and the known keys are \(names[1])"), "\(refused.error)")
  }

  @Test("A key whose end is not known is said to be and refused if asked") func keyWhose() async throws {
    let (ledger, _, file) = try await evidence()
    let plain = try runProgram(["verify-bundle", file, "--key", ledger.key, "--format", "json"])
    #expect(plain.status == 0 && plain.error.contains("warning: this key's end is not known to this verifier"))
    #expect(plain.output.contains(#""keyEndKnown": false"#), "\(plain.output)")
    try expectDocuments(plain.output, match: "verify-bundle")
    let strict = try runProgram(["verify-bundle", file, "--key", ledger.key, "--strict"])
    #expect(strict.status == 1 && strict.error.contains("give it as KEY@SIZE"), "\(strict.error)")
    let known = try runProgram(["verify-bundle", file, "--key", "\(ledger.key)@1000", "--strict", "--format", "json"])
    #expect(known.status == 0 && known.error.isEmpty, "\(known.error)")
    #expect(known.output.contains(#""keyEndKnown": true"#))
    let other = ["bundle", file, "--key", ledger.key]
    let verifier = Repository.path + "/Tools/checks/verify-proofs"
    let warned = try runProgram(other, of: verifier)
    #expect(warned.status == 0 && warned.error.contains("warning: this key's end is not known to this verifier"))
    #expect(try runProgram(other + ["--strict"], of: verifier).status == 1)
  }

  @Test("Evidence is shown whole on a terminal", arguments: [20, 60, 100]) func evidenceShown(columns: Int) async throws
  {
    let played = try await BundleTests.Played()
    #expect(try played.ledger.run("bundle", "token:\(played.token)", "--out", played.file).status == 0)
    let arguments = ["verify-bundle", played.file, "--key", played.ledger.key]
    let whole = try runProgram(arguments)
    let narrow = try runProgram(arguments, environment: ["COLUMNS=\(columns)"])
    #expect(narrow.output == whole.output)
    #expect(!narrow.output.contains("…"))
    #expect(whole.output.contains("event \(played.token)  "))
    #expect(whole.output.contains("  object    token:\(played.token)\n"))
    #expect(whole.output.contains("expiresAt: "))
  }
}
