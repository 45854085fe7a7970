import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension Directory {
  /// Brings the rows from the state before the event to the state after it.
  func apply(_ event: LedgerEvent, _ header: RecordHeader, in transaction: inout WriteTransaction) throws(LogError) {
    let position = header.position
    let time = Timestamp(milliseconds: header.recordedAt)
    try count(header, &transaction)
    switch event {
    case .accountRegistered(let event): try register(event, position, time, &transaction)
    case .accountSignedIn(let event):
      guard event.hasName || event.hasEmail else { break }
      try change(StoredAccount.self, at: .number(.account, event.account), in: &transaction) { row in
        if event.hasName { row.account.name = event.name }
        if event.hasEmail { row.account.email = event.email }
      }
      let row = try existing(StoredAccount.self, at: .number(.account, event.account), in: transaction)
      try index(row.account, at: position, &transaction)
    case .accountDisabled(let event):
      // Events of earlier versions do not say it; their records do, of the command line.
      let isByOperator = event.byOperator || header.actor.kind == SubjectKind.operator.rawValue
      try setDisabled(event.account, true, byOperator: isByOperator, &transaction)
      try put(position, at: .number(.disablement, event.account), in: &transaction)
    case .accountEnabled(let event): try setDisabled(event.account, false, &transaction)
    case .accountRoleChanged(let event):
      try changeRole(event, &transaction)
    case .phonePINRequested(let event): try open(event, position, &transaction)
    case .phonePINRejected(let event):
      try change(StoredChallenge.self, at: .number(.challenge, event.challenge), in: &transaction) {
        $0.challenge.failures += 1
      }
    case .phoneVerified(let event): try verify(event, position, &transaction)
    case .phoneRemoved(let event): try remove(phone: event, &transaction)
    case .connectorCreated(let event): try create(event, position, time, &transaction)
    case .connectorUpdated(let event): try update(event, position, &transaction)
    case .connectorScopesApproved(let event):
      try change(Connector.self, at: .number(.connector, event.connector), in: &transaction) {
        $0.approvedScopes = Scopes(rawValue: event.after)
        $0.setBy = Position(position)
      }
    case .connectorSecretRotated(let event): try rotate(event, position, &transaction)
    case .connectorDeactivated(let event):
      try setActive(event.connector, deactivatedBy: position, byAdministrator: event.byAdministrator, &transaction)
    case .connectorActivated(let event): try setActive(event.connector, &transaction)
    case .connectorOldSecretEnded(let event): try endOldSecret(of: event.connector, &transaction)
    case .connectorDeleted(let event): try delete(connector: event.connector, &transaction)
    case .groupCreated(let event): try create(event, position, time, &transaction)
    case .groupRenamed(let event):
      try change(Group.self, at: .number(.group, event.group), in: &transaction) { $0.name = event.after }
      try index(.group, event.group, named: event.after, &transaction)
    case .groupDeleted(let event):
      try change(Group.self, at: .number(.group, event.group), in: &transaction) { $0.isDeleted = true }
    case .groupMemberAdded(let event): try add(event, position, time, &transaction)
    case .groupInvitationAccepted(let event):
      try takeOver(membership: event.membership, by: event.account, &transaction)
    case .groupMemberRoleChanged(let event): try changeRole(event, &transaction)
    case .groupMemberRemoved(let event): try remove(member: event, &transaction)
    case .groupSubgroupAttached(let event):
      try put(EmptyRow(), at: .pair(.subgroup, event.group, event.subgroup), in: &transaction)
      try put(EmptyRow(), at: .pair(.parentOfGroup, event.subgroup, event.group), in: &transaction)
    case .groupSubgroupDetached(let event):
      try remove(.pair(.subgroup, event.group, event.subgroup), in: &transaction)
      try remove(.pair(.parentOfGroup, event.subgroup, event.group), in: &transaction)
    case .permissionGranted(let event): try grant(event, position, time, &transaction)
    case .permissionRevoked(let event): try revoke(event, &transaction)
    case .refreshTokenIssued(let event):
      try change(Grant.self, at: .number(.grant, event.grant), in: &transaction) {
        $0.family = FamilyID(rawValue: position)
      }
    case .webhookRegistered(let event): try register(event, position, time, &transaction)
    case .webhookUpdated(let event): try update(event, position, &transaction)
    case .webhookDisabled(let event):
      try change(Webhook.self, at: .number(.webhook, event.webhook), in: &transaction) { $0.isActive = false }
    case .webhookDeleted(let event): try delete(webhook: event.webhook, &transaction)
    case .refreshTokenReuseDetected(let event):
      try stopWebhooks(of: event.grant, family: event.family, by: position, &transaction)
    case .tokenRevoked(let event):
      if event.reach == .family {
        try stopWebhooks(of: event.grant, family: event.target, by: position, &transaction)
      }
    case .subjectErased(let event): try erase(event, position, &transaction)
    case .ledgerCreated(let event): try name(signingKey: event.verifyingKey, position, &transaction)
    case .keyRotated(let event):
      try note(event.purpose, in: &transaction) { $0.newest = event.after }
    case .keyDropped(let event):
      try note(event.purpose, in: &transaction) { $0.oldest = event.oldest }
    case .oversightConfigured(let event):
      try put(Oversight(event.after), at: .number(.oversight, 0), in: &transaction)
    case .proposalMade(let event): try propose(event, position, time, &transaction)
    case .proposalDecided(let event): try decide(event, &transaction)
    case .ledgerRestored: try voidProposals(&transaction)
    case .signingKeyRotated(let event): try name(signingKey: event.after, position, &transaction)
    case .clockCorrected(let event):
      // First, as it is told by the corrections before.
      try endProposals(that: event, &transaction)
      try put(ClockCorrection(event, Position(position)), at: .number(.clockCorrection, position), in: &transaction)
    // These change only whether tokens are valid, or nothing that is looked up.
    case .retentionApplied, .refreshTokenRotated, .tokenIssued, .masterKeyRotated, .phonePINWithheld,
      .phonePINDispatched, .tokenLeakReported, .personalDataRevealed, .accountSignedOut, .accountSignInRefused,
      .permissionReviewed, .authorizationRefused, .customRecorded:
      break
    case .phonePINAccepted(let event): try close(challenge: event.challenge, &transaction)
    case .authorizationCodeIssued(let event): try issue(event, position, &transaction)
    case .authorizationCodeRedeemed(let event): try redeem(event, &transaction)
    case .groupSubscriberAdded(let event): try add(event, position, &transaction)
    case .groupSubscriberRemoved(let event): try remove(subscriber: event, &transaction)
    case .resourceServerCreated(let event): try create(event, position, time, &transaction)
    case .resourceServerSecretRotated(let event): try rotate(event, position, &transaction)
    case .resourceServerDeleted(let event): try delete(resourceServer: event.resourceServer, &transaction)
    case .eventNamespaceRegistered(let event): try register(event, position, time, &transaction)
    case .eventNamespaceExtended(let event): try extend(event, &transaction)
    }
  }

  // MARK: Connectors

  private func create(
    _ event: ConnectorCreated, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let publicID = try PublicID(of: event.publicID, at: position)
    let connector = Connector(
      id: ConnectorID(rawValue: position), publicID: publicID, owner: AccountID(rawValue: event.owner),
      details: event.details, isDeleted: false, createdAt: time)
    let credentials = ConnectorCredentials(
      current: SecretID(rawValue: position), currentDigest: try Digest(of: event.secretDigest, at: position),
      previous: SecretID(rawValue: 0), previousDigest: .zero, previousUntil: Timestamp(milliseconds: 0),
      accessTokenLifetime: event.details.accessTokenLifetime,
      refreshTokenLifetime: event.details.refreshTokenLifetime, rotation: event.details.rotation,
      isDPoPBound: event.details.dpopBound, hasSignedTokens: event.details.signedTokens)
    try put(connector, at: .number(.connector, position), in: &transaction)
    try put(credentials, at: .number(.credentials, position), in: &transaction)
    try put(position, at: .publicID(.connectorByPublicID, publicID), in: &transaction)
    try put(position, at: Self.key(ofConnector: event.details.name, owner: event.owner), in: &transaction)
    try put(EmptyRow(), at: .pair(.connectorOfOwner, event.owner, position), in: &transaction)
    try index(.connector, position, named: event.details.name, &transaction)
  }

  private func update(
    _ event: ConnectorUpdated, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    var connector = try existing(Connector.self, at: .number(.connector, event.connector), in: transaction)
    let owner = connector.owner.rawValue
    try remove(Self.key(ofConnector: connector.details.name, owner: owner), in: &transaction)
    connector.details = event.after
    connector.approvedScopes = Scopes(rawValue: event.approved)
    connector.setBy = Position(position)
    try put(event.connector, at: Self.key(ofConnector: event.after.name, owner: owner), in: &transaction)
    try put(connector, at: .number(.connector, event.connector), in: &transaction)
    try index(.connector, event.connector, named: event.after.name, &transaction)
    try change(ConnectorCredentials.self, at: .number(.credentials, event.connector), in: &transaction) { row in
      row.accessTokenLifetime = event.after.accessTokenLifetime
      row.refreshTokenLifetime = event.after.refreshTokenLifetime
      row.rotation = event.after.rotation
      row.isDPoPBound = event.after.dpopBound
      row.hasSignedTokens = event.after.signedTokens
    }
  }

  private func rotate(
    _ event: ConnectorSecretRotated, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let digest = try Digest(of: event.secretDigest, at: position)
    try change(ConnectorCredentials.self, at: .number(.credentials, event.connector), in: &transaction) { row in
      row.previous = row.current
      row.previousDigest = row.currentDigest
      row.previousUntil = Timestamp(milliseconds: event.previousExpiresAt)
      row.current = SecretID(rawValue: position)
      row.currentDigest = digest
    }
  }

  /// - Parameter position: of the event that set it inactive; 0 where it is active from now on.
  private func setActive(
    _ connector: UInt64, deactivatedBy position: PositionNumber = 0, byAdministrator: Bool = false,
    _ transaction: inout WriteTransaction
  ) throws(LogError) {
    try change(Connector.self, at: .number(.connector, connector), in: &transaction) { row in
      row.deactivatedBy = Position(position)
      row.isDeactivatedByAdministrator = byAdministrator
    }
    // Here too, as this row is all that is read of a connector that shows its Secret.
    try change(ConnectorCredentials.self, at: .number(.credentials, connector), in: &transaction) {
      $0.isInactive = position != 0
    }
  }

  private func endOldSecret(of connector: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(ConnectorCredentials.self, at: .number(.credentials, connector), in: &transaction) { row in
      row.previous = SecretID(rawValue: 0)
      row.previousDigest = .zero
      row.previousUntil = Timestamp(milliseconds: 0)
    }
  }

  private func delete(connector number: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    var connector = try existing(Connector.self, at: .number(.connector, number), in: transaction)
    connector.isDeleted = true
    try put(connector, at: .number(.connector, number), in: &transaction)
    // Nobody authenticates as it any more.
    try remove(.number(.credentials, number), in: &transaction)
    // The name is free again.
    try remove(
      Self.key(ofConnector: connector.details.name, owner: connector.owner.rawValue), in: &transaction)
    for webhook in try numbers(.webhookOfConnector, of: number, in: transaction) {
      try delete(webhook: webhook, &transaction)
    }
  }

  static func key(ofConnector name: String, owner: UInt64) -> DirectoryKey {
    .digest(.connectorByName, SHA256.hash(Array(name.utf8)), owner)
  }

  // MARK: Grants

  private func grant(
    _ event: PermissionGranted, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let grant = Grant(
      id: GrantID(rawValue: position), connector: ConnectorID(rawValue: event.connector),
      granter: AccountID(rawValue: event.granter), group: GroupID(unlessZero: event.group),
      scopes: Scopes(rawValue: event.scopes), family: nil, isRevoked: false, grantedAt: time)
    try put(grant, at: .number(.grant, position), in: &transaction)
    try put(position, at: Self.key(of: grant), in: &transaction)
    try put(EmptyRow(), at: .pair(.grantOfGranter, event.granter, position), in: &transaction)
    if event.group != 0 { try put(EmptyRow(), at: .pair(.grantOfGroup, event.group, position), in: &transaction) }
  }

  private func revoke(_ event: PermissionRevoked, _ transaction: inout WriteTransaction) throws(LogError) {
    var grant = try existing(Grant.self, at: .number(.grant, event.grant), in: transaction)
    grant.isRevoked = true
    try put(grant, at: .number(.grant, event.grant), in: &transaction)
    try remove(Self.key(of: grant), in: &transaction)
    try remove(.pair(.grantOfGranter, event.granter, event.grant), in: &transaction)
    if event.group != 0 {
      try remove(.pair(.grantOfGroup, event.group, event.grant), in: &transaction)
    } else {
      let key = DirectoryKey.pair(.revokedGrantByGranter, grant.connector.rawValue, grant.granter.rawValue)
      try put(event.grant, at: key, in: &transaction)
    }
  }

  static func key(of grant: Grant) -> DirectoryKey {
    key(ofGrantTo: grant.connector, group: grant.group, granter: grant.granter)
  }

  static func key(ofGrantTo connector: ConnectorID, group: GroupID?, granter: AccountID) -> DirectoryKey {
    if let group {
      .pair(.grantByGroup, connector.rawValue, group.rawValue)
    } else {
      .pair(.grantByGranter, connector.rawValue, granter.rawValue)
    }
  }
}
