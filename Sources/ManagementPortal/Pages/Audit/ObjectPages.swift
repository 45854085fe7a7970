import CredentialLedger

/// Where the names of objects lead to, in what the audit trail says.
extension ManagementPortal {
  /// The pages of some objects, as far as somebody may open them. A deleted object has none.
  ///
  /// Costs a few look-ups for each object.
  func pages(of objects: Set<Subject>, for viewer: Viewer) throws(LedgerError) -> [Subject: String] {
    var pages: [Subject: String] = [:]
    for object in objects { pages[object] = try page(of: object, for: viewer) }
    return pages
  }

  private func page(of object: Subject, for viewer: Viewer) throws(LedgerError) -> String? {
    let number = object.number
    switch object.kind {
    case .account: return viewer.account.role == .operator ? "/portal/people/\(number)" : nil
    case .connector:
      guard let connector = try ledger.connectors.connector(ConnectorID(rawValue: number)), !connector.isDeleted,
        viewer.readsAll || connector.owner == viewer.id
      else { return nil }
      return "/portal/connectors/\(number)"
    case .group: return try hasPages(GroupID(rawValue: number), for: viewer) ? "/portal/groups/\(number)" : nil
    case .grant:
      guard let group = try ledger.grants.grant(GrantID(rawValue: number))?.group, try hasPages(group, for: viewer)
      else { return nil }
      return "/portal/groups/\(group.rawValue)/connectors/\(number)"
    default: return nil
    }
  }
}
