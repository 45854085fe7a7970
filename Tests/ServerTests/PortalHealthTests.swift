import CredentialLedger
import LedgerOperations
import LedgerServer
import TestSupport
import Testing

@testable import ManagementPortal

/// What the page of a ledger's health says, and from when on.
@Suite struct PortalHealthTests {
  /// Figures that make a sign, the state that it has then, and what its remedy names.
  struct Case {
    let name: String
    let state: Vitals.State
    let remedy: String
    let vitals: Vitals

    init(_ name: String, _ state: Vitals.State, _ remedy: String = "", _ change: (inout Vitals) -> Void = { _ in }) {
      (self.name, self.state, self.remedy) = (name, state, remedy)
      var vitals = Vitals()
      (vitals.now, vitals.clock) = (Self.now, Self.now)
      change(&vitals)
      self.vitals = vitals
    }

    static let now = Timestamp(milliseconds: 1_700_000_000_000)

    /// The sign among all that these figures give.
    func sign() throws -> VitalSign {
      try #require(VitalSign.all(of: vitals).first { $0.name == name }, "\(name)")
    }
  }

  static func spread(high: Double?) -> Vitals.Spread {
    var spread = Vitals.Spread()
    (spread.count, spread.mean, spread.high) = (3, 0.004, high)
    return spread
  }

  /// A moment some seconds ago.
  private static func ago(_ seconds: Int64) -> Timestamp { Case.now - Duration.seconds(seconds) }

  /// A case for each text that a sign may have.
  static func cases() -> [Case] {
    var cases: [Case] = []
    func add(
      _ name: String, _ state: Vitals.State, _ remedy: String = "", _ change: (inout Vitals) -> Void = { _ in }
    ) { cases.append(Case(name, state, remedy, change)) }
    for name in ["Writing", "Tables", "Checkpoint", "Batch sizes", "Commit latency", "Disk", "Clock"] {
      add(name, .good)
    }
    add("Writing", .bad, "credledger doctor") { $0.fault = "disk_full" }
    add("Tables", .bad, "credledger replay --rebuild") { $0.damagedTables = ["directory"] }
    add("Checkpoint", .good) { $0.unsignedSince = ago(9) }
    add("Checkpoint", .watch, "credledger checkpoint") { $0.unsignedSince = ago(11) }
    add("Checkpoint", .bad, "credledger checkpoint") { $0.unsignedSince = ago(61) }
    add("Checkpoint", .bad, "credledger key rotate-signing") { $0.signingFault = "signing_unavailable" }
    add("Cosignatures", .unknown, "portal.cosigned")
    add("Cosignatures", .bad, "portal.cosigned") { $0.cosigned = .unreadable }
    add("Cosignatures", .bad, "portal.cosigned") { $0.cosigned = .missing }
    add("Cosignatures", .good) { $0.cosigned = .made(ago(3_600)) }
    add("Cosignatures", .watch, "portal.cosigned") { $0.cosigned = .made(ago(90_000)) }
    add("Cosignatures", .bad, "portal.cosigned") { $0.cosigned = .made(ago(700_000)) }
    add("Batch sizes", .good) { $0.batches = spread(high: 8) }
    add("Batch sizes", .good) { $0.batches = spread(high: nil) }
    add("Commit latency", .good) { $0.commits = spread(high: 0.05) }
    add("Commit latency", .watch, "The disk syncs slowly.") { $0.commits = spread(high: 0.1) }
    add("Commit latency", .bad, "The disk syncs slowly.") { $0.commits = spread(high: nil) }
    add("Map", .good) { figures in
      figures.usedBytes = 31 << 20
      figures.mapBytes = 100 << 20
    }
    add("Disk", .watch, "credledger retention") { $0.freeDiskBytes = 100 << 20 }
    add("Disk", .bad, "credledger retention") { $0.freeDiskBytes = 63 << 20 }
    add("Disk", .bad, "credledger retention") { figures in
      figures.usedBytes = 10 << 30
      figures.freeDiskBytes = 1_000 << 20
    }
    add("Readers", .good) { $0.oldestRead = .seconds(60) }
    add("Readers", .watch, "credledger doctor") { $0.oldestRead = .seconds(61) }
    add("Readers", .bad, "credledger doctor") { $0.oldestRead = .seconds(601) }
    add("Index lag", .good) { $0.unindexed = 100_000 }
    add("Index lag", .watch, "catches up by itself") { $0.unindexed = 100_001 }
    add("Index lag", .bad, "catches up by itself") { $0.unindexed = 1_000_001 }
    add("Webhook backlog", .good) { figures in
      figures.waitingDeliveries = 3
      figures.nextDelivery = ago(-9)
    }
    add("Webhook backlog", .watch, "credledger webhook list") { $0.nextDelivery = ago(61) }
    add("Webhook backlog", .bad, "credledger webhook list") { $0.nextDelivery = ago(601) }
    add("Clock", .good) { $0.isClockSynchronized = false }
    add("Clock", .bad, "credledger clock accept") { $0.isClockAtFault = true }
    add("Backups", .unknown, "portal.backups")
    add("Backups", .bad, "credledger backup") { $0.backup = .missing }
    add("Backups", .bad, "credledger backup") { $0.backup = .unreadable }
    add("Backups", .good) { $0.backup = .made(ago(86_400)) }
    add("Backups", .watch, "credledger backup") { $0.backup = .made(ago(93_600)) }
    add("Backups", .bad, "credledger backup") { $0.backup = .made(ago(700_000)) }
    add("Waiting requests", .good) { $0.waiting = 99 }
    add("Waiting requests", .watch, "The disk syncs slowly.") { $0.waiting = 100 }
    return cases
  }

