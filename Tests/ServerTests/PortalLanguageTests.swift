import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

@testable import ManagementPortal

/// The German of the portal, which has a text for every one of its texts.
@Suite struct PortalLanguageTests {
  static func german() throws -> Catalogue {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    return try Catalogue(Array(ServedLedger.content(of: "\(root)/Tools/deploy/languages/de.txt").utf8))
  }

  /// Collects texts that a catalogue lacks.
  struct Lacking {
    let catalogue: Catalogue
    private(set) var texts: Set<String> = []
    private(set) var count = 0

    init(_ catalogue: Catalogue) { self.catalogue = catalogue }

    mutating func look(at page: String, of path: String = "") {
      var found: Set<String> = []
      // A title has no elements any more, and is the same text as a heading.
      let titleless = page.split(separator: "<title>").enumerated().map { index, part in
        index == 0 ? part : part.split(separator: "</title>", maxSplits: 1).last ?? ""
      }.joined()
      _ = Translation.translate(titleless) { english, _ in
        found.insert(english)
        return nil
      }
      count += found.count
      for text in found where catalogue.text(of: text, parts: ["1", "2", "3", "4", "5", "6"]) == nil {
        texts.insert(path.isEmpty ? text : "\(text) (\(path))")
      }
    }

    mutating func look(at html: HTML) { look(at: "<p>\(html.text)</p>") }
  }

  @Test("Every text of every page is there in German") func everyText() async throws {
    var lacking = Lacking(try Self.german())
    let scene = try await PortalScene(phone: "+44 7700 900192")
    let paths = PortalRoute.all.filter { $0.get != nil }.map { scene.path($0.pattern) }.filter {
      !$0.hasSuffix("/live") && !$0.contains(".csv") && !$0.contains(".ndjson") && !$0.contains(".cloudevents")
        && (!$0.contains("/evidence/") || $0.hasSuffix("/report"))
    }
    let said = [
      "phone", "phone-removed", "connector-changed", "connector-deleted",
      "connector-inactive", "connector-active", "old-secret-ended", "revoked", "group-created", "members",
      "erased", "joined", "subgroup-attached", "subgroup-detached", "group-renamed", "group-deleted",
      "key-rotated", "decided", "retried", "webhook-on", "sessions",
    ]
    let more =
      said.map { "/portal/?said=\($0)&event=1" }
      + ["ended", "out", "fresh", "again", "disabled"].map { "/portal/sign-in?said=\($0)" }
      + [
        "/portal/audit?exact=nothing", "/portal/audit?who=Nobody", "/portal/audit?from=x",
        "/portal/audit?exact=subject.erased", "/portal/audit?not=x", "/portal/audit?actor=x",
        "/portal/audit?address=x", "/portal/audit?request=\(Array(repeating: "x", count: 21).joined(separator: ","))",
        "/portal/audit?live=1", "/portal/connectors?q=none", "/portal/connectors?show=unused",
        "/portal/people?q=none", "/portal/first/x",
        "/portal/erasure?q=field", "/portal/erasure?q=none", "/portal/review?all=1",
        "/portal/tokens/\(scene.token)?at=2", "/portal/find?q=field", "/portal/find?q=none", "/portal/find?q=%21",
        "/portal/sign-in?said=out&state=x",
        "/portal/groups", "/portal/groups/\(scene.group)/connectors?connector=\(scene.connector)",
        "/portal/events/\(scene.phone)", "/portal/events/\(scene.phone)/reveal", "/portal/me/sessions/end",
      ]
    let (poor, member) = (try scene.person("Bob"), try scene.person("Mel"))
    // As somebody has it who comes back from a provider's sign-out.
    poor.plant("credledger-out", "x")
    try member.verify("+44 7700 900193")
    try scene.owner.open("/portal/groups/\(scene.group)")
    try scene.addMembers("+44 7700 900193\n+44 7700 900194\n+44 7700 900194\n12")
    lacking.look(at: scene.owner.page.body, of: "added")
    for browser in [scene.owner, poor, member] {
      for path in paths + more { lacking.look(at: try browser.open(path).body, of: path) }
    }
    // What forms say that are sent empty.
    for path in [
      "/portal/connectors/new", "/portal/groups/new", "/portal/me/phones/new", "/portal/keys", "/portal/people/2/erase",
      "/portal/connectors/\(scene.connector)/edit", "/portal/connectors/\(scene.connector)/delete", "/portal/review",
      "/portal/events/\(scene.phone)/reveal", "/portal/groups/\(scene.group)/messages",
      "/portal/groups/\(scene.group)/subgroups", "/portal/groups/\(scene.group)/edit",
      "/portal/groups/\(scene.group)/delete",
    ] {
      try scene.owner.open(path)
      lacking.look(at: try scene.owner.submit(path).body)
    }
    // What is said while a group is put below another, and taken from there.
    try scene.owner.open("/portal/groups/new")
    try scene.owner.submit("/portal/groups/new", [("name", "Night shift")])
    let lower = try PortalScene.first("action=\"/portal/groups/", "\"", in: scene.owner)
    let below = "/portal/groups/\(scene.group)/subgroups"
    lacking.look(at: try scene.owner.open(below).body)
    lacking.look(at: try scene.owner.open("\(below)/attach?group=\(lower)").body)
    lacking.look(at: try scene.owner.submit("\(below)/attach").body)
    lacking.look(at: try scene.owner.open("\(below)/\(lower)/detach").body)
    try scene.owner.open("/portal/groups/\(lower)/subgroups/attach?group=\(scene.group)")
    lacking.look(at: try scene.owner.submit("/portal/groups/\(lower)/subgroups/attach").body)
    // What a connector's pages say while two Secrets work.
    let base = "/portal/connectors/\(scene.connector)"
    try scene.owner.open("\(base)/rotate")
    lacking.look(at: try scene.owner.submit("\(base)/rotate", [("overlap", "604800")]).body)
    for path in [base, "\(base)/rotate", "/portal/connectors"] { lacking.look(at: try scene.owner.open(path).body) }
    // And while it is inactive.
    for path in ["\(base)/end-old-secret", "\(base)/deactivate"] { lacking.look(at: try scene.owner.open(path).body) }
    lacking.look(at: try scene.owner.submit("\(base)/deactivate").body)
    lacking.look(at: try scene.owner.submit("\(base)/deactivate", [("reason", "under review")]).body)
    for path in [base, "\(base)/activate"] { lacking.look(at: try scene.owner.open(path).body) }
    #expect(lacking.count > 2_000)
    #expect(lacking.texts.isEmpty, "\(lacking.texts.sorted().joined(separator: "\n"))")
  }

