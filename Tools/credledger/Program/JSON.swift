import CredentialLedger

extension JSON {
  /// The value on one line, or indented, for programs and for terminals: what would steer one is escaped.
  func text(indented: Bool) -> String { text(indented: indented, escaping: \.steersTerminal) }

  /// The ID of an object, with its kind, such as `connector:48`: one form wherever one is written.
  init<Kind>(_ id: ObjectID<Kind>) { self = .string("\(id)") }
}
