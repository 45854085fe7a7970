import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Evidence in files, as the program makes and checks it.
@Suite struct BundleTests {
  /// A ledger on which the main job was played.
  struct Played {
    let ledger: ProvenLedger
    let token: UInt64
    let connector: UInt64
    let group: UInt64
    let number = "+911199999999"
    /// The token's text.
    let text: String

    init() async throws {
      ledger = try await ProvenLedger()
      let opened = try await Ledger.open(at: ledger.path, ProvenLedger.configuration)
      let account = try await opened.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
      let request = try await opened.phones.requestPIN(for: PhoneNumber(number), by: account)
      _ = try await opened.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      let (connector, secret) = try await opened.connectors.create(
        name: "Roster", permissions: [.groupInformation], by: account)
      let group = try await opened.groups.create(name: "Field team", by: account)
      let granted = try await opened.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(group.id), by: account)
      let issued = try await opened.tokens.issue(
        connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
      token = issued.handle.rawValue
      (self.connector, self.group) = (connector.id.rawValue, group.id.rawValue)
      text = issued.accessToken.text
      await opened.close()
    }

    var file: String { ledger.file("evidence.json") }
  }

  @Test("A tokens evidence is taken away and checked") func tokensEvidence() async throws {
    let played = try await Played()
    let (ledger, file) = (played.ledger, played.file)
    #expect(try ledger.run("bundle", "token:\(played.token)", "--out", file).status == 0)
    let made = try TestFile.read(file)
    #expect(try ledger.run("bundle", "token:\(played.token)").output == String(decoding: made, as: UTF8.self))
    let presented = try runProgram(["bundle", "--file", "-", "--ledger", ledger.path], input: played.text + "\n")
    #expect(presented.output == String(decoding: made, as: UTF8.self))

    TemporaryFolder.remove(ledger.path)
    let shown = try runProgram(["verify-bundle", file, "--key", ledger.key])
    #expect(shown.status == 0)
    for type in ["phone.verified", "connector.created", "permission.granted", "token.issued"] {
      #expect(shown.output.contains(type))
    }
    #expect(!shown.output.contains(played.number) && !shown.output.contains(played.text))
    #expect(shown.output.contains("number: •••"))
    #expect(try ledger.check("bundle", file).status == 0)
    try expectDocuments(String(decoding: made, as: UTF8.self), match: "evidence")
    let json = try runProgram(["verify-bundle", file, "--key", ledger.key, "--format", "json"])
    try expectDocuments(json.output, match: "verify-bundle")
  }

