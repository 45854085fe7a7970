/// The elements of a page, and what is wrong with them for people who use a keyboard or a screen reader. What only a
/// browser knows, such as sizes and the focus, is for `Tests/Python/portal_look.py`.
struct PortalMarkup {
  final class Element {
    let name: String
    let attributes: [String: String]
    let parent: Element?
    /// The text in it, of elements that are called by theirs.
    fileprivate(set) var text = ""

    fileprivate init(_ name: String, _ attributes: [String: String], in parent: Element?) {
      (self.name, self.attributes, self.parent) = (name, attributes, parent)
    }

    subscript(attribute: String) -> String? { attributes[attribute] }

    /// The words of an attribute that is a list of them.
    func words(_ attribute: String) -> [Substring] { (attributes[attribute] ?? "").split(separator: " ") }

    /// The nearest element around it that something is true of.
    func ancestor(where isMeant: (Element) -> Bool) -> Element? {
      var next = parent
      while let element = next, !isMeant(element) { next = element.parent }
      return next
    }

    fileprivate var isNamed: Bool {
      text.contains { !$0.isWhitespace } || attributes["aria-label"] != nil || attributes["aria-labelledby"] != nil
    }
  }

  private(set) var elements: [Element] = []
  /// Ends of elements that are not the one that is open.
  private var ends: [String] = []

  private static let void: Set<String> = ["input", "link", "meta", "br", "hr", "img"]
  private static let withText: Set<String> = ["a", "button", "label", "title", "h1", "h2", "h3", "h4"]

  init(_ page: String) {
    var open: [Element] = []
    var rest = page[...]
    while let mark = rest.firstIndex(of: "<") {
      for element in open where Self.withText.contains(element.name) { element.text += rest[..<mark] }
      let end = rest[mark...].firstIndex(of: ">") ?? rest.index(before: rest.endIndex)
      let tag = rest[mark...end].dropFirst().dropLast()
      rest = rest[end...].dropFirst()
      guard !tag.hasPrefix("!") else { continue }
      if tag.hasPrefix("/") {
        if open.popLast()?.name != String(tag.dropFirst()) { ends.append("an end without its beginning: \(tag)") }
        continue
      }
      let name = String(tag.prefix { !Self.isBetween($0) })
      let element = Element(name, Self.attributes(of: tag.dropFirst(name.count)), in: open.last)
      elements.append(element)
      if !Self.void.contains(name), !tag.hasSuffix("/") { open.append(element) }
    }
  }

  private static func isBetween(_ character: Character) -> Bool { character.isWhitespace || character == "/" }

