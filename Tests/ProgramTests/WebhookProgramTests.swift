import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Webhooks from the command line, as an operator has them.
@Suite struct WebhookProgramTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  private func run(_ arguments: String..., status: Int32 = 0) throws -> ProgramResult {
    let result = try runProgram(["webhook"] + arguments, environment: ["CREDLEDGER_DIR=\(path)"])
    #expect(result.status == status, "\(arguments): \(result.error)")
    #expect(!(result.output + result.error).contains("canary"), "\(arguments)")
    return result
  }

  private func lines(_ schema: String, _ arguments: String...) throws -> [String] {
    let result = try runProgram(
      ["webhook"] + arguments + ["--format", "ndjson"], environment: ["CREDLEDGER_DIR=\(path)"])
    #expect(result.status == 0, "\(arguments): \(result.error)")
    #expect(!result.output.contains("canary"), "\(arguments)")
    if !result.output.isEmpty { try expectDocuments(result.output, match: schema) }
    return result.output.split(separator: "\n").map(String.init)
  }

  /// A ledger with two webhooks under one grant, of which the first has something waiting.
  private func webhooks() async throws -> (webhooks: [Webhook], group: GroupID) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", LedgerConfiguration())
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.textMessage, .outgoingWebhooks], by: account)
    let group = try await ledger.groups.create(name: "Field team", by: account)
    let granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: account)
    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    guard case .valid(let claims) = try ledger.tokens.validate(token.accessToken) else { return ([], group.id) }
    var made: [Webhook] = []
    for (object, type) in [
      (WebhookObject.group(group.id), WebhookEventType.textMessageCreated),
      (.action("survey-1", in: group.id), .surveyResponse),
    ] {
      made.append(
        try await ledger.webhooks.register(
          on: object, for: [type], callbackURL: "https://canary.example.org/canary", callbackToken: "canary-token",
          callbackContext: "canary-context", with: claims))
    }
    _ = try await ledger.deliveries.enqueue(
      WebhookEvent(
        object: .group(group.id), type: .textMessageCreated, eventID: "m-1", payload: Array("canary".utf8)))
    await ledger.close()
    return (made, group.id)
  }

  @Test("Webhooks are listed by what they stand on and what they listen to, without what is secret")
  func webhooksListed() async throws {
    let (made, group) = try await webhooks()
    let (first, second) = (made[0], made[1])
    let all = try lines("webhook", "list", "\(first.connector)")
    #expect(all.count == 2)
    #expect(all[0].contains(#""webhook":"\#(first.id)","#) && all[0].contains(#""waiting":1,"#))
    #expect(all[1].contains(#""objectID":"survey-1""#) && all[1].contains(#""eventTypes":["SurveyResponse"]"#))
    #expect(try lines("webhook", "list", "\(first.grant)") == all)
    #expect(try lines("webhook", "list", "\(group)") == [all[0]])
    #expect(try lines("webhook", "show", "\(first.id.rawValue)") == [all[0]])
    let table = try run("list", "\(first.connector)").output
    #expect(table.contains("action survey-1") && table.contains("in-force"))
    #expect(try run("show", "\(first.id)").output.contains("waiting     1"))
    #expect(try run("show", "\(second.id)").output.contains("listens to  action survey-1"))
    #expect(try run("list", "connector:99", status: 1).error.contains("there is no connector:99"))
    #expect(try run("show", "99", status: 1).error.contains("there is no webhook:99"))
    #expect(try run("list", "account:2", status: 2).error.contains("credledger webhook list"))
  }

  @Test("One is disabled and deleted by the operator, and its key is gone") func disabledDeleted() async throws {
    let (made, _) = try await webhooks()
    let id = "\(made[0].id.rawValue)"
    let disable = ["disable", id, "--reason", "floods the gateway"]
    #expect(
      try lines("change", disable[0], disable[1], disable[2], disable[3]) == [
        #"{"target":"webhook:\#(id)","changed":true}"#
      ])
    #expect(try run("disable", id, "--reason", "again").output.contains("nothing was to be done"))
    let shown = try lines("webhook", "show", id)[0]
    #expect(shown.contains(#""state":"disabled""#) && shown.contains(#""waiting":0,"#))
    #expect(try run("delete", id, status: 2).error.contains("--yes"))
    #expect(try run("delete", id, "--yes").output == "webhook:\(id) is deleted\n")
    #expect(try run("delete", id, "--yes", status: 1).error.contains("[gone]"))
    #expect(try lines("webhook", "show", id)[0].contains(#""state":"deleted""#))
    #expect(try lines("webhook", "list", "\(made[0].connector)").count == 1)
    let ledger = try await Ledger.open(at: path, LedgerConfiguration())
    #expect(try ledger.open(made[0].details) == nil)
    let events = try await ledger.audit.latest(2)
    #expect(events.map(\.type) == [.webhookDeleted, .webhookDisabled])
    #expect(events.allSatisfy { $0.actor.kind == .operator })
    await ledger.close()
  }
}
