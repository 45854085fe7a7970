import CredentialLedger
import Glibc
import TestSupport
import Testing

@testable import ManagementPortal

/// The rules for everybody that a page's markup and the style sheet's colours can break, on every route.
@Suite struct PortalMarkupTests {
  private typealias Role = PortalRoles.Role

  @Test("The markup of every page has what a keyboard, a screen reader and another language need") func markupEvery()
    async throws
  {
    let roles = try await PortalRoles(WebhookReceiver())
    for role in [Role.operator, .developer, .admin, .auditor, .member, .newcomer, .nobody] {
      let browser = try roles.browser(role)
      var titles: [String: String] = [:]
      for route in PortalRoute.all where route.get != nil && route.pattern.last != "live" {
        let path = roles.path(route.pattern)
        let answer = try browser.open(path, follow: false)
        guard let page = Self.look(answer, "\(role.rawValue): \(path)"), answer.status == 200 else { continue }
        let other = titles.updateValue(path, forKey: page.title)
        #expect(!page.title.isEmpty && other == nil, "\(role.rawValue): \(path) and \(other ?? ""): \(page.title)")
      }
    }
    for path in [
      "", "audit?live=1", "find?q=roster", "find?q=nobody", "people?q=nobody", "erasure?q=mel", "connectors?q=none",
      "tokens/\(roles.token)?at=1", "?said=phone&event=5", "nowhere",
    ] {
      Self.look(try roles.scene.owner.open("/portal/\(path)", follow: false), path)
    }
    let chosen = "/portal/groups/\(roles.group)/connectors?connector=\(roles.connector)"
    Self.look(try roles.browser(.admin).open(chosen, follow: false), chosen)
  }

  @Test("What is wrong with a form is in the title, above it with links, and at each field") func wrongForm()
    async throws
  {
    let roles = try await PortalRoles(WebhookReceiver())
    for path in ["audit?exact=bad", "audit?from=x&until=y", "audit?until=y", "audit?who=nobody", "find?q=%21"] {
      let answer = try roles.scene.owner.open("/portal/\(path)", follow: false)
      #expect(answer.status == 422 && answer.body.contains("role=\"alert\""), "\(path): \(answer.text)")
      Self.look(answer, path)
    }
    let (connector, group) = ("connectors/\(roles.connector)", "groups/\(roles.group)")
    let long = String(repeating: "x", count: 400)
    let forms: [(role: Role, path: String, fields: [(String, String)])] = [
      (.operator, "keys", []), (.operator, "people/\(roles.person)", [("do", "disable")]),
      (.operator, "people/\(roles.person)/erase", []), (.operator, "events/\(roles.token)/reveal", []),
      (.operator, "me/phones/new", []), (.operator, "review", []), (.operator, "groups/new", []),
      (.operator, "review", [("decide-\(roles.grant)", "keep")]), (.operator, "groups/invitations", []),
      (.developer, "connectors/new", []),
      (.developer, "connectors/new", [("name", long), ("description", long), ("redirects", "ftp://x")]),
      (.developer, "connectors/new/permissions", [("name", "x"), ("once", String(repeating: "0", count: 32))]),
      (.developer, "\(connector)/edit", []), (.developer, "\(connector)/deactivate", []),
      (.developer, "\(connector)/delete", []), (.admin, group, []), (.admin, group, [("do", "remove")]),
      (.admin, "\(group)/edit", []), (.admin, "\(group)/delete", []), (.admin, "\(group)/subgroups", []),
      (.admin, "\(group)/messages", []), (.admin, "\(group)/subgroups/\(roles.lower)/detach", []),
      (.admin, "\(group)/subgroups/attach", [("group", roles.spare)]),
    ]
    for form in forms {
      let browser = try roles.browser(form.role)
      let fields = [("csrf", try roles.scene.formToken(of: browser))] + form.fields
      let answer = try browser.post("/portal/\(form.path)", fields, follow: false)
      #expect(answer.status == 422 && answer.body.contains("role=\"alert\""), "\(form.path): \(answer.text)")
      Self.look(answer, "\(form.path), sent")
    }
  }

  /// Looks at a page; nil where the answer is none.
  @discardableResult
  private static func look(_ answer: Answer, _ place: String) -> PortalMarkup? {
    guard answer.header("content-type")?.hasPrefix("text/html") == true else { return nil }
    let page = PortalMarkup(answer.body)
    #expect(page.faults.isEmpty, "\(place): \(page.faults)")
    return page
  }

  @Test("Texts, edges of controls and the focus stand out from what is behind them, light and dark") func textsEdges()
    throws
  {
    let colours = Self.colours(of: String(decoding: Asset.styleSheet.bytes, as: UTF8.self))
    let (papers, washes) = (
      ["page", "surface", "sunken"], ["accent-wash", "good-wash", "warn-wash", "bad-wash"]
    )
    // WCAG 2.2: 1.4.3 for texts, 1.4.11 for what is needed to see a control or the focus.
    let wanted: [(least: Double, front: [String], back: [String])] = [
      (4.5, ["ink", "soft", "accent", "accent-deep", "good", "warn", "bad"], papers), (4.5, ["ink", "soft"], washes),
      (4.5, ["accent", "accent-deep"], ["accent-wash"]), (4.5, ["good"], ["good-wash"]), (4.5, ["warn"], ["warn-wash"]),
      (4.5, ["bad"], ["bad-wash"]), (4.5, ["on-accent"], ["accent", "accent-deep"]), (4.5, ["on-bad"], ["bad"]),
      (3, ["edge"], papers), (3, ["accent"], papers + washes),
    ]
    for row in wanted {
      for front in row.front {
        for back in row.back {
          let (one, other) = (try #require(colours[front], "\(front)"), try #require(colours[back], "\(back)"))
          for (isDark, pair) in [(false, (one.light, other.light)), (true, (one.dark, other.dark))] {
            let ratio = (max(pair.0, pair.1) + 0.05) / (min(pair.0, pair.1) + 0.05)
            #expect(ratio >= row.least, "\(front) on \(back)\(isDark ? ", dark" : ""): \(ratio)")
          }
        }
      }
    }
  }

  /// How bright each colour of the style sheet is in light and dark: the relative luminance of WCAG 2.2.
  private static func colours(of sheet: String) -> [String: (light: Double, dark: Double)] {
    var found: [String: (light: Double, dark: Double)] = [:]
    for match in sheet.matches(of: /--([a-z-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)/) {
      found[String(match.output.1)] = (luminance(match.output.2), luminance(match.output.3))
    }
    return found
  }

  private static func luminance(_ colour: Substring) -> Double {
    var digits = colour.dropFirst().compactMap(\.hexDigitValue)
    if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
    var sum = 0.0
    for (index, weight) in [0.2126, 0.7152, 0.0722].enumerated() where digits.count == 6 {
      let part = Double(digits[2 * index] * 16 + digits[2 * index + 1]) / 255
      sum += weight * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4))
    }
    return sum
  }
}
