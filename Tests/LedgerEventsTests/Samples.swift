import LedgerEvents
import SwiftProtobuf
import Testing

/// An event with every field set to a fixed value, and its payload as a program of some version wrote it.
struct Sample {
  let type: EventType
  let version: UInt8
  /// What the payload means today.
  let event: LedgerEvent
  /// The payload as that version writes it.
  let payload: [UInt8]
  /// The message's full name in the schemas.
  let message: String
  /// What the sample has beyond the first of its type and version: fields that the version got later. Else empty.
  let addition: String

  /// The name of the golden file.
  var fileName: String { "\(type).v\(version)\(addition.isEmpty ? "" : ".\(addition)").hex" }

  /// An event in its current version.
  init(_ event: LedgerEvent, adding addition: String = "") throws {
    let payload = try #require(Mirror(reflecting: event).children.first?.value as? any Message)
    let version = try #require(event.type.currentVersion)
    try self.init(event.type, version: version, payload, means: event, adding: addition)
  }

  /// An event in an older version.
  init(
    _ type: EventType, version: UInt8, _ payload: any Message, means event: LedgerEvent, adding addition: String = ""
  ) throws {
    self.type = type
    self.version = version
    self.event = event
    self.payload = try payload.serializedBytes()
    message = Swift.type(of: payload).protoMessageName
    self.addition = addition
  }
}

extension Sample {
  /// One sample for each version of each type. A new type or version adds one, and so does a field that a version gets
  /// later (`adding:` its name): what stands here is never changed.
  static func all() throws -> [Sample] {
    var samples = try (current + authority).map { try Sample($0) }
    samples.append(try Sample(.webhookRegistered(webhook(family: 20)), adding: "family"))
    return try samples + earlierVersions() + laterFields()
  }

