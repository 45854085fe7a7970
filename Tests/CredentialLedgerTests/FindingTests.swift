import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Finding people and things by what they go by.
@Suite struct FindingTests {
  let folder = TemporaryFolder()

  private var path: String { "\(folder.path)/ledger" }

  private func found(_ text: String, in ledger: Ledger) async throws -> [String] {
    try await ledger.find(text).objects.map { "\($0.subject)" }
  }

  private func create(
    _ name: String, _ subject: String, _ ledger: Ledger, email: String? = nil, number: String? = nil
  ) async throws -> AccountID {
    try await ledger.accounts.create(
      NewAccount(
        issuer: "https://id.example.org", subject: subject, name: name, email: email,
        phone: number.map { (text) throws(LedgerError) in try PhoneNumber(text) }),
      context: RequestContext(reason: "staff list"))
  }

  @Test("People are found by all that is known of them, things by their names, and nobody by what is no longer so")
  func peopleFound()
    async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let ada = try await create(
      "Ada Lovelace", "auth0|5F7", ledger, email: "a.byron@example.org", number: "+911199999999")
    let bo = try await create("José Lovell", "248289761001", ledger)
    let (connector, _) = try await ledger.connectors.create(
      name: "Lovely roster", permissions: [.groupInformation], by: ada)
    let group = try await ledger.groups.create(name: "Field team", by: ada)
    let expected: [(String, [String])] = [
      ("ada", ["\(ada)"]), ("LOVELACE ad", ["\(ada)"]), ("love", ["\(ada)", "\(bo)", "\(connector.id)"]), ("l", []),
      ("jose", ["\(bo)"]), ("JOSÉ", ["\(bo)"]), ("ada lovell", []), ("byron", ["\(ada)"]),
      ("A.Byron@Example.org", ["\(ada)"]), ("example", []), ("auth0|5f7", ["\(ada)"]), ("auth0", []),
      ("248289761001", ["\(bo)"]), ("24828976", []), ("https://id.example.org 248289761001", ["\(bo)"]),
      ("https://id.example.org 24828976", []), ("field", ["\(group.id)"]), ("roster", ["\(connector.id)"]),
      ("+911199999998", []),
    ]
    for (text, objects) in expected { #expect(try await found(text, in: ledger) == objects, "\(text)") }
    let owners = try await found("+91 1199999999", in: ledger)
    #expect(owners.contains("\(ada)") && owners.contains { $0.hasPrefix("phone:") } && owners.count >= 2, "\(owners)")
    let names = try await ledger.find("love").objects.map(\.name)
    #expect(names == [nil, nil, "Lovely roster"])

    // A new name takes the place of the old one; the same one again changes nothing.
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "248289761001", name: "Bo Byron")
    try await ledger.groups.rename(group.id, to: "Night shift", by: ada)
    #expect(try await found("jose", in: ledger).isEmpty)
    #expect(try await found("byron", in: ledger) == ["\(ada)", "\(bo)"])
    #expect(try await found("field", in: ledger).isEmpty)
    #expect(try await found("night", in: ledger) == ["\(group.id)"])
    try await ledger.connectors.delete(connector.id, by: ada)
    #expect(try await ledger.find("roster").objects.map(\.standing) == [.ended])
    #expect(try await ledger.integrity.verify().projectionsMatch)

    // Who was erased is found by nothing, also once the index is made anew without their key.
    try await ledger.people.erase(ada, by: Requester.operator)
    for _ in 0..<2 {
      for text in ["ada", "lovelace", "a.byron@example.org", "auth0|5f7", "+911199999999"] {
        #expect(try await found(text, in: ledger).isEmpty, "\(text)")
      }
      #expect(try await found("byron", in: ledger) == ["\(bo)"])
      #expect(try await ledger.integrity.verify().projectionsMatch)
      try await ledger.integrity.rebuildProjections()
    }

    // A new key for the hashes makes the index anew.
    try await ledger.keys.rotate(.lookup)
    await ledger.close()
    ledger = try await Ledger.open(at: path)
    #expect(try await found("byron", in: ledger) == ["\(bo)"])
    await ledger.close()
  }

  @Test("Pages follow each other without gaps, whatever fits by words or as a whole") func pagesFollow() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    var expected: [String] = []
    for number in 0..<25 { expected.append("\(try await create("Ada \(number)", "s\(number)", ledger))") }
    // Found by the subject as a whole, in the middle of the others.
    expected.append("\(try await create("Bo", "ada", ledger))")
    for number in 25..<30 { expected.append("\(try await create("Ada", "s\(number)", ledger))") }
    for limit in [1, 7, 31, 1_000] {
      var (all, after): ([String], UInt64?) = ([], 0)
      while let number = after {
        let page = try await ledger.find("ADA", after: number, limit: limit)
        #expect(page.objects.count <= limit)
        all += page.objects.map { "\($0.subject)" }
        after = page.next
      }
      #expect(all == expected, "\(limit)")
    }
    await ledger.close()
  }

  @Test("What cannot be looked for is refused, and without the key it is said what is missing") func cannotLooked()
    async throws
  {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    _ = try await create("Ada", "1", ledger)
    for (text, field) in [
      ("", "text"), (" -- ", "text"), (String(repeating: "a", count: 513), "text"), ("+12", "number"),
    ] {
      let refused = await #expect(throws: LedgerError.self) { try await ledger.find(text) }
      #expect(refused?.code == .invalidValue && refused?.field == field, "\(text)")
      #expect(text.isEmpty || refused?.reason.contains(text) == false)
    }
    for limit in [0, 1_001] {
      let refused = await #expect(throws: LedgerError.self) { try await ledger.find("ada", limit: limit) }
      #expect(refused?.field == "limit")
    }
    #expect(try await ledger.find("ada", after: .max).objects.isEmpty)
    await ledger.close()
    let keyless = try await Ledger.openWithoutKeys(at: path)
    let refused = await #expect(throws: LedgerError.self) { try await keyless.find("ada") }
    #expect(refused?.code == .keyUnavailable, "\(String(describing: refused))")
    await keyless.close()
    let reader = try await Ledger.openForReading(at: path)
    #expect(try await reader.find("ada").objects.count == 1)
    await reader.close()
  }

  @Test("Events are counted by type as they are recorded") func eventsCounted() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let given = try await HandedOut(on: ledger)
    try await ledger.grants.revoke(given.user.grant, by: given.steps.admin)
    for _ in 0..<2 {
      let counted = try await ledger.integrity.statistics().eventsByType
      let read = try await ledger.audit.count(by: .type).groups
      #expect(
        counted.map { "\($0.type.name ?? "") \($0.count)" }.sorted() == read.map { "\($0.key) \($0.count)" }.sorted())
      #expect(counted.contains { $0.type == .tokenIssued && $0.count == 2 })
      #expect(counted.map(\.type.rawValue) == counted.map(\.type.rawValue).sorted())
      try await ledger.integrity.rebuildProjections()
    }
    await ledger.close()
  }
}
