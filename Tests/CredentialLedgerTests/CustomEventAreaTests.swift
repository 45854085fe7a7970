import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

/// Events of a program that embeds the ledger: in the same log as its own, and never taken for them.
@Suite struct CustomEventAreaTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  private func made() async throws -> (ledger: Ledger, steps: FourSteps, billing: CustomEvents) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    let steps = try await FourSteps(on: ledger)
    try await ledger.eventNamespaces.register("com.example.billing", types: ["invoice.paid"], by: .operator)
    return (ledger, steps, ledger.events(of: "com.example.billing"))
  }

  @Test("An event is proved, found, verified and replayed like the ledger's own") func eventProved() async throws {
    let (ledger, steps, billing) = try await made()
    let payload = Array(#"{"amount": 12}"#.utf8)
    let subjects = [
      Subject(steps.connector.id), Subject(steps.group.id), Subject(steps.granted.grant),
      Subject(TokenID(rawValue: try #require(try ledger.grants.grant(steps.granted.grant)?.family).rawValue)),
    ]
    let position = try await billing.append(
      "invoice.paid", version: 2, payload: payload, contentType: "application/json", about: subjects, by: steps.admin)
    let event = try #require(try await billing.page().events.first)
    #expect(event.position == position && event.payload == payload && event.version == 2)
    #expect(event.namespace == "com.example.billing" && event.type == "invoice.paid")
    #expect(event.contentType == "application/json" && event.entry.actor == Subject(steps.admin))
    #expect(event.entry.type == .customRecorded)
    #expect(Set(event.entry.subjects).isSuperset(of: subjects))
    for subject in subjects {
      let found = try await ledger.audit.latest(1, of: .subject(subject).and(.type(.customRecorded)))
      #expect(found.map(\.position) == [position])
    }
    let details = Dictionary(uniqueKeysWithValues: event.entry.details.map { ($0.name, $0.value) })
    #expect(details["payload"] == .text(#"{"amount": 12}"#) && details["event"] == .text("invoice.paid"))
    let proof = try await ledger.integrity.proveInclusion(of: position)
    #expect(proof.verify(origin: "ledger.example.org", verifierKey: try ledger.verifierKey))
    let report = try await ledger.integrity.verify()
    let head = try ledger.head()
    #expect(report.projectionsMatch && report.events == head.rawValue)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    #expect(try ledger.eventNamespaces.namespace("com.example.billing")?.eventTypes == ["invoice.paid"])
    await ledger.close()
  }

  @Test("Personal fields are sealed in the log, and gone with the erasure of their person") func personalFields()
    async throws
  {
    let (ledger, steps, billing) = try await made()
    let name = "Augusta Ada King-Noel"
    let position = try await billing.append(
      "invoice.paid", personal: [PersonalField("payer", of: steps.admin, name)], by: steps.developer)
    let event = try #require(try await billing.page(about: Subject(steps.admin)).events.first)
    #expect(event.position == position)
    #expect(event.personal.map(\.name) == ["payer"] && event.personal.map(\.account) == [steps.admin])
    let json = try String(decoding: event.entry.event.payloadJSON(), as: UTF8.self)
    #expect(!json.contains(name) && !"\(event)".contains(name))
    #expect(!"\(PersonalField("payer", of: steps.admin, name))".contains(name))
    let leave = try await ledger.disclose(.accounts([steps.admin]), for: "a test", by: Requester.operator)
    #expect(try await billing.reveal(event, under: leave).map(\.state) == [.revealed(name)])
    let other = try await ledger.disclose(.accounts([steps.developer]), for: "a test", by: Requester.operator)
    #expect(try await billing.reveal(event, under: other).map(\.state) == [.sealed])
    try await ledger.people.erase(steps.admin, by: Requester.operator)
    #expect(try await billing.reveal(event, under: leave).map(\.state) == [.erased])
    await #expect(throws: LedgerError.self) {
      _ = try await billing.append(
        "invoice.paid", personal: [PersonalField("payer", of: steps.admin, name)], by: steps.developer)
    }
    let proof = try await ledger.integrity.proveInclusion(of: position)
    #expect(proof.verify(origin: "ledger.example.org", verifierKey: try ledger.verifierKey))
    await ledger.close()
  }

  @Test("A repeated request records nothing, and another under its key is refused") func repeatedRequest() async throws
  {
    let (ledger, steps, billing) = try await made()
    let context = RequestContext(idempotencyKey: "invoice 12")
    let field = PersonalField("payer", of: steps.admin, "Ada")
    let first = try await billing.append("invoice.paid", personal: [field], by: steps.admin, context: context)
    let head = try ledger.head()
    #expect(
      try await billing.append("invoice.paid", personal: [field], by: steps.admin, context: context) == first)
    #expect(try ledger.head() == head)
    let error = await #expect(throws: LedgerError.self) {
      _ = try await billing.append("invoice.paid", payload: [1], by: steps.admin, context: context)
    }
    #expect(error?.code == .idempotencyKeyReused)
    await ledger.close()
  }

  @Test("A record that would not fit is refused with its field") func recordWould() async throws {
    let (ledger, steps, billing) = try await made()
    let full = (0..<4).map { PersonalField("f\($0)", of: steps.admin, String(repeating: "x", count: 4_096)) }
    _ = try await billing.append(
      "invoice.paid", payload: [UInt8](repeating: 7, count: 32_768), personal: full, by: steps.admin)
    for fields in [
      full + [PersonalField("f4", of: steps.admin, String(repeating: "x", count: 4_096))],
      [PersonalField("f", of: steps.admin, String(repeating: "x", count: 4_097))],
      (0..<17).map { PersonalField("f\($0)", of: steps.admin, "x") },
    ] {
      let error = await #expect(throws: LedgerError.self) {
        _ = try await billing.append("invoice.paid", personal: fields, by: steps.admin)
      }
      #expect(error?.code == .invalidValue && error?.field == "personal")
    }
    await ledger.close()
  }
}