  static let current: [LedgerEvent] = [
    .ledgerCreated(
      .with {
        $0.origin = "ledger.example.org"
        $0.verifyingKey = bytes(32, from: 1)
      }),
    .ledgerRestored(
      .with {
        $0.events = 41_000
        $0.root = bytes(32, from: 2)
      }),
    .retentionApplied(
      .with {
        $0.expiredBy = 1_692_224_000_000
        $0.olderThan = 7_776_000_000
        $0.segment = 3
        $0.segmentFirst = 2_097_153
        $0.segmentLast = 3_145_728
        $0.root = bytes(32, from: 9)
        $0.first = 2_097_160
        $0.lengths = [9_000, 40, 1_000]
        $0.records = 10_000
        $0.bytes = 901_000
      }),
    .clockCorrected(
      .with {
        $0.from = 1_700_003_600_000
        $0.to = 1_700_000_000_000
        $0.reason = .confirmed
        $0.first = 41_001
        $0.ahead = 3_601_500
      }),
    .accountRegistered(registered(userAgent: sealed(33))),
    .accountSignedIn(
      .with {
        $0.account = 11
        $0.userAgent = sealed(6)
        $0.name = sealed(7)
        $0.email = sealed(8)
      }),
    .accountDisabled(
      .with {
        $0.account = 11
        $0.reason = "left the organisation"
      }),
    .accountEnabled(.with { $0.account = 11 }),
    .accountRoleChanged(
      .with {
        $0.account = 11
        $0.before = .user
        $0.after = .auditor
      }),
    .phonePINRequested(pinRequested),
    .phonePINRejected(
      .with {
        $0.account = 11
        $0.challenge = 12
        $0.triesLeft = 4
      }),
    .phoneVerified(
      .with {
        $0.account = 11
        $0.challenge = 12
        $0.number = sealed(9)
        $0.memberships = [16, 28]
      }),
    .phoneRemoved(
      .with {
        $0.phone = 13
        $0.account = 11
      }),
    .phonePINAccepted(
      .with {
        $0.account = 11
        $0.challenge = 12
        $0.connector = 14
      }),
    .groupInvitationAccepted(
      .with {
        $0.group = 15
        $0.membership = 16
        $0.account = 11
        $0.phone = 13
      }),
    .phonePINDispatched(
      .with {
        $0.account = 11
        $0.challenge = 12
        $0.attempts = 4
        $0.failure = .unreachable
        $0.status = 503
      }),
    .phonePINWithheld(
      .with {
        $0.connector = 14
        $0.unauthenticated = true
      }),
    .connectorCreated(
      .with {
        $0.owner = 11
        $0.publicID = bytes(16, from: 10)
        $0.secretDigest = bytes(32, from: 11)
        $0.details = details("Rota", lifetime: 3600)
      }),
    .connectorUpdated(
      .with {
        $0.connector = 14
        $0.before = details("Rota", lifetime: 3600)
        $0.after = details("Shifts", lifetime: 7200)
      }),
    .connectorSecretRotated(
      .with {
        $0.connector = 14
        $0.secretDigest = bytes(32, from: 12)
        $0.previousSecret = 14
        $0.previousExpiresAt = 1_767_225_600_000
      }),
    .connectorDeleted(.with { $0.connector = 14 }),
    .groupCreated(
      .with {
        $0.publicID = bytes(16, from: 13)
        $0.name = "Field staff"
        $0.kind = .connectGroup
        $0.creator = 11
        $0.welcomeMessage = "Welcome! ¡Hola! 你好"
      }),
    .groupRenamed(
      .with {
        $0.group = 15
        $0.before = "Field staff"
        $0.after = "Field"
      }),
    .groupDeleted(.with { $0.group = 15 }),
    .groupMemberAdded(
      .with {
        $0.group = 15
        $0.account = 11
        $0.number = sealed(14)
        $0.role = .admin
      }),
    .groupMemberRoleChanged(
      .with {
        $0.group = 15
        $0.membership = 16
        $0.account = 11
        $0.before = .admin
        $0.after = .member
      }),
    .groupMemberRemoved(
      .with {
        $0.group = 15
        $0.membership = 16
        $0.account = 11
      }),
    .groupSubgroupAttached(
      .with {
        $0.group = 15
        $0.subgroup = 17
      }),
    .groupSubgroupDetached(
      .with {
        $0.group = 15
        $0.subgroup = 17
      }),
    .groupSubscriberAdded(
      .with {
        $0.group = 15
        $0.account = 11
        $0.number = sealed(14)
      }),
    .groupSubscriberRemoved(
      .with {
        $0.group = 15
        $0.subscription = 29
        $0.account = 11
      }),
    .permissionGranted(
      .with {
        $0.connector = 14
        $0.granter = 11
        $0.group = 15
        $0.membership = 16
        $0.phone = 13
        $0.scopes = 0x1FF_FFFF
      }),
    .permissionRevoked(
      .with {
        $0.grant = 18
        $0.connector = 14
        $0.group = 15
        $0.granter = 11
      }),
    .refreshTokenIssued(
      .with {
        $0.grant = 18
        $0.connector = 14
        $0.group = 15
        $0.granter = 11
        $0.digest = bytes(32, from: 15)
        $0.expiresAt = 1_798_761_600_000
        $0.supersedes = 19
      }),
    .refreshTokenRotated(
      .with {
        $0.family = 20
        $0.grant = 18
        $0.connector = 14
        $0.group = 15
        $0.predecessor = 21
        $0.digest = bytes(32, from: 16)
        $0.expiresAt = 1_798_761_600_000
        $0.predecessorUntil = 1_767_225_660_000
      }),
    .refreshTokenReuseDetected(
      .with {
        $0.family = 20
        $0.grant = 18
        $0.connector = 14
        $0.group = 15
        $0.token = 21
      }),
    .authorizationCodeIssued(
      .with {
        $0.connector = 14
        $0.account = 11
        $0.redirectUri = "https://rota.example.org/signed-in"
        $0.codeChallenge = bytes(32, from: 31)
        $0.digest = bytes(32, from: 32)
        $0.expiresAt = 1_767_225_660_000
      }),
    .authorizationCodeRedeemed(
      .with {
        $0.code = 30
        $0.connector = 14
        $0.account = 11
        $0.family = 20
      }),
    .tokenIssued(issued),
    .tokenRevoked(
      .with {
        $0.reach = .family
        $0.target = 20
        $0.connector = 14
        $0.grant = 18
        $0.group = 15
      }),
    .webhookRegistered(webhook(family: 0)),
    .webhookUpdated(
      .with {
        $0.webhook = 22
        $0.connector = 14
        $0.group = 15
        $0.before = listening(to: "TextMessageCreated")
        $0.after = listening(to: "MemberAdded", "MemberRemoved")
        $0.active = true
      }),
    .webhookDisabled(
      .with {
        $0.webhook = 22
        $0.connector = 14
        $0.group = 15
        $0.reason = "no answer for two days"
      }),
    .webhookDeleted(
      .with {
        $0.webhook = 22
        $0.connector = 14
        $0.group = 15
      }),
    .signingKeyRotated(signingKeyRotated), .keyRotated(keyRotated), .keyDropped(keyDropped),
    .masterKeyRotated(masterKeyRotated),
    .oversightConfigured(oversightConfigured), .personalDataRevealed(personalDataRevealed),
    .proposalMade(proposalMade), .proposalDecided(proposalDecided),
    .subjectErased(
      .with {
        $0.person = bytes(16, from: 21)
        $0.account = 11
      }),
    .resourceServerCreated(resourceServer),
    .resourceServerSecretRotated(resourceServerSecretRotated),
    .resourceServerDeleted(.with { $0.resourceServer = 40 }),
    .tokenLeakReported(leak), .accountSignedOut(accountSignedOut), .accountSignInRefused(accountSignInRefused),
    .permissionReviewed(permissionReviewed), .authorizationRefused(authorizationRefused),
    .eventNamespaceRegistered(namespaceRegistered), .eventNamespaceExtended(namespaceExtended),
    .customRecorded(customRecorded),
  ]

