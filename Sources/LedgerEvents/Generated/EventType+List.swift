// Tools/generate-events wrote this file from Schemas/events/list.txt. Changes belong there.

extension EventType {
  public static let ledgerCreated = EventType(rawValue: 1)
  public static let ledgerRestored = EventType(rawValue: 2)
  public static let retentionApplied = EventType(rawValue: 3)
  public static let clockCorrected = EventType(rawValue: 4)
  public static let accountRegistered = EventType(rawValue: 10)
  public static let accountSignedIn = EventType(rawValue: 11)
  public static let accountDisabled = EventType(rawValue: 12)
  public static let accountEnabled = EventType(rawValue: 13)
  public static let accountRoleChanged = EventType(rawValue: 14)
  public static let phonePINRequested = EventType(rawValue: 20)
  public static let phonePINRejected = EventType(rawValue: 21)
  public static let phoneVerified = EventType(rawValue: 22)
  public static let phoneRemoved = EventType(rawValue: 23)
  public static let phonePINAccepted = EventType(rawValue: 24)
  public static let connectorCreated = EventType(rawValue: 30)
  public static let connectorUpdated = EventType(rawValue: 31)
  public static let connectorSecretRotated = EventType(rawValue: 32)
  public static let connectorDeleted = EventType(rawValue: 33)
  public static let connectorScopesApproved = EventType(rawValue: 34)
  public static let groupCreated = EventType(rawValue: 40)
  public static let groupRenamed = EventType(rawValue: 41)
  public static let groupDeleted = EventType(rawValue: 42)
  public static let groupMemberAdded = EventType(rawValue: 43)
  public static let groupMemberRoleChanged = EventType(rawValue: 44)
  public static let groupMemberRemoved = EventType(rawValue: 45)
  public static let groupSubgroupAttached = EventType(rawValue: 46)
  public static let groupSubgroupDetached = EventType(rawValue: 47)
  public static let groupSubscriberAdded = EventType(rawValue: 48)
  public static let groupSubscriberRemoved = EventType(rawValue: 49)
  public static let permissionGranted = EventType(rawValue: 50)
  public static let permissionRevoked = EventType(rawValue: 51)
  public static let phonePINWithheld = EventType(rawValue: 53)
  public static let groupInvitationAccepted = EventType(rawValue: 54)
  public static let refreshTokenIssued = EventType(rawValue: 60)
  public static let refreshTokenRotated = EventType(rawValue: 61)
  public static let refreshTokenReuseDetected = EventType(rawValue: 62)
  public static let authorizationCodeIssued = EventType(rawValue: 65)
  public static let authorizationCodeRedeemed = EventType(rawValue: 66)
  public static let tokenIssued = EventType(rawValue: 70)
  public static let tokenRevoked = EventType(rawValue: 71)
  public static let webhookRegistered = EventType(rawValue: 80)
  public static let webhookUpdated = EventType(rawValue: 81)
  public static let webhookDisabled = EventType(rawValue: 82)
  public static let webhookDeleted = EventType(rawValue: 83)
  public static let keyRotated = EventType(rawValue: 88)
  public static let keyDropped = EventType(rawValue: 89)
  public static let signingKeyRotated = EventType(rawValue: 90)
  public static let masterKeyRotated = EventType(rawValue: 91)
  public static let oversightConfigured = EventType(rawValue: 92)
  public static let personalDataRevealed = EventType(rawValue: 93)
  public static let proposalMade = EventType(rawValue: 94)
  public static let proposalDecided = EventType(rawValue: 95)
  public static let connectorDeactivated = EventType(rawValue: 96)
  public static let connectorActivated = EventType(rawValue: 97)
  public static let connectorOldSecretEnded = EventType(rawValue: 98)
  public static let subjectErased = EventType(rawValue: 100)
  public static let phonePINDispatched = EventType(rawValue: 102)
  public static let accountSignedOut = EventType(rawValue: 103)
  public static let accountSignInRefused = EventType(rawValue: 104)
  public static let permissionReviewed = EventType(rawValue: 105)
  public static let eventNamespaceRegistered = EventType(rawValue: 106)
  public static let customRecorded = EventType(rawValue: 107)
  public static let resourceServerCreated = EventType(rawValue: 108)
  public static let resourceServerSecretRotated = EventType(rawValue: 109)
  public static let resourceServerDeleted = EventType(rawValue: 110)
  public static let tokenLeakReported = EventType(rawValue: 111)
  public static let eventNamespaceExtended = EventType(rawValue: 112)
  public static let authorizationRefused = EventType(rawValue: 114)

