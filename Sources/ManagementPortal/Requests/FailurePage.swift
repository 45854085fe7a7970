import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// The page that says why there is no other.
extension ManagementPortal {
  /// - Parameters:
  ///   - reload: the path of the page that the request came from.
  ///   - viewer: nil for somebody who is not signed in.
  func page(
    for failure: PortalFailure, requestID: String, reload: String = "/portal/", to viewer: Viewer?
  ) -> Response {
    var response = Response.html(
      document(of: failure, requestID: requestID, reload: reload, to: viewer), status: failure.status)
    if let seconds = failure.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }

  /// The page itself.
  func document(
    of failure: PortalFailure, requestID: String, reload: String = "/portal/", to viewer: Viewer?
  ) -> HTML {
    let content = content(of: failure, requestID: requestID, next: Self.next(after: failure, reload: reload))
    guard let viewer else { return layout().gate("\(failure.title)", content) }
    return layout().page(Page("\(failure.title)", at: .none, narrow: true, content), for: viewer)
  }

  /// What the page says, within its frame.
  func content(of failure: PortalFailure, requestID: String, next: (words: String, path: String)) -> HTML {
    let time = (try? now).map { Part.exact($0) } ?? .empty
    let wait: HTML = failure.retryAfter.map { "<dt>Try again</dt><dd>\(self.wait($0))</dd>" } ?? .empty
    return #"""
      \#(Part.header("\(failure.title)", below: when(failure.isUnchanged, "<p>Nothing was changed.</p>")))
      <div class="card stack"><p>\#(Part.text(failure.remedy))</p>
      <dl class="facts">\#(failure.facts)\#(wait)<dt>Request ID</dt><dd><code>\#(requestID)</code></dd><dt>When</dt><dd>\#(time)</dd><dt>Code</dt><dd><code>\#(failure.code)</code></dd></dl>
      <div class="button-row"><a class="button button-main" href="\#(next.path)">\#(next.words)</a></div></div>
      """#
  }

  /// Where the page leads.
  static func next(after failure: PortalFailure, reload: String) -> (words: String, path: String) {
    if let next = failure.next { return next }
    if failure.status == .conflict { return (words: "Reload", path: reload) }
    return (words: "Home", path: "/portal/")
  }

  /// The wait before the next try. Seconds that somebody may sit out are told as such.
  private func wait(_ seconds: Int) -> HTML {
    guard seconds >= 120, let moment = try? now else { return "in \(seconds) s" }
    return Part.until(moment + .seconds(Int64(seconds)), now: moment)
  }

  /// The path and the query of the page that a form was sent from: its own, or those of the nearest page above it.
  static func sender(of request: Request) -> String {
    sender(of: parts(of: request), query: request.uri.query.map { String($0) })
  }

  static func sender(of path: [String], query: String?) -> String {
    var parts = path
    while !parts.isEmpty, PortalRoute.all.first(where: { $0.matches(parts) })?.get == nil { parts.removeLast() }
    let place = "/portal/" + parts.map { PercentEncoding.encode($0) }.joined(separator: "/")
    guard parts.count == path.count, let query else { return place }
    return "\(place)?\(query)"
  }
}