  @Test("Whatever the portal may say has its German") func whateverPortal() throws {
    var lacking = Lacking(try Self.german())
    let name = Part.name("Ada")
    for type in EventType.allCases {
      for group in [name, nil] as [HTML?] {
        lacking.look(at: EventWords.sentence(of: type, who: name, connector: name, group: group, account: name))
      }
    }
    for code in [
      "phone_required", "no_open_pin", "wrong_pin", "too_many", "last_admin", "approval_required", "forbidden",
      "account_disabled", "already_exists", "gone", "busy", "outcome_unknown", "storage", "key_unavailable", "nothing",
    ] {
      lacking.look(at: "\(RefusalWords.sentence(LedgerError(LedgerError.Code(rawValue: code), "")))")
    }
    for field in ["name", "number", "secret", "connector", nil] {
      lacking.look(
        at: "\(RefusalWords.sentence(LedgerError(LedgerError.Code(rawValue: "conflict"), "", field: field)))")
    }
    for field in ["name", "redirectURIs", "number", "parent", nil] {
      lacking.look(
        at: Part.text(
          RefusalWords.sentence(LedgerError(LedgerError.Code(rawValue: "invalid_value"), "", field: field))))
    }
    for (code, field) in [("invalid_value", "subgroup"), ("invalid_value", "group"), ("conflict", "subgroup")] {
      let error = LedgerError(LedgerError.Code(rawValue: code), "", field: field)
      lacking.look(at: "\(RefusalWords.ofAttaching(error))")
    }
    lacking.look(at: "\(RefusalWords.notAdminOfBoth)")
    for what in ["let connectors in", "add sub-groups"] as [HTML] {
      for names in [[], ["Ada", "Bob"]] {
        lacking.look(at: ManagementPortal.adminsAlone(what, in: "Field team", ask: names))
      }
    }
    lacking.look(at: "\(ManagementPortal.groupChanged)")
    for count in 1...2 { lacking.look(at: "\(ManagementPortal.changed(to: count).words)") }
    for permission in Permission.allCases {
      lacking.look(at: "<b>\(permission.title)</b><p>\(permission.sentence)</p>")
    }
    lacking.look(
      at: "\(RefusalWords.sentence(LedgerError(LedgerError.Code(rawValue: "too_many"), "", field: "challenge")))")
    for lines in [[], Array(repeating: "12", count: 201)] as [[Substring]] {
      lacking.look(at: Part.text(ManagementPortal.fault(in: lines) ?? ""))
    }
    let outcomes: [AddedMembers.Line.Outcome] = [.invited, .present, .malformed, .undone]
    for outcome in outcomes { lacking.look(at: ManagementPortal.status(of: outcome)) }
    var words = SubjectKind.allCases.map(\.name) + EventKinds.allCases.map(\.title)
    words += ["user", "tenant administrator", "auditor", "operator", "unknown"]
    words += Country.all.map(\.label)
    for word in words { lacking.look(at: "\(word)") }
    for text in try PortalHealthTests.texts() { lacking.look(at: text) }
    lacking.look(at: ManagementPortal.filesCut(FormValues([(name: "type", value: "tokens")]), head: 10_001))
    lacking.look(at: ManagementPortal.undecided(2))
    lacking.look(at: "Addresses from which operators acted are not searched.")
    lacking.look(at: "Too many events have to be looked at. Narrow the filters by dates.")
    lacking.look(at: ManagementPortal.choiceCut(of: GroupID(rawValue: 5)))
    lacking.look(at: ManagementPortal.matrixRowsCut(to: 50, of: 51))
    lacking.look(at: ManagementPortal.matrixCut(to: 12, of: 13, all: "?all=1"))
    let stopping: HTML = "At least \(Part.counted(1_000, "live token")) stop at once."
    lacking.look(at: stopping)
    for (count, seen) in [(0, 0), (1, 2), (12, 13), (1, 1_000), (400, 1_000)] {
      let live = LiveTokens(count, of: seen)
      for text in [live.number, live.words, "\(live.changed(grants: 2))"] { lacking.look(at: text) }
    }
    for count in 1...4 {
      lacking.look(at: ProofTree(position: 1, hashes: Array(repeating: "0123456789abcdef", count: count)).drawing)
    }
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    let spans: [Int64] = [0, 120, 7_200, 100_000, 500_000]
    for seconds in spans {
      let span = Duration.seconds(seconds)
      lacking.look(at: Part.ago(now - span, now: now))
      lacking.look(at: Part.until(now + span, now: now))
    }
    for use in [.used(now), .quiet(since: now), .quiet(since: now - Duration.seconds(86_400)), nil] as [OldSecretUse?] {
      lacking.look(at: OldSecretUse.words(use, until: now, at: now))
    }
    #expect(lacking.texts.isEmpty, "\(lacking.texts.sorted().joined(separator: "\n"))")
  }

