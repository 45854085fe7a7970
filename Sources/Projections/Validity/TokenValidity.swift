package import EventLog
package import LMDB
import LedgerCrypto
package import LedgerDomain
import LedgerEvents

/// Whether each token is valid: the graph of what stands on what, one row an object, keyed by the position of the event
/// that made it, and so in the order of the log.
package struct TokenValidity: Sendable {
  /// To be raised whenever a row is written differently: the projection is then rebuilt.
  package static let schemaVersion: UInt64 = 2

  let rows: Table<PositionKey, StandingCodec>

  package init(_ rows: Table<PositionKey, StandingCodec>) { self.rows = rows }

  /// The standing of the object made at a position; nil if the event there made none.
  package func standing(
    of number: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Standing? {
    try stored { () throws(LMDBError) in try rows.get(number, in: transaction) }
  }

  /// Brings the rows from the state before the event to the state after it.
  func apply(_ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction) throws(LogError) {
    let position = header.position
    switch event {
    // What makes an object.
    case .tokenIssued(let event):
      let credential = Standing.Credential(
        digest: try Digest(of: event.digest, at: position), expiresAt: Timestamp(milliseconds: event.expiresAt))
      try add(
        Standing(.token, scopes: Scopes(rawValue: event.scopes), on: event.family, credential: credential), position,
        &transaction)
    case .accountRegistered(let event):
      try add(Standing(.account, scopes: event.role.grantableScopes), position, &transaction)
    case .phoneVerified: try add(Standing(.phone), position, &transaction)
    case .connectorCreated(let event):
      try add(
        Standing(.connector, scopes: Scopes(rawValue: event.details.scopes), on: event.owner), position, &transaction)
    case .groupCreated: try add(Standing(.group), position, &transaction)
    case .groupMemberAdded(let event): try add(Standing(.membership, on: event.group), position, &transaction)
    case .permissionGranted(let event):
      try add(
        Standing(
          .grant, scopes: Scopes(rawValue: event.scopes), on: event.connector, event.granter, event.membership,
          event.phone), position, &transaction)
    case .refreshTokenIssued(let event):
      let credential = Standing.Credential(
        digest: try Digest(of: event.digest, at: position), expiresAt: Timestamp(milliseconds: event.expiresAt))
      try add(Standing(.family, on: event.grant, credential: credential), position, &transaction)
      if event.supersedes != 0 { try stop(event.supersedes, by: position, &transaction) }
    case .refreshTokenRotated(let event): try rotate(event, position, &transaction)

    // What stops one, or starts it again.
    case .accountDisabled(let event): try stop(event.account, by: position, &transaction)
    case .accountEnabled(let event): try change(event.account, &transaction) { $0.stoppedBy = 0 }
    case .accountRoleChanged(let event):
      try change(event.account, &transaction) { $0.scopes = event.after.grantableScopes }
    case .phoneRemoved(let event): try stop(event.phone, by: position, &transaction)
    case .connectorUpdated(let event):
      try change(event.connector, &transaction) { $0.scopes = Scopes(rawValue: event.after.scopes) }
    case .connectorDeleted(let event): try stop(event.connector, by: position, &transaction)
    case .groupDeleted(let event): try stop(event.group, by: position, &transaction)
    case .groupMemberRoleChanged(let event):
      // Grants that an admin gave stop when the admin is one no more, and do not come back with the role.
      if event.before == .admin { try change(event.membership, &transaction) { $0.floor = position } }
    case .groupMemberRemoved(let event): try stop(event.membership, by: position, &transaction)
    case .permissionRevoked(let event): try stop(event.grant, by: position, &transaction)
    case .refreshTokenReuseDetected(let event): try stop(event.family, by: position, &transaction)
    case .tokenRevoked(let event): try revoke(event, position, &transaction)
    case .subjectErased(let event):
      if event.account != 0 { try stop(event.account, by: position, &transaction) }

    case .ledgerCreated, .ledgerRestored, .accountSignedIn, .phonePINRequested,
      .phonePINRejected, .connectorSecretRotated, .groupRenamed, .groupSubgroupAttached, .groupSubgroupDetached,
      .webhookRegistered, .webhookUpdated, .webhookDisabled, .webhookDeleted, .signingKeyRotated, .masterKeyRotated,
      .phonePINAccepted, .groupSubscriberAdded, .groupSubscriberRemoved, .authorizationCodeIssued,
      .authorizationCodeRedeemed:
      break
    }
  }

  private func add(
    _ standing: Standing, _ number: UInt64, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    try stored { () throws(LMDBError) in try rows.append(number, standing, in: &transaction) }
  }

  private func change(
    _ number: UInt64, _ transaction: inout WriteTransaction, _ body: (inout Standing) -> Void
  ) throws(LogError) {
    guard var standing = try standing(of: number, in: transaction) else {
      throw LogError(.damagedProjection, "token validity lacks the object \(number); rebuild the projections")
    }
    body(&standing)
    try stored { () throws(LMDBError) in try rows.put(number, standing, in: &transaction) }
  }

  /// Stops an object; the first event that did so is the one that counts.
  private func stop(
    _ number: UInt64, by position: Position, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    try change(number, &transaction) { if $0.stoppedBy == 0 { $0.stoppedBy = position } }
  }

  private func rotate(
    _ event: RefreshTokenRotated, _ position: Position, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let credential = Standing.Credential(
      digest: try Digest(of: event.digest, at: position), expiresAt: Timestamp(milliseconds: event.expiresAt))
    try add(Standing(.family, on: event.family, credential: credential), position, &transaction)
    try change(event.predecessor, &transaction) { standing in
      standing.credential?.successor = position
      standing.credential?.acceptedUntil = Timestamp(milliseconds: event.predecessorUntil)
    }
  }

  private func revoke(
    _ event: TokenRevoked, _ position: Position, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    switch event.reach {
    case .token, .family: try stop(event.target, by: position, &transaction)
    case .connector, .account: try change(event.target, &transaction) { $0.floor = position }
    case .unspecified, .UNRECOGNIZED:
      throw LogError(.unreadableEvent, "the reach of the revocation is not known; upgrade the program", at: position)
    }
  }
}
