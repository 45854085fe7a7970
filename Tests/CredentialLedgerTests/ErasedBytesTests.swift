import EventLog
import LMDB
import LedgerCrypto
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import KeyStore
@testable import LedgerOperations

/// What is left of an erased person in the files themselves: neither what was said of it, nor the key that opens it.
@Suite struct ErasedBytesTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  private let verified = "+4915112345678"
  private let asked = "+33612345678"
  private let added = "+442079460123"
  private let name = "Ada Lovelace-Zweitname"
  private let email = "ada.lovelace@example.net"
  private let subject = "subject-of-ada-248289761001"
  private let agents = ["Browser/1.0 (first)", "Browser/2.0 (second)"]
  private let addresses = ["2001:db8::5eed:1", "192.0.2.201", "198.51.100.77"]

  private var texts: [String] {
    [verified, asked, added].map { String($0.dropFirst()) } + [name, email, subject] + agents + addresses
  }

  /// A person who leaves personal data of every kind.
  private func ada(on ledger: Ledger) async throws -> AccountID {
    var account: AccountID?
    for (agent, address) in zip(agents, addresses) {
      account = try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: subject, name: name, email: email, userAgent: agent,
        context: RequestContext(requestID: "sign-in", address: address)
      ).account
    }
    let ada = try #require(account)
    let context = RequestContext(address: addresses[2])
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(verified), by: ada, context: context)
    _ = try await ledger.phones.verify(
      request.pin?.digits ?? "", challenge: request.challenge, by: ada, context: context)
    // Another number that was asked for, tried wrongly once, and never verified.
    let open = try await ledger.phones.requestPIN(for: PhoneNumber(asked), by: ada, context: context)
    await #expect(throws: LedgerError.self) {
      try await ledger.phones.verify("x", challenge: open.challenge, by: ada, context: context)
    }
    // Signing in to a connector by PIN, once with success, and once left open.
    let developer = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let own = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: developer)
    _ = try await ledger.phones.verify(own.pin?.digits ?? "", challenge: own.challenge, by: developer)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.textMessage], by: developer)
    let number = try PhoneNumber(verified)
    let sent = try #require(
      try await ledger.pinSignIns.request(for: number, connector: connector.publicID, context: context))
    _ = try await ledger.pinSignIns.signIn(
      number, pin: sent.pin?.digits ?? "", connector: connector.publicID, secret: secret, context: context)
    clock.advance(seconds: 3_601)
    _ = try #require(try await ledger.pinSignIns.request(for: number, connector: connector.publicID))
    // Known by number in somebody's group, before and after it was verified.
    let group = try await ledger.groups.create(name: "Field team", by: developer)
    _ = try await ledger.groups.add(number, to: group.id, by: developer)
    _ = try await ledger.groups.add(PhoneNumber(added), to: group.id, by: developer)
    return ada
  }

  /// The persons whose keys seal what is known, and what opens it: each key plain, and as its file holds it.
  private func keys(of ledger: Ledger) throws -> (persons: [PersonID], bytes: [[UInt8]]) {
    var persons: [PersonID] = []
    var bytes: [[UInt8]] = []
    let folder = path + "/keys/persons"
    for name in try #require(TemporaryFolder.names(in: folder)) {
      let content = try FileBytes.read("\(folder)/\(name)")
      for start in stride(from: PersonShard.headerSize, to: content.count, by: PersonShard.entrySize) {
        let person = try #require(PersonID(bytes: Array(content[start..<(start + PersonID.byteCount)])))
        let plain = try #require(try ledger.keyStore.persons.key(of: person))
        persons.append(person)
        bytes.append(unsafe plain.withUnsafeBytes { unsafe Array($0) })
        // The ciphertext of the key, behind the nonce.
        bytes.append(Array(content[(start + 28)..<(start + 60)]))
      }
    }
    return (persons, bytes)
  }

  private func hashes(on ledger: Ledger) throws -> [[UInt8]] {
    let personal = ledger.log.participant.personalData
    let numbers = try [verified, asked, added].map { try ledger.hash(of: PhoneNumber($0)) }
    return (numbers + [try personal.hash(issuer: "https://id.example.org", subject: subject.utf8)]).map(\.bytes)
  }

  @Test("Neither numbers nor keys of erased persons are in any live file") func neitherNumbers() async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let ada = try await ada(on: ledger)
    for text in texts { #expect(try !FileBytes.hold(Array(text.utf8), in: path), "before: \(text)") }
    let developer = try #require(try ledger.accounts.list().first { $0.id != ada })
    let all = try keys(of: ledger)
    let hashes = try hashes(on: ledger)
    for hash in hashes { #expect(try FileBytes.hold(hash, in: path + "/ledger")) }

    try await ledger.people.erase(ada, by: Requester.operator)
    // The one who was only ever known by a number is a person too.
    try await ledger.people.erase(PhoneNumber(added), by: Requester.operator)

    let kept = try #require(PersonID(bytes: developer.subject.person))
    let gone = all.persons.filter { $0 != kept }
    #expect(gone.count >= 2)
    func expectNothing(_ when: String) throws {
      for text in texts { #expect(try !FileBytes.hold(Array(text.utf8), in: path), "\(when): \(text)") }
      for (index, person) in all.persons.enumerated() {
        let isGone = person != kept
        #expect(try FileBytes.hold(person.bytes, in: path + "/keys") != isGone, "\(when)")
        #expect(try !FileBytes.hold(all.bytes[2 * index], in: path), "\(when): a plain key")
        #expect(try FileBytes.hold(all.bytes[2 * index + 1], in: path) != isGone, "\(when): a sealed key")
      }
    }
    try expectNothing("at once")
    try await ledger.integrity.rebuildProjections()
    try expectNothing("after a rebuild")
    #expect(try await ledger.accounts.reveal(ada, for: "a test", by: Requester.operator) == nil)
    #expect(try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData()) == nil)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    // The counts of PINs go with the first commit after a day. Then a copy without the pages that are no longer in use has
    // nothing by which the person could be found.
    clock.advance(seconds: 86_400)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev")
    let compact = folder.path + "/compact"
    let environment = ledger.log.environment
    try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        try stored { () throws(LMDBError) in try environment.copy(to: compact, compacting: true) }
      }
    }
    for hash in hashes { #expect(try !FileBytes.hold(hash, in: compact)) }
    for text in texts { #expect(try !FileBytes.hold(Array(text.utf8), in: compact)) }
    await ledger.close()
    try expectNothing("closed")
    ledger = try await Ledger.open(at: path, clock.configuration)
    await ledger.close()
    try expectNothing("opened again")
  }

  @Test("Erasing oneself leaves no address behind") func erasingOneself() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let ada = try await ada(on: ledger)
    try await ledger.people.erase(ada, by: ada, context: RequestContext(address: addresses[2]))
    let erased = try #require(try await ledger.audit.latest(1, of: .type(.subjectErased)).first)
    #expect(try ledger.log.snapshot().record(at: erased.position.rawValue)?.address.isEmpty == true)
    await ledger.close()
  }

  @Test("Sign-ins are opened while the key is there") func signInsOpened() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let ada = try await ada(on: ledger)
    let signIns = try #require(try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData()))
    #expect(signIns.map(\.address) == [addresses[1], addresses[0]])
    #expect(signIns.map(\.userAgent) == [agents[1], agents[0]])
    #expect(signIns.map(\.position) == [ada.position + 1, ada.position])
    #expect(try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData(), limit: 1) == [signIns[0]])
    #expect(
      try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData(), limit: 1, before: signIns[0].position)
        == [signIns[1]])
    for limit in [0, 1_001] {
      await #expect(throws: LedgerError.self) {
        try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData(), limit: limit)
      }
    }
    let unknown = await #expect(throws: LedgerError.self) {
      try await ledger.accounts.signIns(of: AccountID(rawValue: 9_999), under: ledger.anybodysData())
    }
    #expect(unknown?.code.rawValue == "not_found")
    try await ledger.people.erase(ada, by: ada)
    #expect(try await ledger.accounts.signIns(of: ada, under: ledger.anybodysData()) == nil)
    await ledger.close()
  }
}
