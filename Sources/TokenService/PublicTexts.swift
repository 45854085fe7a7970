import CredentialLedger
import Synchronization

/// Texts that answers repeat: the IDs by which clients know connectors and groups, which never change, and the names of scopes.
/// What was looked up once is kept, so many of each at most.
final class PublicTexts: Sendable {
  private static let capacity = 10_000

  private struct Kept {
    var connectors: [ConnectorID: String] = [:]
    var groups: [GroupID: String] = [:]
    var scopes: [Scopes: String] = [:]
  }

  private let kept = Mutex(Kept())

  /// Of what a token is of, and what it may do.
  ///
  /// - Throws: where the ledger cannot be read.
  func texts(
    of claims: Verdict.Claims, in ledger: Ledger
  ) throws(LedgerError) -> (connector: String?, group: String?, scopes: String) {
    let known = kept.withLock { kept in
      (kept.connectors[claims.connector], claims.group.map { kept.groups[$0] }, kept.scopes[claims.scopes])
    }
    if let connector = known.0, let scopes = known.2 {
      guard let group = known.1 else { return (connector, nil, scopes) }
      if let group { return (connector, group, scopes) }
    }
    let ids = try ledger.tokens.publicIDs(of: claims)
    let (connector, group, scopes) = (ids.connector?.description, ids.group?.description, claims.scopes.oauthText)
    kept.withLock { kept in
      if kept.connectors.count + kept.groups.count + kept.scopes.count > Self.capacity { kept = Kept() }
      kept.connectors[claims.connector] = connector
      if let id = claims.group { kept.groups[id] = group }
      kept.scopes[claims.scopes] = scopes
    }
    return (connector, group, scopes)
  }
}
