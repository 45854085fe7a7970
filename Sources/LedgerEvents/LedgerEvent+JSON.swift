import SwiftProtobuf

extension LedgerEvent {
  /// The payload as JSON on one line, as Protocol Buffers have it: members by their names in the schema in camel case,
  /// 64-bit numbers as strings, bytes in base 64, what has its default left out. The record's bytes cannot be made from
  /// it: fields that this program does not know are not in it.
  ///
  /// ```swift
  /// let text = String(decoding: try event.payloadJSON(), as: UTF8.self)
  /// ```
  ///
  /// - Throws: ``EventCodingError`` with code `notEncodable` for text that is no Unicode.
  public func payloadJSON() throws(EventCodingError) -> [UInt8] {
    switch self {
    case .ledgerCreated(let payload): try json(payload)
    case .ledgerRestored(let payload): try json(payload)
    case .retentionApplied(let payload): try json(payload)
    case .clockCorrected(let payload): try json(payload)
    case .accountRegistered(let payload): try json(payload)
    case .accountSignedIn(let payload): try json(payload)
    case .accountDisabled(let payload): try json(payload)
    case .accountEnabled(let payload): try json(payload)
    case .accountRoleChanged(let payload): try json(payload)
    case .phonePINRequested(let payload): try json(payload)
    case .phonePINRejected(let payload): try json(payload)
    case .phoneVerified(let payload): try json(payload)
    case .phoneRemoved(let payload): try json(payload)
    case .phonePINAccepted(let payload): try json(payload)
    case .phonePINWithheld(let payload): try json(payload)
    case .phonePINDispatched(let payload): try json(payload)
    case .connectorCreated(let payload): try json(payload)
    case .connectorUpdated(let payload): try json(payload)
    case .connectorSecretRotated(let payload): try json(payload)
    case .connectorDeleted(let payload): try json(payload)
    case .connectorScopesApproved(let payload): try json(payload)
    case .connectorDeactivated(let payload): try json(payload)
    case .connectorActivated(let payload): try json(payload)
    case .connectorOldSecretEnded(let payload): try json(payload)
    case .groupCreated(let payload): try json(payload)
    case .groupRenamed(let payload): try json(payload)
    case .groupDeleted(let payload): try json(payload)
    case .groupMemberAdded(let payload): try json(payload)
    case .groupMemberRoleChanged(let payload): try json(payload)
    case .groupMemberRemoved(let payload): try json(payload)
    case .groupSubgroupAttached(let payload): try json(payload)
    case .groupSubgroupDetached(let payload): try json(payload)
    case .groupSubscriberAdded(let payload): try json(payload)
    case .groupSubscriberRemoved(let payload): try json(payload)
    case .groupInvitationAccepted(let payload): try json(payload)
    case .permissionGranted(let payload): try json(payload)
    case .permissionRevoked(let payload): try json(payload)
    case .refreshTokenIssued(let payload): try json(payload)
    case .refreshTokenRotated(let payload): try json(payload)
    case .refreshTokenReuseDetected(let payload): try json(payload)
    case .authorizationCodeIssued(let payload): try json(payload)
    case .authorizationCodeRedeemed(let payload): try json(payload)
    case .tokenIssued(let payload): try json(payload)
    case .tokenRevoked(let payload): try json(payload)
    case .webhookRegistered(let payload): try json(payload)
    case .webhookUpdated(let payload): try json(payload)
    case .webhookDisabled(let payload): try json(payload)
    case .webhookDeleted(let payload): try json(payload)
    case .keyRotated(let payload): try json(payload)
    case .keyDropped(let payload): try json(payload)
    case .signingKeyRotated(let payload): try json(payload)
    case .masterKeyRotated(let payload): try json(payload)
    case .oversightConfigured(let payload): try json(payload)
    case .personalDataRevealed(let payload): try json(payload)
    case .proposalMade(let payload): try json(payload)
    case .proposalDecided(let payload): try json(payload)
    case .subjectErased(let payload): try json(payload)
    case .accountSignedOut(let payload): try json(payload)
    case .accountSignInRefused(let payload): try json(payload)
    case .permissionReviewed(let payload): try json(payload)
    case .authorizationRefused(let payload): try json(payload)
    case .resourceServerCreated(let payload): try json(payload)
    case .resourceServerSecretRotated(let payload): try json(payload)
    case .resourceServerDeleted(let payload): try json(payload)
    case .tokenLeakReported(let payload): try json(payload)
    case .eventNamespaceRegistered(let payload): try json(payload)
    case .eventNamespaceExtended(let payload): try json(payload)
    case .customRecorded(let payload): try json(payload)
    }
  }

  private func json(_ payload: some Message) throws(EventCodingError) -> [UInt8] {
    do {
      return try payload.jsonUTF8Bytes()
    } catch {
      throw EventCodingError(.notEncodable, type: type, "The payload of \(type) cannot be written as JSON: \(error).")
    }
  }
}
