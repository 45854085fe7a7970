import SwiftProtobuf

// Between events and the bytes of a record's payload. Protocol Buffers, as a ledger outlives its program: any language
// can read it, and fields that a program does not know survive its hands.

extension LedgerEvent {
  /// The payload in the type's current version (``EventType/currentVersion``).
  ///
  /// - Throws: ``EventCodingError`` with code `notEncodable` for a payload over 2 GB, thousands of times what a record
  ///   holds.
  public func encodedPayload() throws(EventCodingError) -> [UInt8] {
    switch self {
    case .ledgerCreated(let payload): try encode(payload)
    case .ledgerRestored(let payload): try encode(payload)
    case .retentionApplied(let payload): try encode(payload)
    case .clockCorrected(let payload): try encode(payload)
    case .accountRegistered(let payload): try encode(payload)
    case .accountSignedIn(let payload): try encode(payload)
    case .accountDisabled(let payload): try encode(payload)
    case .accountEnabled(let payload): try encode(payload)
    case .accountRoleChanged(let payload): try encode(payload)
    case .phonePINRequested(let payload): try encode(payload)
    case .phonePINRejected(let payload): try encode(payload)
    case .phoneVerified(let payload): try encode(payload)
    case .phoneRemoved(let payload): try encode(payload)
    case .phonePINAccepted(let payload): try encode(payload)
    case .phonePINWithheld(let payload): try encode(payload)
    case .phonePINDispatched(let payload): try encode(payload)
    case .connectorCreated(let payload): try encode(payload)
    case .connectorUpdated(let payload): try encode(payload)
    case .connectorSecretRotated(let payload): try encode(payload)
    case .connectorDeleted(let payload): try encode(payload)
    case .connectorScopesApproved(let payload): try encode(payload)
    case .connectorDeactivated(let payload): try encode(payload)
    case .connectorActivated(let payload): try encode(payload)
    case .connectorOldSecretEnded(let payload): try encode(payload)
    case .groupCreated(let payload): try encode(payload)
    case .groupRenamed(let payload): try encode(payload)
    case .groupDeleted(let payload): try encode(payload)
    case .groupMemberAdded(let payload): try encode(payload)
    case .groupMemberRoleChanged(let payload): try encode(payload)
    case .groupMemberRemoved(let payload): try encode(payload)
    case .groupSubgroupAttached(let payload): try encode(payload)
    case .groupSubgroupDetached(let payload): try encode(payload)
    case .groupSubscriberAdded(let payload): try encode(payload)
    case .groupSubscriberRemoved(let payload): try encode(payload)
    case .groupInvitationAccepted(let payload): try encode(payload)
    case .permissionGranted(let payload): try encode(payload)
    case .permissionRevoked(let payload): try encode(payload)
    case .refreshTokenIssued(let payload): try encode(payload)
    case .refreshTokenRotated(let payload): try encode(payload)
    case .refreshTokenReuseDetected(let payload): try encode(payload)
    case .authorizationCodeIssued(let payload): try encode(payload)
    case .authorizationCodeRedeemed(let payload): try encode(payload)
    case .tokenIssued(let payload): try encode(payload)
    case .tokenRevoked(let payload): try encode(payload)
    case .webhookRegistered(let payload): try encode(payload)
    case .webhookUpdated(let payload): try encode(payload)
    case .webhookDisabled(let payload): try encode(payload)
    case .webhookDeleted(let payload): try encode(payload)
    case .keyRotated(let payload): try encode(payload)
    case .keyDropped(let payload): try encode(payload)
    case .signingKeyRotated(let payload): try encode(payload)
    case .masterKeyRotated(let payload): try encode(payload)
    case .oversightConfigured(let payload): try encode(payload)
    case .personalDataRevealed(let payload): try encode(payload)
    case .proposalMade(let payload): try encode(payload)
    case .proposalDecided(let payload): try encode(payload)
    case .subjectErased(let payload): try encode(payload)
    case .accountSignedOut(let payload): try encode(payload)
    case .accountSignInRefused(let payload): try encode(payload)
    case .permissionReviewed(let payload): try encode(payload)
    case .authorizationRefused(let payload): try encode(payload)
    case .resourceServerCreated(let payload): try encode(payload)
    case .resourceServerSecretRotated(let payload): try encode(payload)
    case .resourceServerDeleted(let payload): try encode(payload)
    case .tokenLeakReported(let payload): try encode(payload)
    case .eventNamespaceRegistered(let payload): try encode(payload)
    case .eventNamespaceExtended(let payload): try encode(payload)
    case .customRecorded(let payload): try encode(payload)
    }
  }

  private func encode(_ payload: some Message) throws(EventCodingError) -> [UInt8] {
    do {
      return try payload.serializedBytes()
    } catch {
      throw EventCodingError(.notEncodable, type: type, "The payload of \(type) cannot be encoded: \(error).")
    }
  }

