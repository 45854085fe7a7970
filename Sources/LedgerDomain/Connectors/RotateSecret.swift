package import LedgerCrypto
package import LedgerEvents

/// Gives a connector another Secret. The one before is accepted for a while longer, so that programs can change over;
/// one that was still accepted from an earlier rotation is refused from now on.
package struct RotateSecret: Command {
  /// How long the Secret before may be accepted.
  package static let overlapBounds: ClosedRange<Duration> = .zero ... .seconds(30 * 86_400)

  package var connector: ConnectorID
  /// SHA-256 of the new Secret.
  package var secretDigest: Digest
  /// For how long the Secret before is accepted still; zero where it leaked.
  package var overlap: Duration
  /// Its owner.
  package var requester: Requester

  /// The rotation that somebody asks for.
  package init(connector: ConnectorID, secretDigest: Digest, overlap: Duration, requester: some Requesting) {
    self.connector = connector
    self.secretDigest = secretDigest
    self.overlap = overlap
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireActive(requester)
    let connector = try state.requireConnector(connector, ownedBy: requester)
    try Self.requireBounded(overlap)
    guard let credentials = try read(state.credentials(of: connector.id)) else {
      throw .unreadable(.misplaced(connector.id.rawValue))
    }
    var event = ConnectorSecretRotated()
    event.connector = connector.id.rawValue
    event.secretDigest = .init(secretDigest)
    event.previousSecret = credentials.current.rawValue
    event.previousExpiresAt = (context.now + overlap).milliseconds
    return Decision(by: requester, .connectorSecretRotated(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(requester)
  }

  /// Refuses an overlap outside of ``overlapBounds``.
  static func requireBounded(_ overlap: Duration) throws(DecisionFailure) {
    guard overlapBounds.contains(overlap) else {
      throw .refused(.invalidValue, field: "overlap", expected: "0 seconds to 30 days")
    }
  }

  /// Number of the new Secret.
  package func outcome(of recorded: RecordedEvents) -> SecretID { SecretID(madeAt: recorded.first) }
}
