import EventLog
import LedgerCrypto
import LedgerDomain
import LedgerEvents

/// What an event does to the standing of one object. A function of the event alone, so that the projection and the
/// explanations of the past use the same rules.
enum StandingEffect {
  case make(Standing)
  /// The first event that stops an object is the one that counts.
  case stop
  /// What was stopped starts again.
  case resume
  /// Everything older that depends on it stops for good.
  case raiseFloor
  case allow(Scopes)
  /// What passes changes, and the tokens that a connector got for itself stop for good.
  case allowWithoutOwnTokens(Scopes)
  case succeed(until: Timestamp)

  /// Whether it may take validity away: everything but what makes, widens, narrows or resumes.
  var stops: Bool {
    switch self {
    case .stop, .raiseFloor, .allowWithoutOwnTokens, .succeed: true
    case .make, .resume, .allow: false
    }
  }

  /// Brings a standing from the state before the event at a position to the state after it.
  func apply(to standing: inout Standing, at position: PositionNumber) {
    switch self {
    case .make(let made): standing = made
    case .stop: if standing.stoppedBy == 0 { standing.stoppedBy = position }
    case .resume: standing.stoppedBy = 0
    case .raiseFloor: standing.floor = position
    case .allow(let scopes): standing.scopes = scopes
    case .allowWithoutOwnTokens(let scopes):
      standing.scopes = scopes
      standing.ownTokensStoppedBy = position
    case .succeed(let until):
      standing.credential?.successor = position
      standing.credential?.acceptedUntil = until
    }
  }

  /// Calls `body` with the number of each object that the event concerns in this way, and the effect.
  static func forEach(
    of event: LedgerEvent, at position: PositionNumber, _ body: (UInt64, StandingEffect) throws(LogError) -> Void
  ) throws(LogError) {
    switch event {
    // What makes an object.
    case .tokenIssued(let event):
      var credential = try credential(event.digest, event.expiresAt, position)
      if !event.keyThumbprint.isEmpty { credential.keyThumbprint = try Digest(of: event.keyThumbprint, at: position) }
      var token = Standing(
        .token, scopes: Scopes(rawValue: event.scopes), on: event.family == 0 ? event.connector : event.family,
        credential: credential)
      if !event.audiences.isEmpty { token.audiences = try Audiences(of: event.audiences, at: position) }
      try body(position, .make(token))
    case .accountRegistered(let event):
      try body(position, .make(Standing(.account, scopes: event.role.grantableScopes)))
    case .phoneVerified: try body(position, .make(Standing(.phone)))
    case .connectorCreated(let event):
      try body(
        position,
        .make(Standing(.connector, scopes: Scopes(rawValue: event.details.scopes).approved([]), on: event.owner)))
    case .groupCreated: try body(position, .make(Standing(.group)))
    case .groupMemberAdded(let event): try body(position, .make(Standing(.membership, on: event.group)))
    case .permissionGranted(let event):
      try body(
        position,
        .make(
          Standing(
            .grant, scopes: Scopes(rawValue: event.scopes), on: event.connector, event.granter, event.membership,
            event.phone)))
    case .refreshTokenIssued(let event):
      let credential = try credential(event.digest, event.expiresAt, position)
      var family = Standing(.family, on: event.grant, credential: credential)
      if !event.audiences.isEmpty { family.audiences = try Audiences(of: event.audiences, at: position) }
      try body(position, .make(family))
      if event.supersedes != 0 { try body(event.supersedes, .stop) }
    case .refreshTokenRotated(let event):
      let credential = try credential(event.digest, event.expiresAt, position)
      try body(position, .make(Standing(.family, on: event.family, credential: credential)))
      try body(event.predecessor, .succeed(until: Timestamp(milliseconds: event.predecessorUntil)))

    // What stops one, or starts it again.
    case .accountDisabled(let event): try body(event.account, .stop)
    case .accountEnabled(let event): try body(event.account, .resume)
    case .accountRoleChanged(let event): try body(event.account, .allow(event.after.grantableScopes))
    case .phoneRemoved(let event): try body(event.phone, .stop)
    case .connectorUpdated(let event):
      let approved = Scopes(rawValue: event.approved)
      let scopes = Scopes(rawValue: event.after.scopes).approved(approved)
      // Tokens of its own that it got until then do not come back where it is allowed to get some again.
      let stopsOwn = event.before.clientCredentials && !event.after.clientCredentials
      try body(event.connector, stopsOwn ? .allowWithoutOwnTokens(scopes) : .allow(scopes))
    case .connectorScopesApproved(let event): try body(event.connector, .allow(Scopes(rawValue: event.scopes)))
    case .connectorDeactivated(let event): try body(event.connector, .stop)
    case .connectorActivated(let event): try body(event.connector, .resume)
    case .connectorDeleted(let event): try body(event.connector, .stop)
    case .groupDeleted(let event): try body(event.group, .stop)
    case .groupMemberRoleChanged(let event):
      // Grants that an admin gave stop when the admin is no longer one, and do not come back with the role.
      if event.before == .admin { try body(event.membership, .raiseFloor) }
    case .groupMemberRemoved(let event): try body(event.membership, .stop)
    case .permissionRevoked(let event): try body(event.grant, .stop)
    case .refreshTokenReuseDetected(let event): try body(event.family, .stop)
    case .tokenRevoked(let event):
      switch event.reach {
      case .token, .family: try body(event.target, .stop)
      case .connector, .account: try body(event.target, .raiseFloor)
      case .unspecified, .UNRECOGNIZED:
        throw LogError(
          .unreadableEvent, "the reach of the revocation is not known; upgrade the program", at: position)
      }
    case .subjectErased(let event):
      if event.account != 0 { try body(event.account, .stop) }

    case .ledgerCreated, .ledgerRestored, .retentionApplied, .clockCorrected, .accountSignedIn, .phonePINRequested,
      .phonePINRejected, .connectorSecretRotated, .connectorOldSecretEnded, .groupRenamed, .groupSubgroupAttached,
      .groupSubgroupDetached,
      .webhookRegistered, .webhookUpdated, .webhookDisabled, .webhookDeleted, .keyRotated, .keyDropped,
      .signingKeyRotated, .masterKeyRotated, .oversightConfigured, .personalDataRevealed, .proposalMade,
      .proposalDecided,
      .phonePINAccepted, .phonePINWithheld, .phonePINDispatched, .groupSubscriberAdded, .groupSubscriberRemoved,
      .groupInvitationAccepted, .authorizationCodeIssued, .authorizationCodeRedeemed,
      .resourceServerCreated, .resourceServerSecretRotated, .resourceServerDeleted, .tokenLeakReported,
      .accountSignedOut,
      .accountSignInRefused, .permissionReviewed, .authorizationRefused, .eventNamespaceRegistered,
      .eventNamespaceExtended, .customRecorded:
      break
    }
  }

  private static func credential(
    _ digest: some Collection<UInt8>, _ expiresAt: Int64, _ position: PositionNumber
  ) throws(LogError) -> Standing.Credential {
    Standing.Credential(
      digest: try Digest(of: digest, at: position), expiresAt: Timestamp(milliseconds: expiresAt))
  }
}
