package import EventLog
package import LedgerEvents

extension LogSubject {
  package init(_ subject: Subject) { self.init(kind: subject.kind.rawValue, number: subject.number) }
}

extension Subject {
  package init?(_ subject: LogSubject) {
    guard let kind = SubjectKind(rawValue: subject.kind) else { return nil }
    self.init(kind: kind, number: subject.number)
  }
}
