package import EventLog
package import LedgerEvents

extension LogSubject {
  /// The subject as the log's headers name it.
  package init(_ subject: Subject) { self.init(kind: subject.kind.rawValue, number: subject.number) }
}

extension Subject {
  /// The subject that a header names; nil for a kind that this version does not know.
  package init?(_ subject: LogSubject) {
    guard let kind = SubjectKind(rawValue: subject.kind) else { return nil }
    self.init(kind: kind, number: subject.number)
  }
}
