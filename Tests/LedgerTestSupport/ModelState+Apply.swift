import LedgerCrypto
import LedgerDomain
package import LedgerEvents

extension ModelState {
  /// The state after one more event.
  ///
  /// - Throws: ``EventCodingError`` if a digest or an ID in the event has the wrong size.
  package mutating func apply(
    _ event: LedgerEvent, at position: UInt64, time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .accountRegistered, .accountSignedIn, .accountDisabled, .accountEnabled, .accountRoleChanged:
      applyToAccounts(event, position, time)
    case .authorizationCodeIssued, .authorizationCodeRedeemed:
      try applyToCodes(event, position)
    case .phonePINRequested, .phonePINRejected, .phonePINAccepted, .phonePINWithheld, .phoneVerified, .phoneRemoved:
      count(event, time)
      try applyToPhones(event, position)
    case .subjectErased(let event): erase(event, position)
    case .connectorCreated, .connectorUpdated, .connectorSecretRotated, .connectorDeleted,
      .connectorScopesApproved, .connectorDeactivated, .connectorActivated, .connectorOldSecretEnded:
      try applyToConnectors(event, position, time)
    case .groupCreated, .groupRenamed, .groupDeleted, .groupMemberAdded, .groupMemberRoleChanged, .groupMemberRemoved,
      .groupInvitationAccepted:
      try applyToGroups(event, position, time)
    case .permissionGranted, .permissionRevoked:
      applyToGrants(event, position, time)
    case .refreshTokenIssued, .refreshTokenRotated, .refreshTokenReuseDetected, .tokenIssued, .tokenRevoked:
      try applyToTokens(event, position)
      stopWebhooks(by: event, at: position)
    case .groupSubscriberAdded, .groupSubscriberRemoved: applyToSubscriptions(event, position)
    case .groupSubgroupAttached(let event):
      subgroups[GroupID(rawValue: event.group), default: []].insert(GroupID(rawValue: event.subgroup))
    case .groupSubgroupDetached(let event):
      subgroups[GroupID(rawValue: event.group)]?.remove(GroupID(rawValue: event.subgroup))
    case .ledgerCreated(let event): if !event.verifyingKey.isEmpty { signingKey = Array(event.verifyingKey) }
    case .signingKeyRotated(let event): signingKey = Array(event.after)
    case .webhookRegistered, .webhookUpdated, .webhookDisabled, .webhookDeleted:
      try applyToWebhooks(event, position, time)
    case .keyRotated(let event):
      keyNumbers[event.purpose, default: KeyNumbers()].newest = event.after
    case .keyDropped(let event):
      keyNumbers[event.purpose, default: KeyNumbers()].oldest = event.oldest
    case .resourceServerCreated, .resourceServerSecretRotated, .resourceServerDeleted:
      try applyToResourceServers(event, position, time)
    case .eventNamespaceRegistered, .eventNamespaceExtended: applyToNamespaces(event, position, time)
    case .oversightConfigured(let event): rules = Oversight(event.after)
    case .proposalMade, .proposalDecided, .ledgerRestored, .clockCorrected: try applyToProposals(event, position, time)
    case .retentionApplied, .masterKeyRotated, .phonePINDispatched,
      .tokenLeakReported, .personalDataRevealed, .accountSignedOut, .accountSignInRefused, .permissionReviewed,
      .authorizationRefused, .customRecorded:
      // They change nothing that a command or a validation reads.
      break
    }
  }

  mutating func stop(_ number: UInt64, by position: UInt64) { standings[number]?.stoppedBy = position }

  private mutating func applyToAccounts(_ event: LedgerEvent, _ position: UInt64, _ time: Timestamp) {
    switch event {
    case .accountRegistered(let event):
      let id = AccountID(rawValue: position)
      accounts[id] = Account(
        id: id, issuer: event.issuer, subject: event.subject, name: event.hasName ? event.name : nil,
        email: event.hasEmail ? event.email : nil, role: event.role, isDisabled: false, registeredAt: time)
      standings[position] = Standing(.account, scopes: Self.scopes(of: event.role))
    case .accountSignedIn(let event):
      let id = AccountID(rawValue: event.account)
      if event.hasName { accounts[id]?.name = event.name }
      if event.hasEmail { accounts[id]?.email = event.email }
    case .accountDisabled(let event):
      accounts[AccountID(rawValue: event.account)]?.isDisabled = true
      accounts[AccountID(rawValue: event.account)]?.isDisabledByOperator = event.byOperator
      disablements[AccountID(rawValue: event.account)] = position
      stop(event.account, by: position)
    case .accountEnabled(let event):
      accounts[AccountID(rawValue: event.account)]?.isDisabled = false
      accounts[AccountID(rawValue: event.account)]?.isDisabledByOperator = false
      stop(event.account, by: 0)
    case .accountRoleChanged(let event):
      accounts[AccountID(rawValue: event.account)]?.role = event.after
      standings[event.account]?.scopes = Self.scopes(of: event.after)
    default: break
    }
  }

  private mutating func applyToPhones(_ event: LedgerEvent, _ position: UInt64) throws(EventCodingError) {
    switch event {
    case .phonePINRequested(let event):
      let id = ChallengeID(rawValue: position)
      let account = AccountID(rawValue: event.account)
      let number = keyedHashes.number(event.number)
      for (other, challenge) in challenges
      where challenge.account == account && keyedHashes.number(challenge.number) == number {
        challenges[other]?.isClosed = true
      }
      challenges[id] = PINChallenge(
        id: id, account: account, number: event.number, salt: Array(event.salt),
        digest: event.pinDigest.isEmpty ? .zero : try Digest(field: event.pinDigest),
        expiresAt: Timestamp(milliseconds: event.expiresAt), failures: 0, isClosed: event.pinDigest.isEmpty,
        connector: ConnectorID(unlessZero: event.connector))
    case .phonePINRejected(let event):
      challenges[ChallengeID(rawValue: event.challenge)]?.failures += 1
    case .phonePINAccepted(let event):
      challenges[ChallengeID(rawValue: event.challenge)]?.isClosed = true
    case .phoneVerified(let event):
      let id = PhoneID(rawValue: position)
      let account = AccountID(rawValue: event.account)
      challenges[ChallengeID(rawValue: event.challenge)]?.isClosed = true
      phones[id] = Phone(id: id, account: account, number: event.number, isRemoved: false)
      standings[position] = Standing(.phone)
      for membership in event.memberships { memberships[MembershipID(rawValue: membership)]?.account = account }
      for subscription in event.subscriptions {
        subscriptions[SubscriptionID(rawValue: subscription)]?.account = account
      }
    case .phoneRemoved(let event):
      phones[PhoneID(rawValue: event.phone)]?.isRemoved = true
      stop(event.phone, by: position)
    default: break
    }
  }

  private mutating func applyToConnectors(
    _ event: LedgerEvent, _ position: UInt64, _ time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .connectorCreated(let event):
      let id = ConnectorID(rawValue: position)
      connectors[id] = Connector(
        id: id, publicID: try PublicID(field: event.publicID), owner: AccountID(rawValue: event.owner),
        details: event.details, isDeleted: false, createdAt: time)
      credentials[id] = ConnectorCredentials(
        current: SecretID(rawValue: position), currentDigest: try Digest(field: event.secretDigest),
        previous: SecretID(rawValue: 0), previousDigest: .zero, previousUntil: Timestamp(rawValue: 0),
        accessTokenLifetime: event.details.accessTokenLifetime,
        refreshTokenLifetime: event.details.refreshTokenLifetime, rotation: event.details.rotation,
        isDPoPBound: event.details.dpopBound, hasSignedTokens: event.details.signedTokens)
      standings[position] = Standing(
        .connector, scopes: Scopes(rawValue: event.details.scopes).subtracting(.tenant), on: event.owner)
    case .connectorUpdated(let event):
      let id = ConnectorID(rawValue: event.connector)
      connectors[id]?.details = event.after
      connectors[id]?.approvedScopes = Scopes(rawValue: event.approved)
      connectors[id]?.setBy = Position(position)
      credentials[id]?.accessTokenLifetime = event.after.accessTokenLifetime
      credentials[id]?.refreshTokenLifetime = event.after.refreshTokenLifetime
      credentials[id]?.rotation = event.after.rotation
      credentials[id]?.isDPoPBound = event.after.dpopBound
      credentials[id]?.hasSignedTokens = event.after.signedTokens
      if event.before.clientCredentials && !event.after.clientCredentials {
        standings[event.connector]?.parents[1] = position
      }
      let unapproved = Scopes.tenant.subtracting(Scopes(rawValue: event.approved))
      standings[event.connector]?.scopes = Scopes(rawValue: event.after.scopes).subtracting(unapproved)
    case .connectorScopesApproved(let event):
      let id = ConnectorID(rawValue: event.connector)
      connectors[id]?.approvedScopes = Scopes(rawValue: event.after)
      connectors[id]?.setBy = Position(position)
      standings[event.connector]?.scopes = Scopes(rawValue: event.scopes)
    case .connectorSecretRotated(let event):
      let id = ConnectorID(rawValue: event.connector)
      guard var known = credentials[id] else { return }
      known.previous = known.current
      known.previousDigest = known.currentDigest
      known.previousUntil = Timestamp(milliseconds: event.previousExpiresAt)
      known.current = SecretID(rawValue: position)
      known.currentDigest = try Digest(field: event.secretDigest)
      credentials[id] = known
    case .connectorDeactivated(let event):
      let id = ConnectorID(rawValue: event.connector)
      connectors[id]?.deactivatedBy = Position(position)
      connectors[id]?.isDeactivatedByAdministrator = event.byAdministrator
      credentials[id]?.isInactive = true
      if standings[event.connector]?.stoppedBy == 0 { stop(event.connector, by: position) }
    case .connectorActivated(let event):
      let id = ConnectorID(rawValue: event.connector)
      connectors[id]?.deactivatedBy = 0
      connectors[id]?.isDeactivatedByAdministrator = false
      credentials[id]?.isInactive = false
      stop(event.connector, by: 0)
    case .connectorOldSecretEnded(let event):
      let id = ConnectorID(rawValue: event.connector)
      credentials[id]?.previous = SecretID(rawValue: 0)
      credentials[id]?.previousDigest = .zero
      credentials[id]?.previousUntil = Timestamp(rawValue: 0)
    case .connectorDeleted(let event):
      let id = ConnectorID(rawValue: event.connector)
      connectors[id]?.isDeleted = true
      credentials[id] = nil
      if standings[event.connector]?.stoppedBy == 0 { stop(event.connector, by: position) }
      for (webhook, known) in webhooks where known.connector == id {
        webhooks[webhook]?.isActive = false
        webhooks[webhook]?.isDeleted = true
      }
    default: break
    }
  }

  private mutating func applyToGroups(
    _ event: LedgerEvent, _ position: UInt64, _ time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .groupCreated(let event):
      let id = GroupID(rawValue: position)
      // The numbers of members and admins are counted when asked for.
      groups[id] = Group(
        id: id, publicID: try PublicID(field: event.publicID), name: event.name, kind: event.kind,
        welcomeMessage: event.welcomeMessage, isDeleted: false, memberCount: 0, adminCount: 0, createdAt: time)
      standings[position] = Standing(.group)
    case .groupRenamed(let event):
      groups[GroupID(rawValue: event.group)]?.name = event.after
    case .groupDeleted(let event):
      groups[GroupID(rawValue: event.group)]?.isDeleted = true
      stop(event.group, by: position)
    case .groupMemberAdded(let event):
      let id = MembershipID(rawValue: position)
      memberships[id] = Membership(
        id: id, group: GroupID(rawValue: event.group), account: AccountID(unlessZero: event.account),
        number: event.hasNumber ? event.number : nil, role: event.role, isRemoved: false, addedAt: time)
      standings[position] = Standing(.membership, on: event.group)
    case .groupInvitationAccepted(let event):
      memberships[MembershipID(rawValue: event.membership)]?.account = AccountID(rawValue: event.account)
    case .groupMemberRoleChanged(let event):
      memberships[MembershipID(rawValue: event.membership)]?.role = event.after
      if event.before == .admin, event.after != .admin { standings[event.membership]?.floor = position }
    case .groupMemberRemoved(let event):
      memberships[MembershipID(rawValue: event.membership)]?.isRemoved = true
      stop(event.membership, by: position)
    default: break
    }
  }

  private mutating func applyToGrants(_ event: LedgerEvent, _ position: UInt64, _ time: Timestamp) {
    switch event {
    case .permissionGranted(let event):
      let id = GrantID(rawValue: position)
      let scopes = Scopes(rawValue: event.scopes)
      grants[id] = Grant(
        id: id, connector: ConnectorID(rawValue: event.connector), granter: AccountID(rawValue: event.granter),
        group: GroupID(unlessZero: event.group), scopes: scopes, family: nil, isRevoked: false, grantedAt: time)
      standings[position] = Standing(
        .grant, scopes: scopes, on: event.connector, event.granter, event.membership, event.phone)
    case .permissionRevoked(let event):
      grants[GrantID(rawValue: event.grant)]?.isRevoked = true
      stop(event.grant, by: position)
    default: break
    }
  }

  private mutating func applyToTokens(_ event: LedgerEvent, _ position: UInt64) throws(EventCodingError) {
    switch event {
    case .refreshTokenIssued(let event):
      standings[position] = Standing(
        .family, on: event.grant,
        credential: .init(
          digest: try Digest(field: event.digest), expiresAt: Timestamp(milliseconds: event.expiresAt)))
      for (index, audience) in event.audiences.enumerated() { standings[position]?.parents[index + 1] = audience }
      grants[GrantID(rawValue: event.grant)]?.family = FamilyID(rawValue: position)
      stop(event.supersedes, by: position)
    case .refreshTokenRotated(let event):
      standings[position] = Standing(
        .family, on: event.family,
        credential: .init(
          digest: try Digest(field: event.digest), expiresAt: Timestamp(milliseconds: event.expiresAt)))
      standings[event.predecessor]?.credential?.successor = position
      standings[event.predecessor]?.credential?.acceptedUntil = Timestamp(milliseconds: event.predecessorUntil)
    case .refreshTokenReuseDetected(let event):
      stop(event.family, by: position)
    case .tokenIssued(let event):
      standings[position] = Standing(
        .token, scopes: Scopes(rawValue: event.scopes), on: event.family == 0 ? event.connector : event.family,
        credential: .init(
          digest: try Digest(field: event.digest), expiresAt: Timestamp(milliseconds: event.expiresAt)))
      for (index, audience) in event.audiences.enumerated() { standings[position]?.parents[index + 1] = audience }
      if !event.keyThumbprint.isEmpty {
        standings[position]?.credential?.keyThumbprint = try Digest(field: event.keyThumbprint)
      }
    case .tokenRevoked(let event):
      switch event.reach {
      case .token, .family: stop(event.target, by: position)
      case .connector, .account: standings[event.target]?.floor = position
      case .unspecified, .UNRECOGNIZED: break
      }
    default: break
    }
  }
}
