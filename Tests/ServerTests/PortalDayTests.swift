import CredentialLedger
import TestSupport
import Testing

/// The list of events in days: a ledger of the past, served today.
@Suite struct PortalDayTests {
  @Test("The audit trail has each day once, and below it the events of that day") func eventsDays() async throws {
    let served = try await ServedPortal(clock: { LedgerConfiguration.systemClock() - 3 * 86_400_000 }) { ledger in
      let ada = try await ledger.accounts.signIn(issuer: "development", subject: "Ada", name: "Ada").account
      _ = try await ledger.groups.create(name: "Field team", by: ada)
    }
    let browser = served.browser()
    try browser.signIn("Ada")
    let page = try browser.open("/portal/audit").body
    var days: [String] = []
    for part in page.split(separator: "<tr class=\"day-header\">").dropFirst() {
      let title = try #require(part.firstMatch(of: /<bdi dir="ltr">([-0-9]+)<\/bdi> \(UTC\)<\/th>/), "\(part)")
      let day = String(title.output.1)
      let times = part.matches(of: /data-label="When" class="when"><time datetime="([-0-9]+)T/)
      #expect(Set(times.map { String($0.output.1) }) == [day], "\(part)")
      days.append(day)
    }
    #expect(days.count >= 2 && Set(days).count == days.count && days == days.sorted(by: >), "\(days)")
    // A list of a few events elsewhere has none.
    #expect(try !browser.open("/portal/").body.contains("day-header"))
  }
}
