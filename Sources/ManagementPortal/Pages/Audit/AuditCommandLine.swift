import CredentialLedger

extension ManagementPortal {
  /// What lists at the command line what the filters of the page show. An object that was named instead of numbered stands there as
  /// a place to fill in; the later of two beginnings is not known here, so that of the exact dates counts. Addresses are read from
  /// standard input, as arguments are visible to others.
  ///
  /// - Parameter ending: how many events it gives, and in which form.
  /// - Returns: nil where no type is left, and so no event: without a type the program would list all.
  static func auditCommand(_ query: FormValues, _ ending: String = "--limit 50") -> String? {
    let (types, patterns) = Self.types(query)
    if let types, types.isEmpty { return nil }
    var words = ["credledger audit"]
    if query.has("who"), parties(query) == nil { words.append("--subject KIND:NUMBER") }
    for object in objects(query) {
      words += object.subjects.map { "\(object.option) \(value($0, of: object.option))" }
    }
    words += patterns.map { "--type \(quoted($0))" }
    words += query.words("request").map { "--request \(quoted($0))" }
    if !query.words("address").isEmpty { words.append("--address -") }
    if let since = moment(query["from"]) {
      words.append("--since \(since)")
    } else if let days = query.number("days"), days <= 3_660 {
      words.append("--since \(days)d")
    }
    if let until = moment(query["until"]) { words.append("--until \(until)") }
    return words.joined(separator: " ") + " " + ending
  }

  /// An object as an option takes it.
  private static func value(_ subject: Subject, of option: String) -> String {
    ["--actor", "--subject"].contains(option) ? subject.description : String(subject.number)
  }

  /// The time that a field of the page has, as the page reads it.
  private static func moment(_ text: String) -> Timestamp? {
    Timestamp(rfc3339: (text.utf8.count == 16 ? text + ":00" : text) + "Z")
  }

  /// A text as a shell takes it as it is.
  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
