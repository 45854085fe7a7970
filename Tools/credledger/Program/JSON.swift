import CredentialLedger

extension JSON {
  /// The value on one line, or indented, for programs and for terminals: what would steer one is escaped.
  func text(indented: Bool) -> String { text(indented: indented, escaping: \.steersTerminal) }

  /// The ID of an object, with its kind, such as `connector:48`: one form wherever one is written.
  init<Kind>(_ id: ObjectID<Kind>) { self = .string("\(id)") }
}

extension OutputFormat {
  /// Prints one object as this format has it; nil where it is for people.
  func text(_ value: JSON) -> String? {
    switch self {
    case .table: nil
    case .json: value.text(indented: true)
    case .ndjson: value.text(indented: false)
    }
  }
}
