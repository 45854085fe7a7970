import CredentialLedger

extension ManagementPortal {
  /// What lists at the command line what the filters of the page show. An object that was named instead of numbered stands there as
  /// a place to fill in; the later of two beginnings is not known here, so that of the exact dates counts.
  ///
  /// - Parameter ending: how many events it gives, and in which form.
  static func auditCommand(_ query: FormValues, _ ending: String = "--limit 50") -> String {
    var words = ["credledger audit"]
    if query.has("who") { words.append(party(query["who"])) }
    words += types(query).map { "--type \(quoted($0))" }
    if query.has("request") { words.append("--request \(quoted(query["request"]))") }
    if let since = moment(query["from"]) {
      words.append("--since \(since)")
    } else if let days = query.number("days"), days <= 3_660 {
      words.append("--since \(days)d")
    }
    if let until = moment(query["until"]) { words.append("--until \(until)") }
    return words.joined(separator: " ") + " " + ending
  }

  private static func party(_ text: String) -> String {
    guard let subject = Subject(text) else { return "--subject KIND:NUMBER" }
    guard subject.number > 0 else { return "--actor \(subject.kind.name)" }
    switch subject.kind {
    case .account: return "--account \(subject.number)"
    case .connector: return "--connector \(subject.number)"
    case .group: return "--group \(subject.number)"
    default: return "--subject \(subject.description)"
    }
  }

  /// The types that are asked for, as patterns.
  private static func types(_ query: FormValues) -> [String] {
    let kind = EventKinds(rawValue: query["type"])
    let exact = EventType.matching(query["exact"])
    guard !exact.isEmpty else { return kind?.patterns ?? [] }
    guard let kind else { return [query["exact"]] }
    let wanted = Set(kind.types)
    return exact.filter { wanted.contains($0) }.compactMap(\.name)
  }

  /// The time that a field of the page has, as the page reads it.
  private static func moment(_ text: String) -> Timestamp? {
    Timestamp(rfc3339: (text.utf8.count == 16 ? text + ":00" : text) + "Z")
  }

  /// A text as a shell takes it as it is.
  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