  /// All that the page may say of signs.
  static func texts() throws -> [HTML] {
    var texts: [HTML] = []
    for known in cases() { texts.append(try known.sign().html) }
    for words in ["Nothing needs you.", "One thing needs you.", "2 things need you."] {
      texts.append("<p>As of <time>2026</time>. \(words)</p>")
    }
    texts.append(CommitCharts(of: Vitals()).drawing)
    texts.append(CommitCharts(of: drawn).drawing)
    return texts
  }

  /// Figures of a few commits.
  private static var drawn: Vitals {
    var vitals = Vitals()
    vitals.batches = Vitals.Spread(bounds: [1, 2, 2_048], counts: [4, 0, 2, 1], sum: 4_000)
    vitals.commits = Vitals.Spread(bounds: [0.000_25, 0.002_5, 1], counts: [0, 5, 0, 2], sum: 3)
    return vitals
  }

  @Test("The sizes and durations of commits are drawn, and told in tables, without a style") func sizesDurations() {
    let text = CommitCharts(of: Self.drawn).drawing.text
    #expect(text.contains("aria-label=\"Batch sizes: 7 in all, at most 4 in one bar\""), "\(text)")
    #expect(text.contains("aria-label=\"Commit latency: 7 in all, at most 5 in one bar\""), "\(text)")
    // The highest bar is 38 high, and the others in proportion; a range without values has none.
    let heights = text.split(separator: "width=\"8\" height=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    #expect(heights == ["38", "19", "9", "38", "15"], "\(text)")
    #expect(text.contains("<rect x=\"31\"") && text.contains("&gt; 2,048: 1</title>"))
    let rows = [
      ("≤ 1", "4"), ("≤ 2", "0"), ("≤ 2,048", "2"), ("&gt; 2,048", "1"), ("≤ 0.25 ms", "0"), ("≤ 2.5 ms", "5"),
      ("&gt; 1,000 ms", "2"),
    ]
    for (range, count) in rows {
      let cell = "<td class=\"number\" data-label=\"Commits\">\(count)</td>"
      #expect(text.contains("<bdi dir=\"ltr\">\(range)</bdi></th>\(cell)"), "\(range): \(text)")
    }
    #expect(!text.contains("style"))
    #expect(CommitCharts(of: Vitals()).drawing.text.contains("Nothing was committed since the server started."))
    let durations = [0, 0.000_1, 0.002_5, 0.05, 1].map { CommitCharts.milliseconds($0) }
    #expect(durations == ["0", "0.1", "2.5", "50", "1,000"])
  }

  @Test("Each sign says how well it is, and what mends it where it is not well") func eachSign() throws {
    for known in Self.cases() {
      let sign = try known.sign()
      #expect(sign.state == known.state, "\(known.name): \(sign.html.text)")
      let text = sign.html.text
      #expect(known.remedy.isEmpty || text.contains(known.remedy), "\(known.name): \(text)")
      #expect((sign.state == .good) == text.contains(">OK<"), "\(known.name): \(text)")
      #expect((sign.state == .good) == (text.ranges(of: "class=\"hint\"").count == 1), "\(known.name): \(text)")
    }
    let well = Case("Writing", .good).vitals
    #expect(VitalSign.all(of: well).allSatisfy { !$0.needsSomebody })
    #expect(Set(VitalSign.all(of: well).map(\.name)) == Set(Self.cases().map(\.name)).union(["Events"]))
  }

  @Test("Of the values of a histogram the mean and what 99 of 100 do not exceed are told") func valuesHistogram() {
    let spread = Vitals.Spread(bounds: [1, 2, 4], counts: [98, 1, 1, 0], sum: 104)
    #expect(spread.count == 100 && spread.high == 2 && spread.mean == 1.04)
    #expect(Vitals.Spread(bounds: [1, 2, 4], counts: [0, 0, 0, 3], sum: 30).high == nil)
    #expect(Vitals.Spread(bounds: [1], counts: [0, 0], sum: 0) == Vitals.Spread())
    let numbers = [0, 0.04, 0.05, 3.14, -2.5, 100].map { VitalSign.decimal($0) }
    #expect(numbers == ["0.0", "0.0", "0.1", "3.1", "-2.5", "100.0"])
  }

  @Test("The figures are those of the ledger, and a cosigned checkpoint that is none is told") func figuresThose()
    async throws
  {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada")
    let vitals = try Vitals(of: ledger)
    let head = try ledger.health.head.rawValue
    #expect(vitals.head == head && head > 0)
    #expect(vitals.batches.count > 0 && vitals.commits.mean > 0 && vitals.usedBytes > 0 && vitals.mapBytes > 0)
    let error = await #expect(throws: LedgerError.self) {
      try await ledger.evidence.cosignedAt(in: "\(folder.path)/none", by: "no key")
    }
    #expect(error?.code == .invalidValue)
    await ledger.close()
  }

