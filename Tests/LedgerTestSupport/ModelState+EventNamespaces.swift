package import LedgerDomain
package import LedgerEvents

extension ModelState {
  mutating func applyToNamespaces(_ event: LedgerEvent, _ position: UInt64, _ time: Timestamp) {
    switch event {
    case .eventNamespaceRegistered(let event):
      let id = EventNamespaceID(rawValue: position)
      eventNamespaces[id] = EventNamespace(id: id, name: event.name, eventTypes: event.eventTypes, registeredAt: time)
    case .eventNamespaceExtended(let event):
      eventNamespaces[EventNamespaceID(rawValue: event.namespace)]?.eventTypes += event.eventTypes
    default: break
    }
  }

  package func eventNamespace(_ id: EventNamespaceID) throws(StateUnreadable) -> EventNamespace? {
    if let failure { throw failure }
    return eventNamespaces[id]
  }

  package func eventNamespace(named name: String) throws(StateUnreadable) -> EventNamespaceID? {
    if let failure { throw failure }
    return eventNamespaces.values.first { $0.name == name }?.id
  }
}