  @Test("The words of a proof's drawing are in the reader's language, and its hashes as they are") func wordsProofs()
    throws
  {
    let drawing = ProofTree(position: 12, hashes: ["aaaaaaaaa", "bbbbbbbbb", "ccccccccc", "ddddddddd"]).drawing
    let german = try Self.german().translated("<p>\(drawing.text)</p>")
    for words in ["Ereignis 12", "kombiniert", "2 weitere Ebenen", "Wurzel"] {
      #expect(german.contains(">\(words)</text>"), "\(german)")
    }
    #expect(german.contains("<title id=\"tree-title\">Beweis, dass Ereignis 12 enthalten ist</title>"), "\(german)")
    #expect(german.contains("translate=\"no\">aaaaaaaa…</text>") && german.contains(">dddddddd…</text>"))
  }

  @Test("A count of tokens says that there may be more only where not all were looked at") func countTokens() throws {
    let (all, some) = (LiveTokens(400, of: 999), LiveTokens(400, of: 1_000))
    #expect(all.number.text == "400" && all.words.text == "400 live tokens")
    #expect(some.number.text == "at least 400" && some.words.text == "at least 400 live tokens")
    #expect(LiveTokens(1, of: 1_000).words.text == "at least 1 live token")
    #expect(all.changed(grants: 2).contains("2 grants and 400 live tokens now."))
    #expect(some.changed(grants: 2).contains("2 grants and at least 400 live tokens now."))
    #expect(try Self.german().translated("<dd><strong>\(some.number.text)</strong></dd>").contains("mindestens 400"))
  }

  @Test("A German reader gets German, with names as they were typed") func germanReader() async throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let served = try await ServedPortal(environment: [
      "CREDLEDGER_SERVE_PORTAL_LANGUAGES=\(root)/Tools/deploy/languages/de.txt"
    ])
    let browser = served.browser()
    browser.language = "de-AT, en;q=0.5"
    #expect(try browser.open("/portal/sign-in").body.contains("<h1>Anmelden</h1>"), "\(browser.page.body)")
    try browser.submit("/portal/sign-in/development", [("name", "Next")])
    #expect(browser.page.body.contains("<html lang=\"de\" dir=\"ltr\">"))
    #expect(browser.page.body.contains("Willkommen, <bdi>Next</bdi>"))
    #expect(browser.page.body.contains("<title>Start · CredentialLedger</title>"), "\(browser.page.body.prefix(600))")
    #expect(
      try browser.open("/portal/me/phones/new").body.contains(">Vereinigtes Königreich \u{2066}+44\u{2069}</option>"))
  }
}
