// Tools/generate-events wrote this file from Schemas/events/list.txt. Changes belong there.

/// What happened: one case for each type of event, with the payload of the type's current version.
///
/// An event of an older version is lifted to the current one when it is read, so that the rest of the program knows only
/// one version of each.
public enum LedgerEvent: Sendable, Hashable {
  case ledgerCreated(LedgerCreated)
  case ledgerRestored(LedgerRestored)
  case retentionApplied(RetentionApplied)
  case clockCorrected(ClockCorrected)

  case accountRegistered(V2AccountRegistered)
  case accountSignedIn(AccountSignedIn)
  case accountDisabled(AccountDisabled)
  case accountEnabled(AccountEnabled)
  case accountRoleChanged(AccountRoleChanged)

  case phonePINRequested(V3PhonePINRequested)
  case phonePINRejected(PhonePINRejected)
  case phoneVerified(PhoneVerified)
  case phoneRemoved(PhoneRemoved)
  case phonePINAccepted(PhonePINAccepted)
  case phonePINWithheld(PhonePINWithheld)
  case phonePINDispatched(PhonePINDispatched)

  case connectorCreated(ConnectorCreated)
  case connectorUpdated(ConnectorUpdated)
  case connectorSecretRotated(ConnectorSecretRotated)
  case connectorDeleted(ConnectorDeleted)
  case connectorScopesApproved(ConnectorScopesApproved)
  case connectorDeactivated(ConnectorDeactivated)
  case connectorActivated(ConnectorActivated)
  case connectorOldSecretEnded(ConnectorOldSecretEnded)

  case groupCreated(GroupCreated)
  case groupRenamed(GroupRenamed)
  case groupDeleted(GroupDeleted)
  case groupMemberAdded(GroupMemberAdded)
  case groupMemberRoleChanged(GroupMemberRoleChanged)
  case groupMemberRemoved(GroupMemberRemoved)
  case groupSubgroupAttached(GroupSubgroupAttached)
  case groupSubgroupDetached(GroupSubgroupDetached)
  case groupSubscriberAdded(GroupSubscriberAdded)
  case groupSubscriberRemoved(GroupSubscriberRemoved)
  case groupInvitationAccepted(GroupInvitationAccepted)

  case permissionGranted(PermissionGranted)
  case permissionRevoked(PermissionRevoked)

  case refreshTokenIssued(RefreshTokenIssued)
  case refreshTokenRotated(RefreshTokenRotated)
  case refreshTokenReuseDetected(RefreshTokenReuseDetected)

  case authorizationCodeIssued(AuthorizationCodeIssued)
  case authorizationCodeRedeemed(AuthorizationCodeRedeemed)

  case tokenIssued(V3TokenIssued)
  case tokenRevoked(TokenRevoked)

  case webhookRegistered(WebhookRegistered)
  case webhookUpdated(WebhookUpdated)
  case webhookDisabled(WebhookDisabled)
  case webhookDeleted(WebhookDeleted)

  case keyRotated(KeyRotated)
  case keyDropped(KeyDropped)

  case signingKeyRotated(SigningKeyRotated)
  case masterKeyRotated(MasterKeyRotated)
  case oversightConfigured(OversightConfigured)
  case personalDataRevealed(PersonalDataRevealed)
  case proposalMade(ProposalMade)
  case proposalDecided(ProposalDecided)

  case subjectErased(SubjectErased)

  case accountSignedOut(AccountSignedOut)
  case accountSignInRefused(AccountSignInRefused)
  case permissionReviewed(PermissionReviewed)
  case authorizationRefused(AuthorizationRefused)

  case resourceServerCreated(ResourceServerCreated)
  case resourceServerSecretRotated(ResourceServerSecretRotated)
  case resourceServerDeleted(ResourceServerDeleted)
  case tokenLeakReported(TokenLeakReported)

