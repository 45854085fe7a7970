public import LedgerDomain
public import LedgerEvents

// Namespaces under which programs record events of their own.
extension LedgerState {
  @usableFromInline package func eventNamespace(_ id: EventNamespaceID) throws(StateUnreadable) -> EventNamespace? {
    try row(EventNamespace.self, .number(.eventNamespace, id.rawValue))
  }

  @usableFromInline package func eventNamespace(named name: String) throws(StateUnreadable) -> EventNamespaceID? {
    try id(Directory.key(ofNamespace: name))
  }
}
