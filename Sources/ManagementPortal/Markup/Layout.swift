import CredentialLedger
import LedgerOperations

/// A page: what stands between the menu and the strip at its foot.
struct Page: Sendable {
  /// The entry of the menu that the page belongs to.
  enum Place: String, Sendable {
    case home, connectors, groups, audit, find, review, health, people, proposals, keys, erasure, configuration
    case me, granted
    case none
  }

  /// What people typed in it is in elements of its own, as everywhere.
  let title: HTML
  let place: Place
  let content: HTML
  var isNarrow = false
  /// Whether a form on it was refused: the title says so.
  var hasProblem = false

  init(_ title: HTML, at place: Place, narrow: Bool = false, hasProblem: Bool = false, _ content: HTML) {
    self.title = title
    self.place = place
    self.content = content
    isNarrow = narrow
    self.hasProblem = hasProblem
  }
}

/// The frame around every page.
struct Layout: Sendable {
  let origin: String
  let head: UInt64
  let signed: UInt64

  private static let brand: HTML = #"""
    <a class="brand" href="/portal/"><svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true"><path d="M11 3v5M11 8H5v5M11 8h6v5" fill="none" stroke="currentColor" stroke-width="2"/><rect x="8" y="1" width="6" height="5" rx="1.2" fill="currentColor"/><rect x="1.5" y="13" width="7" height="7" rx="1.2" fill="none" stroke="currentColor" stroke-width="2"/><rect x="13.5" y="13" width="7" height="7" rx="1.2" fill="currentColor"/></svg> <bdi>CredentialLedger</bdi></a>
    """#

  private static func document(_ title: HTML, _ body: HTML) -> HTML {
    #"""
    <!doctype html>
    <html lang="en" dir="ltr">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\#(title) · <bdi>CredentialLedger</bdi></title>
    <link rel="stylesheet" href="\#(Asset.styleSheet.path)">
    <script src="\#(Asset.script.path)" defer></script>
    </head>
    <body>
    \#(body)
    <p class="visually-hidden" role="status" data-announce></p>
    </body>
    </html>

    """#
  }

  /// A page for somebody who is signed in.
  func page(_ page: Page, for viewer: Viewer) -> HTML {
    func item(_ place: Page.Place, _ path: String, _ words: HTML) -> HTML {
      #"<li><a href="/portal\#(path)"\#(when(page.place == place, #" aria-current="page""#))>\#(words)</a></li>"#
    }
    let menu =
      item(.home, "/", "Home") + item(.connectors, "/connectors", "Connectors") + item(.groups, "/groups", "Groups")
      + item(.audit, "/audit", "Audit trail") + when(viewer.readsAll, item(.find, "/find", "Find"))
      + item(.review, "/review", "Access review")
    let work: HTML = #"""
      <div><h2 id="nav-operator">Operator</h2><ul aria-labelledby="nav-operator">\#(item(.health, "/health", "Health"))\#(item(.people, "/people", "People"))\#(item(.proposals, "/proposals", "Proposals"))\#(item(.keys, "/keys", "Keys"))\#(item(.erasure, "/erasure", "Erasure"))\#(item(.configuration, "/configuration", "Configuration"))</ul></div>
      """#
    let strip: HTML =
      signed >= head
      ? "Checkpoint over \(Part.number(signed)) events"
      : "Checkpoint over \(Part.number(signed)), the rest within seconds"
    return Self.document(
      page.hasProblem ? "<p>Error</p>: <p>\(page.title)</p>" : "<p>\(page.title)</p>",
      #"""
      <a class="skip-link" href="#content">Skip to content</a>
      <div class="frame">
      <header class="side"><div class="side-inner">
      \#(Self.brand)
      <button class="button button-small menu-button" type="button" popovertarget="menu">Menu</button>
      <nav class="side-menu" id="menu" popover aria-label="Main">
      <ul>\#(menu)</ul>\#(when(viewer.account.role == .operator, work))
      <ul class="me">\#(item(.me, "/me", Part.name(viewer.name)))\#(item(.granted, "/me/granted", "What I have granted"))<li><a href="/portal/sign-out">Sign out</a></li></ul>
      </nav></div></header>
      <div class="main">
      <main id="content" tabindex="-1">
      \#(when(page.isNarrow, #"<div class="narrow-page wide-stack">"#))\#(page.content)\#(when(page.isNarrow, "</div>"))
      </main>
      <footer class="proof-strip"><span><bdi dir="ltr">\#(origin)</bdi></span><span>\#(Part.number(head)) events</span><span>\#(strip)</span></footer>
      </div>
      </div>
      """#)
  }

  /// A page for somebody who is not.
  func gate(_ title: HTML, _ content: HTML, below: HTML = .empty) -> HTML {
    Self.document(
      "<p>\(title)</p>",
      #"""
      <main class="gate" id="content">
      \#(Self.brand)
      <div class="card stack">
      \#(content)
      </div>
      <p class="small soft"><bdi dir="ltr">\#(origin)</bdi>\#(below)</p>
      </main>
      """#)
  }
}

extension HTML {
  /// As it is sent: a title has no elements in it, which it has until then for its language's sake.
  var sent: String {
    guard let start = text.firstRange(of: "<title>")?.upperBound,
      let end = text[start...].firstRange(of: "</title>")?.lowerBound
    else { return text }
    var title = String(text[start..<end])
    for mark in ["<p>", "</p>", "<bdi>", "</bdi>"] { title = title.replacing(mark, with: "") }
    return text[..<start] + title + text[end...]
  }
}
