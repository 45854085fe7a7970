import CredentialLedger
import TestSupport
import Testing

@testable import ManagementPortal

/// What the pages of each role lead to.
@Suite struct PortalLinkTests {
  private typealias Role = PortalRoles.Role

  @Test("No page leads anybody to a page that is refused") func pageLeads() async throws {
    let roles = try await PortalRoles(WebhookReceiver())
    for role in Role.allCases where PortalRule.own.outcome(for: role) != .signIn {
      let browser = try roles.browser(role)
      var starts: [String] = []
      for route in PortalRoute.all where route.pattern.last != "live" {
        let rule = PortalRule.all[route.pattern.joined(separator: "/")]?.get
        if let rule, !rule.isForAnybody, rule.outcome(for: role) == .done { starts.append(roles.path(route.pattern)) }
      }
      // What is found by a search, of which some is deleted.
      let searches: [(rule: PortalRule, paths: [String])] = [
        (.reading, ["find?q=gone", "find?q=roster", "find?q=mel", "connectors?q=roster"]),
        (.office, ["people?q=mel", "erasure?q=mel"]), (.own, ["audit?exact=group.*", "audit?live=1"]),
        (.token, ["tokens/\(roles.token)?at=1"]),
      ]
      for search in searches where search.rule.outcome(for: role) == .done {
        starts += search.paths.map { "/portal/\($0)" }
      }
      let count = try Self.follow(starts, browser, role)
      #expect(count > starts.count, "\(role.rawValue)")
    }
  }

  /// How many pages of one route are looked at for what they lead to.
  private static let pageLimit = 4

  /// Opens pages and all that they lead to.
  ///
  /// - Returns: how many pages were opened.
  private static func follow(_ starts: [String], _ browser: Browser, _ role: Role) throws -> Int {
    var queue = starts
    var sources: [String: String] = [:]
    for start in starts { sources[start] = "a start" }
    var looked: [String: Int] = [:]
    while let path = queue.popLast() {
      let answer = try browser.open(path, follow: false)
      let place = "\(role.rawValue), from \(sources[path] ?? ""): \(path)"
      let leadsToSignIn = answer.header("location")?.hasPrefix("/portal/sign-in?to=") == true
      #expect([200, 303].contains(answer.status) && !leadsToSignIn, "\(place): \(answer.status)")
      guard answer.status == 200, answer.header("content-type")?.hasPrefix("text/html") == true,
        let route = Self.route(of: path)
      else { continue }
      let name = route.pattern.joined(separator: "/")
      looked[name, default: 0] += 1
      guard looked[name, default: 0] <= pageLimit else { continue }
      for link in links(of: answer.body, at: path, place) where sources[link] == nil {
        sources[link] = path
        queue.append(link)
      }
    }
    return sources.count
  }

  private static func plain(_ path: String) -> String { String(path.prefix { $0 != "?" && $0 != "#" }) }

  private static func route(of path: String) -> PortalRoute? {
    let parts = plain(path).split(separator: "/").dropFirst().map(String.init)
    return PortalRoute.all.first { $0.matches(parts) }
  }

  /// The addresses within the portal that a page's links and forms lead to, of a form the page of its route.
  private static func links(of body: String, at path: String, _ place: String) -> [String] {
    var found = values(of: "href", in: body[...]).compactMap { address($0, at: path) }
    for form in body.split(separator: "<form").dropFirst() {
      let tag = form.prefix { $0 != ">" }
      guard let action = values(of: "action", in: tag).first.flatMap({ address($0, at: path) }) else { continue }
      if tag.contains("method=\"get\"") {
        found.append(action + query(of: form.split(separator: "</form>", maxSplits: 1).first ?? ""))
        continue
      }
      let route = Self.route(of: action)
      #expect(route?.post != nil, "\(place): a form leads to \(action)")
      // A page that has its own form was opened already.
      if route?.get != nil, plain(action) != plain(path) { found.append(action) }
    }
    return found
  }

  /// What a form that is sent by GET adds to its address: the first choice of each field that has some.
  private static func query(of form: Substring) -> String {
    let pairs = form.split(separator: "<select").dropFirst().compactMap { select -> String? in
      let options = select.split(separator: "<option").dropFirst().map { option in option.prefix { $0 != ">" } }
      guard let name = values(of: "name", in: select.prefix { $0 != ">" }).first,
        let option = options.first(where: { !$0.contains(" disabled") }),
        let value = values(of: "value", in: option).first
      else { return nil }
      return "\(name)=\(value)"
    }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
  }

  /// The values of an attribute, as browsers read them.
  private static func values(of attribute: String, in text: Substring) -> [String] {
    text.split(separator: " \(attribute)=\"", omittingEmptySubsequences: false).dropFirst().map { rest in
      String(rest.prefix { $0 != "\"" }).replacing("&amp;", with: "&")
    }
  }

  /// The address of a link within the portal; nil of one that leads elsewhere, or to a place on the same page.
  private static func address(_ link: String, at path: String) -> String? {
    let link = String(link.prefix { $0 != "#" })
    if link.hasPrefix("?") { return plain(path) + link }
    return link.hasPrefix("/portal/") ? link : nil
  }
}
