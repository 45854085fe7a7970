import CredentialLedger

/// What was deleted has a page for those who could see it: what it was, when it ended, and the way to its events.
extension ManagementPortal {
  /// - Parameters:
  ///   - title: what is so, such as "This group was deleted".
  ///   - name: what it was called.
  ///   - type: of the event that deleted it.
  ///   - list: where there are others like it, for somebody who may not see that event.
  func deleted(
    _ title: String, named name: HTML, _ subject: Subject, by type: EventType, to viewer: Viewer,
    else list: (words: String, path: String)
  ) async throws(PortalFailure) -> PortalFailure {
    let filter = Audit.Filter.subject(subject).and(.type(type))
    let scope = try await scope(of: viewer)
    let (end, seen) = try await asking { () async throws(LedgerError) -> (AuditEntry?, AuditEntry?) in
      let end = try await ledger.audit.search(filter, limit: 1).entries.first
      guard let scope else { return (end, end) }
      return (end, try await ledger.audit.search(filter.and(scope), limit: 1).entries.first)
    }
    let signed = signed
    let when: HTML = end.map { "\(Part.exact($0.time))" } ?? "–"
    let proof: HTML = seen.map { " \(Part.proof($0.position, signed: signed))" } ?? .empty
    return PortalFailure(
      status: .gone, title: title, remedy: "Its events stay in the audit trail, with their proofs.", code: "gone",
      facts: "<dt>Name</dt><dd>\(name)</dd><dt>Deleted</dt><dd>\(when)\(proof)</dd>",
      next: seen == nil ? list : (words: "Audit trail", path: "/portal/audit?who=\(subject.description)"))
  }
}