  /// Reads the event of a record.
  ///
  /// - Parameters:
  ///   - type: number of the event's type, from the record's header.
  ///   - version: version of the payload, from the record's header.
  ///   - payload: the record's payload. Nothing refers to it afterwards.
  ///   - position: position of the record, for the error.
  /// - Throws: ``EventCodingError`` with code `unknownType` or `newerVersion` where a later program wrote the record, and
  ///   `malformedPayload` where the bytes are not what type and version say.
  public static func decode(
    type: UInt16, version: UInt8, payload: RawSpan, position: UInt64
  ) throws(EventCodingError) -> LedgerEvent {
    let source = PayloadSource(type: EventType(rawValue: type), version: version, position: position)
    try source.checkVersion()
    switch source.type {
    case .ledgerCreated: return try .ledgerCreated(source.decode(payload))
    case .ledgerRestored: return try .ledgerRestored(source.decode(payload))
    case .retentionApplied: return try .retentionApplied(source.decode(payload))
    case .clockCorrected: return try .clockCorrected(source.decode(payload))
    case .accountRegistered: return try .accountRegistered(Upcasters.accountRegistered(payload, from: source))
    case .accountSignedIn: return try .accountSignedIn(source.decode(payload))
    case .accountDisabled: return try .accountDisabled(source.decode(payload))
    case .accountEnabled: return try .accountEnabled(source.decode(payload))
    case .accountRoleChanged: return try .accountRoleChanged(source.decode(payload))
    case .phonePINRequested: return try .phonePINRequested(Upcasters.phonePINRequested(payload, from: source))
    case .phonePINRejected: return try .phonePINRejected(source.decode(payload))
    case .phoneVerified: return try .phoneVerified(source.decode(payload))
    case .phoneRemoved: return try .phoneRemoved(source.decode(payload))
    case .phonePINAccepted: return try .phonePINAccepted(source.decode(payload))
    case .phonePINWithheld: return try .phonePINWithheld(source.decode(payload))
    case .phonePINDispatched: return try .phonePINDispatched(source.decode(payload))
    case .connectorCreated: return try .connectorCreated(source.decode(payload))
    case .connectorUpdated: return try .connectorUpdated(source.decode(payload))
    case .connectorSecretRotated: return try .connectorSecretRotated(source.decode(payload))
    case .connectorDeleted: return try .connectorDeleted(source.decode(payload))
    case .connectorScopesApproved: return try .connectorScopesApproved(source.decode(payload))
    case .connectorDeactivated: return try .connectorDeactivated(source.decode(payload))
    case .connectorActivated: return try .connectorActivated(source.decode(payload))
    case .connectorOldSecretEnded: return try .connectorOldSecretEnded(source.decode(payload))
    case .groupCreated: return try .groupCreated(source.decode(payload))
    case .groupRenamed: return try .groupRenamed(source.decode(payload))
    case .groupDeleted: return try .groupDeleted(source.decode(payload))
    case .groupMemberAdded: return try .groupMemberAdded(source.decode(payload))
    case .groupMemberRoleChanged: return try .groupMemberRoleChanged(source.decode(payload))
    case .groupMemberRemoved: return try .groupMemberRemoved(source.decode(payload))
    case .groupSubgroupAttached: return try .groupSubgroupAttached(source.decode(payload))
    case .groupSubgroupDetached: return try .groupSubgroupDetached(source.decode(payload))
    case .groupSubscriberAdded: return try .groupSubscriberAdded(source.decode(payload))
    case .groupSubscriberRemoved: return try .groupSubscriberRemoved(source.decode(payload))
    case .groupInvitationAccepted: return try .groupInvitationAccepted(source.decode(payload))
    case .permissionGranted: return try .permissionGranted(source.decode(payload))
    case .permissionRevoked: return try .permissionRevoked(source.decode(payload))
    case .refreshTokenIssued: return try .refreshTokenIssued(source.decode(payload))
    case .refreshTokenRotated: return try .refreshTokenRotated(source.decode(payload))
    case .refreshTokenReuseDetected: return try .refreshTokenReuseDetected(source.decode(payload))
    case .authorizationCodeIssued: return try .authorizationCodeIssued(source.decode(payload))
    case .authorizationCodeRedeemed: return try .authorizationCodeRedeemed(source.decode(payload))
    case .tokenIssued: return try .tokenIssued(Upcasters.tokenIssued(payload, from: source))
    case .tokenRevoked: return try .tokenRevoked(source.decode(payload))
    case .webhookRegistered: return try .webhookRegistered(source.decode(payload))
    case .webhookUpdated: return try .webhookUpdated(source.decode(payload))
    case .webhookDisabled: return try .webhookDisabled(source.decode(payload))
    case .webhookDeleted: return try .webhookDeleted(source.decode(payload))
    case .keyRotated: return try .keyRotated(source.decode(payload))
    case .keyDropped: return try .keyDropped(source.decode(payload))
    case .signingKeyRotated: return try .signingKeyRotated(source.decode(payload))
    case .masterKeyRotated: return try .masterKeyRotated(source.decode(payload))
    case .oversightConfigured: return try .oversightConfigured(source.decode(payload))
    case .personalDataRevealed: return try .personalDataRevealed(source.decode(payload))
    case .proposalMade: return try .proposalMade(source.decode(payload))
    case .proposalDecided: return try .proposalDecided(source.decode(payload))
    case .subjectErased: return try .subjectErased(source.decode(payload))
    case .accountSignedOut: return try .accountSignedOut(source.decode(payload))
    case .accountSignInRefused: return try .accountSignInRefused(source.decode(payload))
    case .permissionReviewed: return try .permissionReviewed(source.decode(payload))
    case .authorizationRefused: return try .authorizationRefused(source.decode(payload))
    case .resourceServerCreated: return try .resourceServerCreated(source.decode(payload))
    case .resourceServerSecretRotated: return try .resourceServerSecretRotated(source.decode(payload))
    case .resourceServerDeleted: return try .resourceServerDeleted(source.decode(payload))
    case .tokenLeakReported: return try .tokenLeakReported(source.decode(payload))
    case .eventNamespaceRegistered: return try .eventNamespaceRegistered(source.decode(payload))
    case .eventNamespaceExtended: return try .eventNamespaceExtended(source.decode(payload))
    case .customRecorded: return try .customRecorded(source.decode(payload))
    default: throw source.unknownType
    }
  }
}
