import LedgerTestSupport
import Testing

@testable import CredentialLedger

@Suite struct ActionWebhookTests {
  let folder = TemporaryFolder()

  @Test("A webhook on an action hears nothing of another group")
  func otherGroups() async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let steps = try await WebhookSteps(on: ledger)
    _ = try await ledger.webhooks.register(
      on: .action("survey-1", in: steps.group.id), for: [.surveyResponse], callbackURL: WebhookSteps.url,
      with: steps.claims())
    let other = try await ledger.groups.create(name: "Another", by: steps.given.steps.admin)
    func tell(_ group: GroupID) async throws -> Int {
      try await ledger.deliveries.enqueue(
        WebhookEvent(
          object: .action("survey-1", in: group), type: .surveyResponse, eventID: "1", payload: Array("answer".utf8))
      ).count
    }
    #expect(try await tell(other.id) == 0)
    #expect(try await tell(steps.group.id) == 1)
    await #expect(throws: LedgerError.self) { try await tell(GroupID(rawValue: 0)) }
    await ledger.close()
  }

  @Test(
    "What an event is called has no line ends, nor anything else that ends a header field",
    arguments: ["a\r\nX-Admin: 1", "a\nb", "a\rb", "a\u{0}", "a\u{7F}", ""])
  func eventIDs(id: String) async throws {
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let steps = try await WebhookSteps(on: ledger)
    let error = await #expect(throws: LedgerError.self) { try await steps.tell(id) }
    #expect(error?.code == .invalidValue)
    #expect(error?.field == "eventID")
    await ledger.close()
  }
}