  case eventNamespaceRegistered(EventNamespaceRegistered)
  case eventNamespaceExtended(EventNamespaceExtended)
  case customRecorded(CustomRecorded)

  /// The type of the event.
  public var type: EventType {
    switch self {
    case .ledgerCreated: .ledgerCreated
    case .ledgerRestored: .ledgerRestored
    case .retentionApplied: .retentionApplied
    case .clockCorrected: .clockCorrected
    case .accountRegistered: .accountRegistered
    case .accountSignedIn: .accountSignedIn
    case .accountDisabled: .accountDisabled
    case .accountEnabled: .accountEnabled
    case .accountRoleChanged: .accountRoleChanged
    case .phonePINRequested: .phonePINRequested
    case .phonePINRejected: .phonePINRejected
    case .phoneVerified: .phoneVerified
    case .phoneRemoved: .phoneRemoved
    case .phonePINAccepted: .phonePINAccepted
    case .phonePINWithheld: .phonePINWithheld
    case .phonePINDispatched: .phonePINDispatched
    case .connectorCreated: .connectorCreated
    case .connectorUpdated: .connectorUpdated
    case .connectorSecretRotated: .connectorSecretRotated
    case .connectorDeleted: .connectorDeleted
    case .connectorScopesApproved: .connectorScopesApproved
    case .connectorDeactivated: .connectorDeactivated
    case .connectorActivated: .connectorActivated
    case .connectorOldSecretEnded: .connectorOldSecretEnded
    case .groupCreated: .groupCreated
    case .groupRenamed: .groupRenamed
    case .groupDeleted: .groupDeleted
    case .groupMemberAdded: .groupMemberAdded
    case .groupMemberRoleChanged: .groupMemberRoleChanged
    case .groupMemberRemoved: .groupMemberRemoved
    case .groupSubgroupAttached: .groupSubgroupAttached
    case .groupSubgroupDetached: .groupSubgroupDetached
    case .groupSubscriberAdded: .groupSubscriberAdded
    case .groupSubscriberRemoved: .groupSubscriberRemoved
    case .groupInvitationAccepted: .groupInvitationAccepted
    case .permissionGranted: .permissionGranted
    case .permissionRevoked: .permissionRevoked
    case .refreshTokenIssued: .refreshTokenIssued
    case .refreshTokenRotated: .refreshTokenRotated
    case .refreshTokenReuseDetected: .refreshTokenReuseDetected
    case .authorizationCodeIssued: .authorizationCodeIssued
    case .authorizationCodeRedeemed: .authorizationCodeRedeemed
    case .tokenIssued: .tokenIssued
    case .tokenRevoked: .tokenRevoked
    case .webhookRegistered: .webhookRegistered
    case .webhookUpdated: .webhookUpdated
    case .webhookDisabled: .webhookDisabled
    case .webhookDeleted: .webhookDeleted
    case .keyRotated: .keyRotated
    case .keyDropped: .keyDropped
    case .signingKeyRotated: .signingKeyRotated
    case .masterKeyRotated: .masterKeyRotated
    case .oversightConfigured: .oversightConfigured
    case .personalDataRevealed: .personalDataRevealed
    case .proposalMade: .proposalMade
    case .proposalDecided: .proposalDecided
    case .subjectErased: .subjectErased
    case .accountSignedOut: .accountSignedOut
    case .accountSignInRefused: .accountSignInRefused
    case .permissionReviewed: .permissionReviewed
    case .authorizationRefused: .authorizationRefused
    case .resourceServerCreated: .resourceServerCreated
    case .resourceServerSecretRotated: .resourceServerSecretRotated
    case .resourceServerDeleted: .resourceServerDeleted
    case .tokenLeakReported: .tokenLeakReported
    case .eventNamespaceRegistered: .eventNamespaceRegistered
    case .eventNamespaceExtended: .eventNamespaceExtended
    case .customRecorded: .customRecorded
    }
  }
}