  static func registered(userAgent: Sealed?) -> V2AccountRegistered {
    .with {
      $0.issuer = "https://login.example.org"
      $0.subject = sealed(3)
      $0.name = sealed(4)
      $0.email = sealed(5)
      $0.role = .tenantAdmin
      if let userAgent { $0.userAgent = userAgent }
    }
  }

  private static func details(_ name: String, lifetime: Int64) -> ConnectorDetails {
    .with {
      $0.name = name
      $0.description_p = "Tells the members who works when"
      $0.publisher = "Example Ltd"
      $0.redirectUris = ["https://rota.example.org/signed-in", "https://rota.example.org/other"]
      $0.scopes = 0x1F
      $0.accessTokenLifetime = lifetime
      $0.refreshTokenLifetime = 31_536_000
      $0.rotation = .always
    }
  }

  private static func webhook(family: UInt64) -> WebhookRegistered {
    .with {
      $0.publicID = bytes(16, from: 18)
      $0.connector = 14
      $0.grant = 18
      $0.group = 15
      $0.objectType = "Action"
      $0.objectID = "a1"
      $0.details = listening(to: "TextMessageCreated")
      $0.family = family
    }
  }

  private static func listening(to types: String...) -> WebhookDetails {
    .with {
      $0.eventTypes = types
      $0.callbackURL = sealed(25)
      $0.callbackToken = sealed(26)
      $0.callbackContext = sealed(27)
      $0.expiresAt = 1_830_297_600_000
    }
  }

  static func sealed(_ seed: UInt8) -> Sealed {
    Sealed(person: bytes(16, from: seed) as [UInt8], box: bytes(40, from: seed &+ 100) as [UInt8])
  }

  /// Bytes that count up from `first` in steps of seven.
  static func bytes<Bytes: RangeReplaceableCollection<UInt8>>(_ count: Int, from first: UInt8) -> Bytes {
    Bytes((0..<count).map { first &+ UInt8(truncatingIfNeeded: $0 &* 7) })
  }
}
