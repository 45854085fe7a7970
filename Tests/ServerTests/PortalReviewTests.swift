import CredentialLedger
import Synchronization
import TestSupport
import Testing

/// The access review over time: a ledger of the past, served today.
@Suite struct PortalReviewTests {
  /// A clock that is some days behind the machine's.
  private final class PastClock: Sendable {
    private let daysAgo = Mutex<Int64>(0)

    var now: Int64 { LedgerConfiguration.systemClock() - daysAgo.withLock { $0 } * 86_400_000 }

    func set(daysAgo days: Int64) { daysAgo.withLock { $0 = days } }
  }

  @Test("A grant that is unused for 90 days is marked, and one that was decided longer ago is due again")
  func grantUnused()
    async throws
  {
    let clock = PastClock()
    clock.set(daysAgo: 91)
    let served = try await ServedPortal(clock: { clock.now }) { ledger in
      let ada = try await ledger.accounts.signIn(issuer: "development", subject: "Ada", name: "Ada").account
      let request = try await ledger.phones.requestPIN(for: PhoneNumber("+447700900231"), by: ada)
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: ada)
      let group = try await ledger.groups.create(name: "Field team", by: ada)
      func letIn(_ name: String) async throws -> (grant: GrantID, use: () async throws -> Void) {
        let (made, secret) = try await ledger.connectors.create(name: name, permissions: [.textMessage], by: ada)
        let granted = try await ledger.grants.grant(
          made.id, consent: .scopes(.all), access: .group(group.id), by: ada)
        return (
          granted.grant,
          {
            _ = try await ledger.tokens.issue(
              connector: made.publicID, secret: secret, refreshToken: granted.refreshToken)
          }
        )
      }
      let (idle, busy) = (try await letIn("Idle"), try await letIn("Busy"))
      _ = try await letIn("Never")
      try await idle.use()
      try await ledger.grants.review(busy.grant, .keep, reason: "the survey runs", by: ada)
      clock.set(daysAgo: 89)
      try await busy.use()
      let young = try await letIn("Young")
      try await ledger.grants.review(young.grant, .keep, reason: "it is new", by: ada)
    }
    let browser = served.browser()
    try browser.signIn("Ada")
    let page = try browser.open("/portal/review").body
    let group = try PortalScene.first("href=\"/portal/groups/", "/", in: browser)
    func lastUsed(_ name: String) throws -> String {
      let row = try #require(
        page.split(separator: "<th scope=\"row\"><bdi>\(name)</bdi><small>owned by").dropFirst().first, "\(page)")
      let cell = try #require(row.split(separator: "data-label=\"Last used\">").dropFirst().first)
      return String(cell.split(separator: "</td>").first ?? "")
    }
    for name in ["Idle", "Never"] { #expect(try lastUsed(name).contains("Unused for 90 days"), "\(name)") }
    for name in ["Busy", "Young"] { #expect(try !lastUsed(name).contains("Unused"), "\(name)") }
    #expect(try lastUsed("Young").contains("Nothing yet"))
    // The same in the matrix; in the list of connectors one counts from its creation.
    #expect(page.split(separator: "<a class=\"unused\"").count == 3, "\(page)")
    let list = try browser.open("/portal/connectors?show=unused").body
    #expect(list.contains("<bdi>Idle</bdi>") && list.contains("<bdi>Never</bdi>"), "\(list)")
    #expect(!list.contains("<bdi>Young</bdi>") && !list.contains("<bdi>Busy</bdi>"), "\(list)")
    // Wherever else a last use is told, it is the same.
    let tab = try browser.open("/portal/groups/\(group)/connectors").body
    #expect(tab.split(separator: "<span class=\"status warn\">Unused for 90 days</span>").count == 3, "\(tab)")
    #expect(page.contains("3 grants to decide"), "\(page)")
    let busy = try #require(page.firstRange(of: "<bdi>the survey runs</bdi>")?.lowerBound, "\(page)")
    let young = try #require(page.firstRange(of: "<bdi>it is new</bdi>")?.lowerBound, "\(page)")
    // What is to be decided comes first.
    #expect(busy < young)
  }
}