  private static func attributes(of tag: Substring) -> [String: String] {
    var found: [String: String] = [:]
    var rest = tag.drop(while: isBetween)
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" && !isBetween($0) }
      rest = rest.dropFirst(name.count)
      var value = Substring()
      if rest.hasPrefix("=\"") {
        value = rest.dropFirst(2).prefix { $0 != "\"" }
        rest = rest.dropFirst(value.count + 3)
      }
      found[String(name)] = String(value)
      // A sign that no attribute begins with is left out, so that each round takes something.
      rest = name.isEmpty ? rest.dropFirst() : rest.drop(while: isBetween)
    }
    return found
  }

  /// All elements of a name.
  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  var title: String { all("title").first?.text ?? "" }

  /// What is wrong with the page.
  var faults: [String] { ends + frame + headings + references + controls + tables + errors }

  private var frame: [String] {
    var faults: [String] = []
    let root = elements.first
    if root?.name != "html" || root?["lang"]?.isEmpty != false { faults.append("no language") }
    if !["ltr", "rtl"].contains(root?["dir"]) { faults.append("no direction") }
    if all("main").count != 1 { faults.append("not exactly one main") }
    for bar in all("nav") {
      if bar["aria-label"] == nil, bar["aria-labelledby"] == nil { faults.append("a nav without a name") }
      let current = elements.count { $0["aria-current"] == "page" && $0.ancestor { $0 === bar } != nil }
      let wanted = bar.words("class").contains("tab-list") ? 1...1 : 0...1
      if !wanted.contains(current) { faults.append("\(current) current pages in \(bar["aria-label"] ?? "")") }
    }
    let first = all("a").first
    let isSkipping = first?["class"] == "skip-link" && first?["href"] == "#\(all("main").first?["id"] ?? "")"
    if all("nav").contains(where: { $0["aria-label"] == "Main" }), !isSkipping {
      faults.append("the first link does not skip to the content")
    }
    return faults
  }

  private var headings: [String] {
    var faults: [String] = []
    var last = 0
    if all("h1").count != 1 { faults.append("not exactly one h1") }
    for heading in elements where heading.ancestor(where: { $0.name == "main" }) != nil {
      guard let level = ["h1", "h2", "h3", "h4"].firstIndex(of: heading.name) else { continue }
      if level > last { faults.append("\(heading.name) is one level too deep: \(heading.text)") }
      if !heading.isNamed { faults.append("an empty \(heading.name)") }
      last = level + 1
    }
    return faults
  }

  private var references: [String] {
    var faults: [String] = []
    var ids: Set<Substring> = []
    for id in elements.compactMap({ $0["id"] }) where !ids.insert(id[...]).inserted { faults.append("twice: \(id)") }
    for element in elements {
      for attribute in ["for", "aria-describedby", "aria-labelledby", "list", "popovertarget"] {
        for id in element.words(attribute) where !ids.contains(id) { faults.append("\(attribute) of nothing: \(id)") }
      }
      if let link = element["href"], link.hasPrefix("#"), !ids.contains(link.dropFirst()) {
        faults.append("a link to nothing: \(link)")
      }
    }
    return faults
  }

  /// What a browser may fill in (WHATWG HTML, autofill), as far as the portal asks for it.
  private static let tokens: Set<String> = ["off", "username", "organization", "tel", "one-time-code"]
  private static let textTypes: Set<String> = ["text", "search", "tel", "email", "url", "password"]

  private static func isControl(_ element: Element) -> Bool {
    ["select", "textarea"].contains(element.name) || element.name == "input" && element["type"] != "hidden"
  }

  private var controls: [String] {
    var faults: [String] = []
    let labelled = Set(all("label").filter(\.isNamed).compactMap { $0["for"] })
    for element in elements {
      if Self.isControl(element) {
        let hasLabel = element["id"].map { labelled.contains($0) } ?? false
        if !hasLabel, element.ancestor(where: { $0.name == "label" }) == nil, element["aria-label"] == nil {
          faults.append("no label: \(element["name"] ?? "")")
        }
        if element.name == "input", Self.textTypes.contains(element["type"] ?? "text"),
          !Self.tokens.contains(element["autocomplete"] ?? "")
        {
          faults.append("does not say what a browser fills in: \(element["name"] ?? "")")
        }
      }
      if ["a", "button"].contains(element.name), !element.isNamed { faults.append("no name: \(element.attributes)") }
      if element.name == "svg", element["aria-hidden"] != "true", element["aria-label"] == nil,
        element["aria-labelledby"] == nil
      {
        faults.append("a drawing without a name")
      }
    }
    return faults
  }

  private var tables: [String] {
    var faults: [String] = []
    let scopes = ["col", "row", "rowgroup"]
    for heading in all("th") where !scopes.contains(heading["scope"] ?? "") { faults.append("th without scope") }
    for table in all("table") {
      let hasCaption = all("caption").contains { $0.parent === table }
      let isInNamed = table.ancestor { $0["aria-labelledby"] != nil } != nil
      if !hasCaption, !isInNamed, table["aria-label"] == nil { faults.append("a table without a name") }
    }
    return faults
  }

  /// What is said of a form that was refused: in the title, above the form with a link to each field, and at the field.
  private var errors: [String] {
    var faults: [String] = []
    let alerts = elements.filter { $0["role"] == "alert" }
    if alerts.isEmpty == title.hasPrefix("Error: ") { faults.append("the title says nothing of the error, or of none") }
    let described = Set(elements.flatMap { $0.words("aria-describedby") })
    for text in elements where text.words("class").contains("field-error") {
      if !described.contains((text["id"] ?? "")[...]) { faults.append("an error of no field: \(text["id"] ?? "")") }
    }
    for link in all("a") where alerts.contains(where: { alert in link.ancestor { $0 === alert } != nil }) {
      let field = elements.first { $0["id"].map { "#\($0)" } == link["href"] }
      if field.map({ Self.isControl($0) && $0["aria-invalid"] == "true" }) != true {
        faults.append("an error that its field does not have: \(link["href"] ?? "")")
      }
    }
    for field in elements where field["aria-invalid"] == "true" {
      let isTied = field.words("aria-describedby").contains { id in
        elements.contains { $0["id"].map { $0[...] } == id && $0.words("class").contains("field-error") }
      }
      if !isTied { faults.append("wrong, and does not say why: \(field["name"] ?? "")") }
    }
    return faults
  }
}