  @Test("The page shows how old the newest backup is in the folder that is named") func pageShows() async throws {
    let backups = TemporaryFolder()
    let served = try await ServedPortal(environment: ["CREDLEDGER_SERVE_PORTAL_BACKUPS=\(backups.path)"])
    let browser = served.browser()
    let link = try served.line(beginning: "the first operator signs in at ").dropFirst(served.origin.utf8.count)
    try browser.open(String(link))
    try browser.submit("/portal/sign-in/development", [("name", "Ada")])
    let body = try browser.open("/portal/health").body
    for known in Self.cases() { #expect(body.contains("<dt><span>\(known.name)</span>"), "\(known.name)") }
    #expect(body.contains("The folder has no backup of this ledger."), "\(browser.page.text)")
    #expect(body.contains("No file of a cosigned checkpoint is named."))
    #expect(body.contains("aria-label=\"Batch sizes: ") && body.contains("aria-label=\"Commit latency: "), "\(body)")
    #expect(!body.contains("style=") && browser.page.header("content-security-policy")?.contains("unsafe") == false)
    let made = try runProgram(["backup", "\(backups.path)/one", "--ledger", served.path])
    #expect(made.status == 0, "\(made.error)")
    #expect(try browser.open("/portal/health").body.contains("The newest one."), "\(browser.page.text)")
    let only = try ServerSettings.read(
      flags: [:], environment: ["CREDLEDGER_SERVE_PORTAL_BACKUPS": "/backup"], file: nil)
    #expect(only.backups == "/backup" && only.cosigned == nil)
    #expect(throws: SettingsError.self) {
      try ServerSettings.read(flags: [:], environment: ["CREDLEDGER_SERVE_PORTAL_COSIGNED": "/x"], file: nil)
    }
  }
}