  /// The version in which events of this type are written; those before it can still be read. Nil for a type that this
  /// program does not know.
  public var currentVersion: UInt8? {
    switch self {
    case .accountRegistered: 2
    case .phonePINRequested, .tokenIssued: 3
    default: name == nil ? nil : 1
    }
  }

  /// Each type with its name, in the order of the numbers.
  static let registry: [(type: EventType, name: String)] = [
    (.ledgerCreated, "ledger.created"),
    (.ledgerRestored, "ledger.restored"),
    (.retentionApplied, "retention.applied"),
    (.clockCorrected, "clock.corrected"),
    (.accountRegistered, "account.registered"),
    (.accountSignedIn, "account.signed_in"),
    (.accountDisabled, "account.disabled"),
    (.accountEnabled, "account.enabled"),
    (.accountRoleChanged, "account.role_changed"),
    (.phonePINRequested, "phone.pin_requested"),
    (.phonePINRejected, "phone.pin_rejected"),
    (.phoneVerified, "phone.verified"),
    (.phoneRemoved, "phone.removed"),
    (.phonePINAccepted, "phone.pin_accepted"),
    (.connectorCreated, "connector.created"),
    (.connectorUpdated, "connector.updated"),
    (.connectorSecretRotated, "connector.secret_rotated"),
    (.connectorDeleted, "connector.deleted"),
    (.connectorScopesApproved, "connector.scopes_approved"),
    (.groupCreated, "group.created"),
    (.groupRenamed, "group.renamed"),
    (.groupDeleted, "group.deleted"),
    (.groupMemberAdded, "group.member_added"),
    (.groupMemberRoleChanged, "group.member_role_changed"),
    (.groupMemberRemoved, "group.member_removed"),
    (.groupSubgroupAttached, "group.subgroup_attached"),
    (.groupSubgroupDetached, "group.subgroup_detached"),
    (.groupSubscriberAdded, "group.subscriber_added"),
    (.groupSubscriberRemoved, "group.subscriber_removed"),
    (.permissionGranted, "permission.granted"),
    (.permissionRevoked, "permission.revoked"),
    (.phonePINWithheld, "phone.pin_withheld"),
    (.groupInvitationAccepted, "group.invitation_accepted"),
    (.refreshTokenIssued, "refresh_token.issued"),
    (.refreshTokenRotated, "refresh_token.rotated"),
    (.refreshTokenReuseDetected, "refresh_token.reuse_detected"),
    (.authorizationCodeIssued, "authorization_code.issued"),
    (.authorizationCodeRedeemed, "authorization_code.redeemed"),
    (.tokenIssued, "token.issued"),
    (.tokenRevoked, "token.revoked"),
    (.webhookRegistered, "webhook.registered"),
    (.webhookUpdated, "webhook.updated"),
    (.webhookDisabled, "webhook.disabled"),
    (.webhookDeleted, "webhook.deleted"),
    (.keyRotated, "key.rotated"),
    (.keyDropped, "key.dropped"),
    (.signingKeyRotated, "signing_key.rotated"),
    (.masterKeyRotated, "master_key.rotated"),
    (.oversightConfigured, "oversight.configured"),
    (.personalDataRevealed, "personal_data.revealed"),
    (.proposalMade, "proposal.made"),
    (.proposalDecided, "proposal.decided"),
    (.connectorDeactivated, "connector.deactivated"),
    (.connectorActivated, "connector.activated"),
    (.connectorOldSecretEnded, "connector.old_secret_ended"),
    (.subjectErased, "subject.erased"),
    (.phonePINDispatched, "phone.pin_dispatched"),
    (.accountSignedOut, "account.signed_out"),
    (.accountSignInRefused, "account.sign_in_refused"),
    (.permissionReviewed, "permission.reviewed"),
    (.eventNamespaceRegistered, "event_namespace.registered"),
    (.customRecorded, "custom.recorded"),
    (.resourceServerCreated, "resource_server.created"),
    (.resourceServerSecretRotated, "resource_server.secret_rotated"),
    (.resourceServerDeleted, "resource_server.deleted"),
    (.tokenLeakReported, "token.leak_reported"),
    (.eventNamespaceExtended, "event_namespace.extended"),
    (.authorizationRefused, "authorization.refused"),
  ]
}
