import CredentialLedger

/// The parts that pages are made of, as the style sheet has them.
enum Part {
  /// A name that a person typed, set apart from the direction of the text around it.
  static func name(_ text: String) -> HTML { "<bdi>\(text)</bdi>" }

  /// The number that texts have as an example.
  private static let exampleNumber = "+44 7700 900123"

  /// A text of the portal's own. The example of a number in it is set apart from the direction of the text around it, which would
  /// turn the groups of its digits round.
  static func text(_ words: String) -> HTML {
    guard let range = words.firstRange(of: exampleNumber) else { return "\(words)" }
    let (before, after) = (String(words[..<range.lowerBound]), String(words[range.upperBound...]))
    return #"\#(before)<bdi dir="ltr">\#(exampleNumber)</bdi>\#(after)"#
  }

  /// A text from left to right that is set apart by characters (UAX #9, section 2.4.2), where no element can be: in an option.
  static func isolated(_ text: String) -> String { "\u{2066}\(text)\u{2069}" }

  /// The number of an event, its thousands grouped.
  static func number(_ position: Position) -> String { number(position.rawValue) }

  /// A number with its thousands grouped.
  static func number(_ number: UInt64) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A count with its noun.
  ///
  /// - Parameter many: the noun of several, where it is not the first with an s.
  static func count(_ count: Int, _ noun: String, many: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : many ?? noun + "s")"
  }

  /// The same within a sentence of which it is a part of its own, so that a language has a text for each number.
  static func counted(_ count: Int, _ noun: String, many: String? = nil) -> HTML {
    "<span>\(Self.count(count, noun, many: many))</span>"
  }

  private static func seal(_ isCovered: Bool) -> HTML {
    let tick: HTML = #"<path d="M4 7.2 6.2 9.4 10.1 5" fill="none" stroke="currentColor" stroke-width="1.5"/>"#
    return #"""
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="6" fill="none" stroke="currentColor" stroke-width="1.5"/>\#(when(isCovered, tick))</svg>
      """#
  }

  /// The number of an event, with the seal that says whether a signed checkpoint covers it.
  ///
  /// - Parameters:
  ///   - signed: how many events the newest checkpoint covers.
  ///   - isOpen: whether the reader may open the event; without that the number leads nowhere.
  static func proof(_ position: Position, signed: UInt64, isOpen: Bool = true) -> HTML {
    let isCovered = position.rawValue <= signed
    let title =
      isCovered
      ? "Event \(number(position)), proven by the newest checkpoint"
      : "Event \(number(position)), not yet under a signed checkpoint"
    let style: HTML = #"class="proof\#(when(!isCovered, " proof-open"))""#
    let words: HTML = #"""
      \#(seal(isCovered))<span class="visually-hidden">\#(isCovered ? "Proven event " : "Event ")</span>\#(number(position))
      """#
    return isOpen
      ? #"<a \#(style) href="/portal/events/\#(position)" title="\#(title)">\#(words)</a>"#
      : #"<span \#(style) title="\#(title)">\#(words)</span>"#
  }

  /// A moment: words, and the exact time on hover.
  ///
  /// - Parameter direction: an attribute with the direction of the words; empty for that of the text around them.
  static func time(_ time: Timestamp, _ words: String, direction: HTML = .empty) -> HTML {
    #"<time\#(direction) datetime="\#(time.description)" data-local title="\#(time.description)">\#(words)</time>"#
  }

  /// How long ago a moment was.
  static func ago(_ moment: Timestamp, now: Timestamp) -> HTML {
    let seconds = max(0, (now - moment).components.seconds)
    let words =
      switch seconds {
      case 0..<60: "just now"
      case 60..<3_600: "\(seconds / 60) min ago"
      case 3_600..<86_400: "\(seconds / 3_600) h ago"
      case 86_400..<172_800: "yesterday"
      default: "\(seconds / 86_400) days ago"
      }
    return time(moment, words)
  }

  /// How long it is until a moment.
  static func until(_ moment: Timestamp, now: Timestamp) -> HTML {
    let seconds = (moment - now).components.seconds
    let words =
      switch seconds {
      case ...0: "ended"
      case 1..<60: "in \(seconds) s"
      case 60..<3_600: "in \(seconds / 60) min"
      case 3_600..<172_800: "in \(seconds / 3_600) h"
      default: "in \(seconds / 86_400) days"
      }
    return time(moment, words)
  }

  /// A date and a time of day in UTC, such as `2026-11-29 11:42:07`.
  static func exact(_ moment: Timestamp) -> HTML {
    let text = moment.description
    return time(moment, text.prefix(10) + " " + text.dropFirst(11).prefix(8), direction: #" dir="ltr""#)
  }

  static func status(_ tone: String, _ words: String) -> HTML { #"<span class="status \#(tone)">\#(words)</span>"# }

  static func notice(_ tone: String, _ content: HTML) -> HTML {
    #"<div class="notice \#(tone)"><p>\#(content)</p></div>"#
  }

  /// The way back, above the heading.
  static func trail(_ steps: [(name: HTML, path: String?)]) -> HTML {
    let items = steps.map { step -> HTML in
      if let path = step.path { return #"<li><a href="\#(path)">\#(step.name)</a></li>"# }
      return "<li>\(step.name)</li>"
    }
    return #"<nav aria-label="Where you are"><ol class="trail">\#(items)</ol></nav>"#
  }

  /// A page's heading, what stands above and below it, and its buttons.
  static func header(_ title: HTML, trail: HTML = .empty, below: HTML = .empty, buttons: HTML = .empty) -> HTML {
    #"""
    <div class="page-header"><div>\#(trail)<h1>\#(title)</h1>\#(below)</div>\#(when(buttons != .empty, #"<div class="button-row">\#(buttons)</div>"#))</div>
    """#
  }

  /// What to type to do the same without a browser.
  static func commandLine(_ lines: [String]) -> HTML {
    guard !lines.isEmpty else { return .empty }
    return #"""
      <details class="no-print"><summary>Do the same on the command line</summary><pre><code>\#(lines.joined(separator: "\n"))</code></pre></details>
      """#
  }

  /// What joins a control to what is wrong with it, and that text, which comes after it; both empty where nothing is.
  static func fault(_ id: String, _ error: String?) -> (attributes: HTML, text: HTML) {
    guard let error else { return (.empty, .empty) }
    return (
      #" aria-invalid="true" aria-describedby="\#(id)-error""#,
      #"<p class="field-error" id="\#(id)-error">\#(text(error))</p>"#
    )
  }

  /// The field into which a name is typed before what has the name is deleted by the button `delete`.
  static func typedName(_ name: String, _ problems: [Problem]) -> HTML {
    let fault = fault("confirm", problems.of("confirm"))
    return #"""
      <div class="field"><label for="confirm">Type <code>\#(name)</code> to confirm</label><input id="confirm" name="confirm" autocomplete="off" spellcheck="false" data-unlocks="delete" data-wanted="\#(name)" required\#(fault.attributes)>\#(fault.text)</div>
      """#
  }

  /// A field of a form.
  ///
  /// - Parameters:
  ///   - control: draws the control, given the attributes that join it to hint and error.
  static func field(
    _ id: String, _ label: String, optional: Bool = false, hint: String? = nil, error: String? = nil,
    _ control: (HTML) -> HTML
  ) -> HTML {
    let described = [error == nil ? nil : "\(id)-error", hint == nil ? nil : "\(id)-hint"].compactMap { $0 }
    var attributes: HTML = #"id="\#(id)" name="\#(id)""#
    if !described.isEmpty { attributes += #" aria-describedby="\#(described.joined(separator: " "))""# }
    if error != nil { attributes += #" aria-invalid="true""# }
    if !optional { attributes += " required" }
    return #"""
      <div class="field"><label for="\#(id)">\#(label)\#(when(optional, " <span>(optional)</span>"))</label>\#(control(attributes))\#(error.map { #"<p class="field-error" id="\#(id)-error">\#(text($0))</p>"# } ?? .empty)\#(hint.map { #"<p class="hint" id="\#(id)-hint">\#(text($0))</p>"# } ?? .empty)</div>
      """#
  }

  static func textField(
    _ id: String, _ label: String, value: String = "", optional: Bool = false, hint: String? = nil,
    error: String? = nil, more: HTML = .empty
  ) -> HTML {
    field(id, label, optional: optional, hint: hint, error: error) { "<input \($0) value=\"\(value)\" \(more)>" }
  }

  /// The field of a form for why something is stopped, which the event carries. Nobody has to say.
  static let reasonField = textField(
    "reason", "Reason", optional: true, hint: "It stays in the audit trail: nothing personal.",
    more: #"maxlength="120" autocomplete="off""#)

  /// What is wrong with a form, above it, with a link to each field.
  static func problems(_ problems: [Problem]) -> HTML {
    guard !problems.isEmpty else { return .empty }
    let items = problems.map { problem -> HTML in
      guard let field = problem.field else { return "<li>\(text(problem.words))</li>" }
      return ##"<li><a href="#\##(field)">\##(text(problem.words))</a></li>"##
    }
    return #"""
      <div class="notice bad" role="alert" tabindex="-1" autofocus><h2>There is a problem</h2><ul>\#(items)</ul></div>
      """#
  }

  /// A button that copies the text of an element.
  static func copyButton(_ id: String, _ words: String) -> HTML {
    #"""
    <button class="button" type="button" hidden data-copy="\#(id)" data-done="Copied" data-failed="Press Ctrl+C">\#(words)</button>
    """#
  }

  /// One line of a panel that is shown once.
  static func secretLine(_ id: String, _ label: String, _ value: String, copy: String) -> HTML {
    #"""
    <div><h3 id="\#(id)-label">\#(label)</h3><div class="secret-line"><code id="\#(id)" aria-labelledby="\#(id)-label">\#(value)</code>\#(copyButton(id, copy))</div></div>
    """#
  }

  /// A panel that is shown once. A tick is needed to go on.
  static func secret(title: HTML, text: HTML, body: HTML, stored: String, next: String, button: String) -> HTML {
    #"""
    <section class="secret" aria-labelledby="secret-title"><div class="secret-head"><svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true"><circle cx="7.5" cy="14" r="4.5" fill="none" stroke="currentColor" stroke-width="2"/><path d="m11 11 8-8M15 7l3 3" fill="none" stroke="currentColor" stroke-width="2"/></svg><div><h2 id="secret-title">\#(title)</h2><p>\#(text)</p></div></div>
    <div class="secret-body">\#(body)
    <form class="button-row" method="get" action="\#(next)"><label class="choice"><input type="checkbox" name="stored" value="1" data-unlocks="secret-done" required><span>\#(stored)</span></label><button class="button button-main" id="secret-done">\#(button)</button></form></div></section>
    """#
  }
}

/// What is wrong with a field of a form, or with all of it.
struct Problem: Sendable {
  let field: String?
  let words: String

  init(_ field: String?, _ words: String) {
    self.field = field
    self.words = words
  }
}

extension [Problem] {
  /// What is wrong with one field.
  func of(_ field: String) -> String? { first { $0.field == field }?.words }
}
