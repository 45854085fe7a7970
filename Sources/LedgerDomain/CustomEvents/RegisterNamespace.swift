import LedgerEvents

/// Registers a name under which a program records events of its own, or adds event types to one.
package struct RegisterNamespace: Command {
  package var name: String
  package var types: [String]
  /// An operator or a tenant administrator.
  package var requester: Requester

  /// The registration that somebody asks for.
  package init(name: String, types: [String], requester: some Requesting) {
    self.name = name
    self.types = types
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireAdministrator(requester)
    try NamespaceRules.require(name: name)
    try NamespaceRules.require(types: types)
    let id = try read(state.eventNamespace(named: name))
    let known = try id.flatMap { (id) throws(DecisionFailure) in try read(state.eventNamespace(id)) }
    var added: [String] = []
    for type in types where known?.eventTypes.contains(type) != true && !added.contains(type) { added.append(type) }
    let count = (known?.eventTypes.count ?? 0) + added.count
    guard (1...NamespaceRules.maximumTypeCount).contains(count) else {
      throw .refused(
        .invalidValue, field: "types", expected: "1 to \(NamespaceRules.maximumTypeCount) event types in a namespace")
    }
    guard let known else {
      var event = EventNamespaceRegistered()
      event.name = name
      event.eventTypes = added
      return Decision(by: requester, .eventNamespaceRegistered(event))
    }
    guard !added.isEmpty else { return Decision(by: requester) }
    var event = EventNamespaceExtended()
    event.namespace = known.id.rawValue
    event.eventTypes = added
    return Decision(by: requester, .eventNamespaceExtended(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireAdministrator(requester)
  }

  package func outcome(of recorded: RecordedEvents) {}
}
