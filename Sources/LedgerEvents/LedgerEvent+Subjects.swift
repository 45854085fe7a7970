extension LedgerEvent {
  /// Calls `body` with each subject that the record's header is to name: what the event concerns, each once, at most
  /// eight.
  ///
  /// The object that the event makes is not among them: its number is the record's own position. Nor is the actor, whom
  /// the header names apart. Allocates nothing.
  public func forEachSubject(_ body: (Subject) -> Void) {
    func visit(_ kind: SubjectKind, _ number: UInt64) {
      if number != 0 { body(Subject(kind: kind, number: number)) }
    }
    /// The first of the numbers stands for the ledger's own server, which is no object.
    func visit(audiences: [UInt64]) {
      for number in audiences.prefix(3) where number > 1 { visit(.resourceServer, number) }
    }
    switch self {
    case .ledgerCreated, .retentionApplied, .clockCorrected, .keyRotated, .keyDropped,
      .signingKeyRotated, .masterKeyRotated, .oversightConfigured,
      .accountRegistered, .resourceServerCreated, .eventNamespaceRegistered:
      break
    case .resourceServerSecretRotated(let event): visit(.resourceServer, event.resourceServer)
    case .resourceServerDeleted(let event): visit(.resourceServer, event.resourceServer)
    case .personalDataRevealed(let event):
      visit(.group, event.group)
      // One place is left for the operator.
      for account in event.accounts.prefix(6) { visit(.account, account) }
    case .ledgerRestored(let event): visit(.account, event.approver)
    case .proposalMade(let event): visit(.account, event.account)
    case .proposalDecided(let event): visit(.proposal, event.proposal)
    case .accountSignedIn(let event): visit(.account, event.account)
    case .accountDisabled(let event): visit(.account, event.account)
    case .accountEnabled(let event): visit(.account, event.account)
    case .accountRoleChanged(let event): visit(.account, event.account)
    case .subjectErased(let event): visit(.account, event.account)
    case .accountSignedOut(let event): visit(.account, event.account)
    case .accountSignInRefused(let event): visit(.account, event.account)
    case .authorizationRefused(let event):
      visit(.connector, event.connector)
      visit(.account, event.account)
    case .permissionReviewed(let event):
      visit(.grant, event.grant)
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.account, event.granter)

    case .phonePINRequested(let event):
      visit(.account, event.account)
      visit(.connector, event.connector)
    case .phonePINRejected(let event):
      visit(.account, event.account)
      visit(.challenge, event.challenge)
    case .phonePINAccepted(let event):
      visit(.account, event.account)
      visit(.challenge, event.challenge)
      visit(.connector, event.connector)
    case .phonePINWithheld(let event): visit(.connector, event.connector)
    case .phonePINDispatched(let event):
      visit(.account, event.account)
      visit(.challenge, event.challenge)
    case .phoneVerified(let event):
      visit(.account, event.account)
      visit(.challenge, event.challenge)
      // As many as a header holds; the others are found through the account.
      for membership in event.memberships.prefix(6) { visit(.membership, membership) }
      let room = max(0, 6 - event.memberships.count)
      for subscription in event.subscriptions.prefix(room) { visit(.subscription, subscription) }
    case .phoneRemoved(let event):
      visit(.phone, event.phone)
      visit(.account, event.account)

    case .connectorCreated(let event): visit(.account, event.owner)
    case .connectorUpdated(let event): visit(.connector, event.connector)
    case .connectorSecretRotated(let event): visit(.connector, event.connector)
    case .connectorDeleted(let event): visit(.connector, event.connector)
    case .connectorScopesApproved(let event): visit(.connector, event.connector)
    case .connectorDeactivated(let event): visit(.connector, event.connector)
    case .connectorActivated(let event): visit(.connector, event.connector)
    case .connectorOldSecretEnded(let event): visit(.connector, event.connector)

    case .groupCreated(let event): visit(.account, event.creator)
    case .groupRenamed(let event): visit(.group, event.group)
    case .groupDeleted(let event): visit(.group, event.group)
    case .groupMemberAdded(let event):
      visit(.group, event.group)
      visit(.account, event.account)
    case .groupMemberRoleChanged(let event):
      visit(.group, event.group)
      visit(.membership, event.membership)
      visit(.account, event.account)
    case .groupMemberRemoved(let event):
      visit(.group, event.group)
      visit(.membership, event.membership)
      visit(.account, event.account)
    case .groupSubgroupAttached(let event):
      visit(.group, event.group)
      visit(.group, event.subgroup)
    case .groupSubgroupDetached(let event):
      visit(.group, event.group)
      visit(.group, event.subgroup)

    case .groupInvitationAccepted(let event):
      visit(.group, event.group)
      visit(.membership, event.membership)
      visit(.account, event.account)
      visit(.phone, event.phone)
    case .groupSubscriberAdded(let event):
      visit(.group, event.group)
      visit(.account, event.account)
    case .groupSubscriberRemoved(let event):
      visit(.group, event.group)
      visit(.subscription, event.subscription)
      visit(.account, event.account)

    case .permissionGranted(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.account, event.granter)
      visit(.membership, event.membership)
      visit(.phone, event.phone)
    case .permissionRevoked(let event):
      visit(.grant, event.grant)
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.account, event.granter)

    case .refreshTokenIssued(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.account, event.granter)
      visit(.family, event.supersedes)
      visit(audiences: event.audiences)
    case .refreshTokenRotated(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.family, event.family)
      visit(.token, event.predecessor)
    case .refreshTokenReuseDetected(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.family, event.family)
      visit(.token, event.token)
    case .authorizationCodeIssued(let event):
      visit(.connector, event.connector)
      visit(.account, event.account)
      visit(audiences: event.audiences)
    case .authorizationCodeRedeemed(let event):
      visit(.authorizationCode, event.code)
      visit(.connector, event.connector)
      visit(.account, event.account)
      visit(.family, event.family)
    case .tokenIssued(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.family, event.family)
      visit(audiences: event.audiences)
    case .tokenLeakReported(let event):
      visit(.token, event.token)
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.family, event.family)
    case .tokenRevoked(let event):
      switch event.reach {
      case .token: visit(.token, event.target)
      case .family: visit(.family, event.target)
      case .connector where event.target != event.connector: visit(.connector, event.target)
      case .account: visit(.account, event.target)
      case .connector, .unspecified, .UNRECOGNIZED: break
      }
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)

    case .eventNamespaceExtended(let event): visit(.eventNamespace, event.namespace)
    case .customRecorded(let event):
      visit(.eventNamespace, event.namespace)
      // The command allows five. Two places are left, for the operator and the person on whose behalf it is.
      var room = 5
      func visitEach(_ kind: SubjectKind, _ numbers: [UInt64]) {
        for number in numbers.prefix(room) { visit(kind, number) }
        room -= min(room, numbers.count)
      }
      visitEach(.account, event.accounts)
      visitEach(.connector, event.connectors)
      visitEach(.group, event.groups)
      visitEach(.grant, event.grants)
      visitEach(.token, event.tokens)

    case .webhookRegistered(let event):
      visit(.connector, event.connector)
      visit(.group, event.group)
      visit(.grant, event.grant)
      visit(.family, event.family)
    case .webhookUpdated(let event):
      visit(.webhook, event.webhook)
      visit(.connector, event.connector)
      visit(.group, event.group)
    case .webhookDisabled(let event):
      visit(.webhook, event.webhook)
      visit(.connector, event.connector)
      visit(.group, event.group)
    case .webhookDeleted(let event):
      visit(.webhook, event.webhook)
      visit(.connector, event.connector)
      visit(.group, event.group)
    }
  }
}
