public import LedgerEvents

/// What a person agreed to who lets a connector act.
public enum Consent: Sendable, Hashable {
  /// These scopes: the connector gets those of them that it has now.
  case scopes(Scopes)
  /// All that the connector had at a position of the log, such as ``Connector/setBy`` of the details that the person saw. It
  /// is refused if the connector has changed since, be it its name or its scopes.
  case details(asOf: Position)
}

extension Connector {
  /// What a person agreed to and the connector has now.
  /// - Throws: ``ErrorCode/conflict`` where that is nothing, or the connector has changed since.
  func scopes(agreedTo consent: Consent) throws(DecisionFailure) -> Scopes {
    switch consent {
    case .scopes(let agreed):
      let common = scopes.intersection(agreed)
      if !common.isEmpty { return common }
    case .details(let position):
      if setBy <= position { return scopes }
    }
    throw .refused(
      .conflict, field: "consent", expected: "the connector as the person saw it", remedy: "ask the person again")
  }
}
