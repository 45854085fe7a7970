import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

@Suite struct PeopleTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let quick: LedgerConfiguration = {
    var configuration = LedgerConfiguration()
    configuration.selfErasures = .unlimited
    return configuration
  }()

  @Test("An erased person is gone, and the ledger as whole as before") func erasedPerson() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let number = try PhoneNumber("+4915112345678")
    // A second account asked for the same number as well, and a group knew it by the number.
    _ = try await ledger.groups.add(PhoneNumber("+33699999999"), to: steps.group.id, by: steps.admin)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    try await ledger.people.erase(steps.admin, by: Requester.operator)
    try await ledger.people.erase(steps.admin, by: Requester.operator)
    try await ledger.people.erase(PhoneNumber("+33699999999"), by: Requester.operator)

    #expect(try !ledger.tokens.validate(token.accessToken).isValid)
    #expect(try ledger.phones.verified(by: steps.admin).isEmpty)
    #expect(try ledger.accounts.account(steps.admin)?.isErased == true)
    #expect(try await ledger.accounts.reveal(steps.admin, for: "a test", by: Requester.operator) == nil)
    await #expect(throws: LedgerError.self) {
      try await ledger.accounts.enable(steps.admin, by: Requester.operator)
    }
    // The same person is a new one, and may have the number.
    let again = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "admin")
    #expect(again.isNew)
    let request = try await ledger.phones.requestPIN(for: number, by: again.account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: again.account)

    let proof = try await ledger.integrity.proveInclusion(of: token.handle.position)
    #expect(proof.verify(origin: "ledger.example.org", verifierKeys: try ledger.verifierKeys))
    #expect(try await ledger.integrity.verify().projectionsMatch)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    await ledger.close()
    for text in ["4915112345678", "33699999999"] { #expect(try !FileBytes.hold(Array(text.utf8), in: path)) }
    #expect(try FileBytes.hold(Array("ledger.example.org".utf8), in: path))
  }

  @Test("Erasing one leaves another's hold on the same number") func erasingLeaves() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    var accounts: [AccountID] = []
    let number = try PhoneNumber("+911199999999")
    for name in ["a", "b", "c"] {
      accounts.append(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name).account)
    }
    _ = try await ledger.phones.requestPIN(for: number, by: accounts[2])
    for account in accounts[..<2] {
      let request = try await ledger.phones.requestPIN(for: number, by: account)
      let phone = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      if account == accounts[0] { try await ledger.phones.remove(phone, by: Requester.operator) }
    }
    try await ledger.people.erase(accounts[0], by: accounts[0])
    #expect(try ledger.phones.verified(by: accounts[1]).count == 1)
    let refused = await #expect(throws: LedgerError.self) {
      try await ledger.phones.requestPIN(for: number, by: accounts[1])
    }
    #expect(refused?.code.rawValue == "conflict")
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    await ledger.close()
  }

  @Test("The signing key changes at once, and what is old still verifies") func signingKey() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account
    let old = try ledger.verifierKey
    let before = try await ledger.integrity.proveInclusion(of: account.position)
    let new = try await ledger.keys.rotateSigningKey()
    #expect(new != old)
    #expect(try ledger.verifierKeys.map { String($0.split(separator: "@")[0]) } == [old, new])
    let after = try await ledger.integrity.proveInclusion(of: account.position)
    #expect(after.verify(origin: "ledger.example.org", verifierKey: new))
    #expect(!after.verify(origin: "ledger.example.org", verifierKey: old))
    #expect(before.verify(origin: "ledger.example.org", verifierKeys: [old, new]))
    #expect(try await ledger.audit.latest(of: .type(.signingKeyRotated)).count == 1)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
    ledger = try await Ledger.open(at: path, quick)
    #expect(try await ledger.audit.latest(of: .type(.signingKeyRotated)).count == 1)
    await ledger.close()
  }

  @Test("Another master key opens, the old one does not") func anotherMaster() async throws {
    var configuration = quick
    configuration.masterKey = .text(Secret(copying: Array(String(repeating: "1a", count: 32).utf8)))
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    let next = Secret(copying: Array(String(repeating: "2b", count: 32).utf8))
    try await ledger.keys.rotateMasterKey(to: .text(next))
    #expect(try await ledger.audit.latest(of: .type(.masterKeyRotated)).count == 1)
    let rotated = ledger
    let again = await #expect(throws: LedgerError.self) { try await rotated.keys.rotateMasterKey(to: .text(next)) }
    #expect(again?.code == .invalidValue && again?.field == "masterKey")
    // Once it is recorded, the key folder forgets it.
    #expect(try !FileBytes.hold(Array("rotation ".utf8), in: path + "/keys/keyring"))
    await ledger.close()
    let wrong = configuration
    let refused = await #expect(throws: LedgerError.self) { try await Ledger.open(at: path, wrong) }
    #expect(refused?.code == .keyUnavailable)
    configuration.masterKey = .text(next)
    ledger = try await Ledger.open(at: path, configuration)
    #expect(try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator)?.name == "Ada")
    await ledger.close()
  }

  @Test("Accounts are listed, revealed, and administered") func accountsListed() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    var ids: [AccountID] = []
    for name in ["a", "b", "c"] {
      ids.append(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: name).account)
    }
    #expect(try ledger.accounts.list(limit: 2).map(\.id) == Array(ids[..<2]))
    #expect(try ledger.accounts.list(after: ids[1], limit: 2).map(\.id) == [ids[2]])
    _ = try await ledger.accounts.signIn(
      issuer: "https://id.example.org", subject: "a", name: "Ada", email: "ada@example.org", userAgent: "browser")
    let revealed = try await ledger.accounts.reveal(ids[0], for: "a test", by: Requester.operator)
    #expect(revealed?.name == "Ada")
    #expect(revealed?.email == "ada@example.org")
    #expect(revealed?.subject == "a")
    try await ledger.accounts.changeRole(of: ids[0], to: .tenantAdmin, by: Requester.operator)
    #expect(try await ledger.accounts.disable(ids[1], reason: "left", by: ids[0]))
    #expect(try await !ledger.accounts.disable(ids[1], reason: "left", by: ids[0]))
    await #expect(throws: LedgerError.self) {
      try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "b")
    }
    #expect(try await ledger.accounts.enable(ids[1], by: ids[0]))
    await ledger.close()
  }

  @Test("Erasing again destroys what came back, and reveals nothing meanwhile") func erasingAgain() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    let person = try #require(try ledger.accounts.account(account)).subject.personBytes
    let persons = path + "/keys/persons"
    var before: [String: [UInt8]] = [:]
    for name in try #require(TemporaryFolder.names(in: persons)) {
      before[name] = try FileBytes.read("\(persons)/\(name)")
    }
    let context = RequestContext(idempotencyKey: "once")
    try await ledger.people.erase(account, by: Requester.operator, context: context)
    for (name, content) in before { try FileBytes.write(content, to: "\(persons)/\(name)") }
    #expect(try FileBytes.hold(person, in: persons))
    #expect(try await ledger.accounts.reveal(account, for: "a test", by: Requester.operator) == nil)
    #expect(try await ledger.accounts.signIns(of: account, under: ledger.anybodysData()) == nil)
    try await ledger.people.erase(account, by: Requester.operator, context: context)
    #expect(try !FileBytes.hold(person, in: persons))
    await ledger.close()
  }

  @Test("An account goes with all its numbers, more than one command erases") func accountGoes() async throws {
    let clock = TestClock()
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account
    let admin = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "admin").account
    let group = try await ledger.groups.create(name: "Field team", by: admin)
    var persons: [[UInt8]] = []
    for index in 0..<9 {
      clock.advance(seconds: 3_600)
      let number = try PhoneNumber("+91119999990\(index)")
      let membership = try await ledger.groups.add(number, to: group.id, by: admin)
      let member = try ledger.groups.members(of: group.id).first { $0.id == membership }
      persons.append(try #require(member?.number).personBytes)
      let request = try await ledger.phones.requestPIN(for: number, by: account)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    }
    for person in persons { #expect(try FileBytes.hold(person, in: path + "/keys")) }
    try await ledger.people.erase(
      account, by: account, context: RequestContext(address: "192.0.2.7", idempotencyKey: "once"))
    for person in persons { #expect(try !FileBytes.hold(person, in: path + "/keys")) }
    #expect(try ledger.accounts.account(account)?.isErased == true)
    #expect(try await ledger.audit.latest(of: .type(.subjectErased)).count == 10)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("What is known of a person has bounds") func knownPerson() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", quick)
    let (issuer, long) = ("https://id.example.org", String(repeating: "x", count: 600))
    let (tooLong, longest) = (String(long.prefix(256)), String(long.prefix(255)))
    let calls: [(issuer: String, subject: String, name: String, email: String, field: String)] = [
      ("", "a", "", "", "issuer"), (tooLong, "a", "", "", "issuer"), (issuer, "", "", "", "subject"),
      (issuer, tooLong, "", "", "subject"), (issuer, "a", String(long.prefix(401)), "", "name"),
      (issuer, "a", "", String(long.prefix(401)), "email"),
    ]
    for call in calls {
      let error = await #expect(throws: LedgerError.self) {
        try await ledger.accounts.signIn(
          issuer: call.issuer, subject: call.subject, name: call.name, email: call.email)
      }
      #expect(error?.field == call.field)
    }
    let account = try await ledger.accounts.signIn(
      issuer: issuer, subject: longest, name: String(long.prefix(400))
    ).account
    _ = try await ledger.accounts.signIn(issuer: issuer, subject: longest, userAgent: long)
    #expect(
      try await ledger.accounts.signIns(of: account, under: ledger.anybodysData())?.first?.userAgent
        == String(long.prefix(500)))
    for limit in [0, 1_001] {
      #expect(throws: LedgerError.self) { try ledger.accounts.list(limit: limit) }
      #expect(throws: LedgerError.self) { try ledger.connectors.all(limit: limit) }
      #expect(throws: LedgerError.self) { try ledger.groups.all(limit: limit) }
    }
    await ledger.close()
  }

  @Test(
    "Numbers of every length that a country has are taken",
    arguments: [
      "+6907290", "+6834002", "+2908999", "+442079460958", "+44 (20) 7946 0958", "+49 (151) 12345678", "+525512345678",
      "+39 06 1234 5678", "+225 0123456789", "+80012345678", "+15551000000",
    ])
  func numbersEvery(text: String) throws {
    _ = try PhoneNumber(text)
  }

  @Test("What was recorded under another table can still be named") func recordedUnder() throws {
    #expect(try PhoneNumber(recorded: "+911199999999") == PhoneNumber("+911199999999"))
    for old in ["+999123456789", "+4402079460958", "+5215512345678"] {
      #expect(throws: LedgerError.self) { try PhoneNumber(old) }
      _ = try PhoneNumber(recorded: old)
    }
    for text in ["+1234567", "+0123456789", "+44 (0) 20 7946 0958", "+1234567890123456"] {
      #expect(throws: LedgerError.self) { try PhoneNumber(recorded: text) }
    }
  }

  @Test("Spellings of a number are one", arguments: ["+91 (11) 9999-9999", " +91.11.99999999", "+911199999999"])
  func spellingsNumber(text: String) throws {
    #expect(try PhoneNumber(text) == PhoneNumber("+911199999999"))
  }

  @Test(
    "What only looks like a number is refused",
    arguments: [
      "+9111٩9999999", "+91119999999９", "911199999999", "+0911199999", "+91\u{a0}1199999999", "++911199999999",
      "+1234567",
      // No such code, no such length, and a 0 that is dialled inside the country only: the last of them would be another
      // number, which a second account could verify beside the right one.
      "+999123456789", "+2101234567", "+5215512345678", "+9111999", "+1234567890123456", "+", "", "+44",
      "+44 (0) 20 7946 0958", "+44 020 7946 0958", "+49 (0)151 12345678", "+49 0151 12345678", "+49 ( 0 ) 151 12345678",
      "+39 (0)6 1234 5678",
    ])
  func onlyLooks(text: String) {
    #expect(throws: LedgerError.self) { try PhoneNumber(text) }
  }
}
