import CredentialLedger

/// Whether a program still uses the Secret before the current one, as far as the ledger says: it records with which Secret each
/// access token was asked for.
enum OldSecretUse: Sendable, Equatable {
  /// The newest access token was issued with it then, after the rotation.
  case used(Timestamp)
  /// No access token was issued with it since then.
  case quiet(since: Timestamp)

  /// For how long a Secret is quiet before nothing is said of changing to the new one.
  private static let quietFor = Duration.seconds(86_400)

  /// What a connector's page says while two Secrets work.
  ///
  /// - Parameters:
  ///   - use: nil where it is not known.
  ///   - end: until when the old one is accepted.
  static func words(_ use: OldSecretUse?, until end: Timestamp, at now: Timestamp) -> HTML {
    let two: HTML = "<strong>Two Secrets work until \(Part.exact(end)).</strong>"
    switch use {
    case .used(let moment) where now - moment < quietFor:
      return
        "\(two) A program last got an access token with the old one \(Part.ago(moment, now: now)). Change it to the new one before the old one ends."
    case .used(let moment),
      .quiet(let moment) where now - moment >= quietFor:
      return "\(two) No program got an access token with the old one since \(Part.exact(moment))."
    case .quiet(let moment):
      return
        "\(two) No program got an access token with the old one since \(Part.exact(moment)). Change the program to the new one before the old one ends."
    case nil: return "\(two) Change the program to the new one before the old one ends."
    }
  }
}

extension ManagementPortal {
  /// How many access tokens are looked at for the last use of an old Secret.
  private static let tokensLookedAt = 100

  /// Whether a connector's old Secret is still in use; nil where it is not known. Reads 101 events at most.
  func oldSecretUse(of connector: ConnectorID) async throws(PortalFailure) -> OldSecretUse? {
    try await asking { () async throws(LedgerError) -> OldSecretUse? in
      let rotations = try await ledger.audit.search(
        .connector(connector).and(.type(.connectorSecretRotated)), limit: 1)
      guard let rotation = rotations.entries.first, case .connectorSecretRotated(let rotated) = rotation.event else {
        return nil
      }
      let issued = try await ledger.audit.search(
        .connector(connector).and(.type(.tokenIssued)).and(.recorded(since: rotation.time)),
        limit: Self.tokensLookedAt)
      for entry in issued.entries {
        if case .tokenIssued(let token) = entry.event, token.secret == rotated.previousSecret {
          return .used(entry.time)
        }
      }
      // What is in an archive that is not available may have been issued with either.
      guard issued.archived.isEmpty else { return nil }
      guard issued.next != nil else { return .quiet(since: rotation.time) }
      return issued.entries.last.map { OldSecretUse.quiet(since: $0.time) }
    }
  }
}