  @Test("A page for a lay reader holds the evidence") func pageLay() async throws {
    let played = try await Played()
    let (ledger, page) = (played.ledger, played.ledger.file("report.html"))
    let written = try ledger.run("bundle", "token:\(played.token)", "--html", page)
    #expect(written.status == 0 && written.output.isEmpty, "\(written.error)")
    let text = String(decoding: try TestFile.read(page), as: UTF8.self)
    for part in [
      "Was token:\(played.token) valid at ", "Yes. token:\(played.token) was valid", "(decides)",
      "What this does not prove",
      "Roster (connector:\(played.connector))", "permission.granted", "<svg ", "@media print",
    ] { #expect(text.contains(part), "\(part)") }
    // Nothing is loaded from anywhere, and nothing personal is in it.
    #expect(!text.contains("src=") && !text.contains("href=") && !text.contains(played.number))
    let checked = try runProgram(["verify-bundle", page, "--key", ledger.key])
    #expect(checked.status == 0 && checked.output.contains("token.issued"), "\(checked.error)")
    #expect(try ledger.run("bundle", "token:\(played.token)", "--html", page).error.contains("already_exists"))
    let place = try #require(text.firstRange(of: "id=\"evidence\">\n")?.upperBound)
    for changed in [text.replacing("</script>", with: ""), text.replacingCharacter(at: place, after: 400)] {
      TestFile.write(Array(changed.utf8), to: page)
      let refused = try runProgram(["verify-bundle", page, "--key", ledger.key])
      #expect(refused.status == 1, "\(refused.output)")
    }
  }

  @Test("A key that signed nothing is refused") func keySigned() async throws {
    let (played, other) = (try await Played(), try await ProvenLedger(events: 1))
    let (ledger, file) = (played.ledger, played.file)
    #expect(try ledger.run("bundle", "token:\(played.token)", "--out", file).status == 0)
    #expect(try runProgram(["verify-bundle", file, "--key", ledger.key]).status == 0)
    let bundle = try EvidenceBundle(decoding: TestFile.read(file))
    TestFile.write(
      EvidenceBundle(checkpoint: bundle.checkpoint, keys: bundle.keys + [other.key], entries: bundle.entries).encoded,
      to: file)
    let refused = try runProgram(["verify-bundle", file, "--key", ledger.key])
    #expect(refused.status == 1 && refused.error.contains("has not signed the checkpoint"), "\(refused.error)")
    #expect(try ledger.check("bundle", file).status == 1)
  }

  @Test("A key that signed and was not given is named") func keySignedGiven() async throws {
    let played = try await Played()
    let (ledger, file) = (played.ledger, played.file)
    #expect(try ledger.run("bundle", "token:\(played.token)", "--out", file).status == 0)
    let bundle = try EvidenceBundle(decoding: TestFile.read(file))
    let note = try SignedNote(decoding: Array(bundle.checkpoint.utf8))
    let other = try Ed25519NoteSigner(
      name: "ledger.example.org", key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 7, count: 32))))
    let added = try SignedNote(text: note.text, signedBy: other).bytes.dropFirst(note.text.utf8.count + 1)
    TestFile.write(
      EvidenceBundle(
        checkpoint: bundle.checkpoint + String(decoding: added, as: UTF8.self),
        keys: bundle.keys + [other.verifierKey.description],
        entries: bundle.entries
      ).encoded, to: file)
    let verified = try runProgram(["verify-bundle", file, "--key", ledger.key])
    #expect(verified.status == 0, "\(verified.error)")
    #expect(verified.error.contains("a key that you did not give, and that is not vouched for: ledger.example.org+"))
  }

  @Test("A page says whether anything is left out and names people where that is recorded") func pageSays() async throws
  {
    let played = try await Played()
    let ledger = played.ledger
    let opened = try await Ledger.open(at: ledger.path, ProvenLedger.configuration)
    _ = try await opened.accounts.signIn(issuer: "https://id.example.org", subject: "dev", name: "Ada Lovelace")
    await opened.close()
    func page(_ name: String, _ options: String...) throws -> String {
      let file = ledger.file(name)
      let made = try ledger.run(["bundle", "token:\(played.token)", "--html", file] + options)
      #expect(made.status == 0, "\(options): \(made.error)")
      #expect(try runProgram(["verify-bundle", file, "--key", ledger.key]).status == 0, "\(options)")
      return String(decoding: try TestFile.read(file), as: UTF8.self)
    }
    let claim = "No event from position \(played.token), where token:\(played.token) was made, to "
    let chain = try page("chain.html")
    #expect(!chain.contains(claim) && chain.contains("That it is complete is not proven"))
    let complete = try page("complete.html", "--complete")
    #expect(complete.contains(claim) && !complete.contains("That it is complete is not proven"))
    #expect(!chain.contains("Ada Lovelace") && !complete.contains("Ada Lovelace"))
    let count = ["audit", "--type", "personal_data.revealed", "--count"]
    let before = try ledger.run(count).output
    let named = try page("named.html", "--reveal", "--ticket", "AUD-4")
    #expect(named.contains("Ada Lovelace (account:2)"))
    #expect(try ledger.run(count).output != before)
    #expect(try ledger.run("bundle", "token:\(played.token)", "--reveal").status == 2)
    #expect(try ledger.run("bundle", "token:\(played.token)", "3", "--complete").status == 2)
  }

  @Test("A name cannot write into the page") func nameCannot() async throws {
    let ledger = try await AuditedLedger()
    let page = "\(ledger.folder.path)/report.html"
    let made = try runProgram(["bundle", "\(ledger.granted.grant)", "--html", page, "--ledger", ledger.path])
    #expect(made.status == 0, "\(made.error)")
    let text = String(decoding: try TestFile.read(page), as: UTF8.self)
    #expect(
      text.contains("=HYPERLINK(&quot;https://example.org&quot;")
        && text.contains("No. \(ledger.granted.grant) was not valid"))
  }

  @Test("Who reads notices a signing key that another process made") func readsNotices() async throws {
    let ledger = try await ProvenLedger()
    let reader = try await Ledger.openForReading(at: ledger.path, ProvenLedger.configuration)
    _ = try await reader.evidence.bundle(of: [1])
    #expect(try ledger.run("key", "rotate-signing").status == 0)
    let bundle = try await reader.evidence.bundle(of: [1])
    #expect(bundle.keys == [try reader.verifierKey] && bundle.keys != [ledger.key])
    #expect(try reader.verifierKeys.map { String($0.split(separator: "@")[0]) } == [ledger.key] + bundle.keys)
    await reader.close()
  }

  @Test("What does not hold is named") func whatDoesNotHoldIsNamed() async throws {
    let played = try await Played()
    let (ledger, file) = (played.ledger, played.file)
    #expect(try ledger.run("bundle", "2", "3", "\(played.token)", "--out", file).status == 0)
    let bundle = try EvidenceBundle(decoding: TestFile.read(file))
    var entries = bundle.entries
    var record = entries[1].record
    record[30] ^= 1
    entries[1] = EvidenceBundle.Entry(position: 3, record: record, hashes: entries[1].hashes)
    let changed = EvidenceBundle(checkpoint: bundle.checkpoint, keys: bundle.keys, entries: entries)
    TestFile.write(changed.encoded, to: file)
    let refused = try runProgram(["verify-bundle", file, "--key", ledger.key])
    #expect(refused.status == 1)
    #expect(refused.output.isEmpty)
    #expect(refused.error.contains("position 3"))
    #expect(try ledger.check("bundle", file).status == 1)

    TestFile.write(Array(bundle.encoded.dropLast(40)), to: file)
    #expect(try runProgram(["verify-bundle", file, "--key", ledger.key]).status == 1)
    let stranger = try await ProvenLedger()
    TestFile.write(bundle.encoded, to: file)
    let wrongKey = try runProgram(["verify-bundle", file, "--key", stranger.key])
    #expect(wrongKey.status == 1)
    #expect(wrongKey.error.contains("trusted key"))
    #expect(try stranger.check("bundle", file).status == 1)
    #expect(try runProgram(["verify-bundle", file, "--key", "nonsense"]).status == 2)
    #expect(try runProgram(["verify-bundle", file]).status == 2)
    #expect(try runProgram(["verify-bundle", file + "2", "--key", ledger.key]).status == 3)
  }

  @Test("What is not there is no evidence") func evidence() async throws {
    let played = try await Played()
    let ledger = played.ledger
    #expect(try ledger.run("bundle", "9999", "--out", played.file).status == 1)
    #expect(try ledger.run("bundle", "token:9999", "--out", played.file).status == 1)
    #expect(try ledger.run("bundle", "nonsense", "--out", played.file).status == 2)
    let stranger = try await ProvenLedger()
    TestFile.write(Array(try stranger.run("checkpoint").output.utf8), to: ledger.file("foreign"))
    let foreign = try ledger.run("bundle", "2", "--checkpoint", ledger.file("foreign"), "--out", played.file)
    #expect(foreign.status == 1)
    #expect(foreign.error.contains("invalid_checkpoint"))
    #expect(try ledger.run("bundle", "2", "--checkpoint", ledger.file("none"), "--out", played.file).status == 3)
    #expect(try ledger.run("bundle", "--out", played.file).status == 2)
    #expect(TestFile.identity(played.file) == nil)
  }

  @Test("A key of every age is the right one") func keyEvery() async throws {
    let played = try await Played()
    let (ledger, file) = (played.ledger, played.file)
    let old = ledger.file("old")
    #expect(try ledger.run("checkpoint", "--out", old).status == 0)
    let second = try ledger.run("key", "rotate-signing").output.split(separator: "\n").map(String.init)[0]
    #expect(try ledger.run("bundle", "3", "--checkpoint", old, "--out", file).status == 0)
    #expect(try runProgram(["verify-bundle", file, "--key", ledger.key]).status == 0)
    #expect(try runProgram(["verify-bundle", file, "--key", second]).status == 1)
    TemporaryFolder.remove(file)
    #expect(try ledger.run("bundle", "3", "--out", file).status == 0)
    #expect(try runProgram(["verify-bundle", file, "--key", ledger.key]).status == 1)
    #expect(try runProgram(["verify-bundle", file, "--key", ledger.key, "--key", second]).status == 0)
    #expect(try ledger.check("bundle", file, "--key", second).status == 0)
    #expect(try ledger.check("bundle", file).status == 1)
  }
}

extension String {
  /// The text with another letter some places after an index.
  fileprivate func replacingCharacter(at index: Index, after count: Int) -> String {
    let place = self.index(index, offsetBy: count)
    var text = self
    text.replaceSubrange(place...place, with: self[place] == "A" ? "B" : "A")
    return text
  }
}
