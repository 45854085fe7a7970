import KeyStore
import LedgerDomain
public import LedgerEvents

/// A value in an event.
public enum EventDetail: Sendable, Hashable {
  case text(String)
  case number(UInt64)
  case flag(Bool)
  case time(Timestamp)
  case list([String])
  /// What it was, and what it has become.
  indirect case change(EventDetail, EventDetail)
}

extension AuditEntry {
  /// What the event says besides whom it concerns: nothing personal, and no digest of a secret. The names are in lower
  /// camel case, and in a fixed order.
  public var details: [(name: String, value: EventDetail)] {
    switch event {
    case .ledgerCreated(let event): [("origin", .text(event.origin)), ("verifyingKey", .hex(event.verifyingKey))]
    case .ledgerRestored(let event):
      [("events", .number(event.events)), ("root", .hex(event.root))]
        + (event.approver == 0 ? [] : [("approver", .number(event.approver))])
    case .retentionApplied(let event):
      [
        ("records", .number(event.records)), ("bytes", .number(event.bytes)),
        ("expiredBy", .milliseconds(event.expiredBy)),
        ("olderThan", .number(UInt64(clamping: event.olderThan / 1_000))),
        ("segment", .number(event.segment)),
        ("segmentFirst", .number(event.segmentFirst)), ("segmentLast", .number(event.segmentLast)),
        ("root", .hex(event.root)),
      ]
    case .clockCorrected(let event):
      [
        ("from", .milliseconds(event.from)), ("to", .milliseconds(event.to)), ("reason", .text(event.reason.word)),
      ]
        + (event.first == 0
          ? [] : [("first", .number(event.first)), ("ahead", .number(UInt64(clamping: event.ahead / 1_000)))])
    case .accountRegistered(let event): [("issuer", .text(event.issuer)), ("role", .text(event.role.word))]
    case .accountDisabled(let event):
      [("reason", .text(event.reason))] + (event.byOperator ? [("byOperator", .flag(true))] : [])
    case .accountRoleChanged(let event): [("role", .change(.text(event.before.word), .text(event.after.word)))]
    case .phonePINRequested(let event):
      [("expiresAt", .milliseconds(event.expiresAt))]
        + (event.unauthenticated ? [("unauthenticated", .flag(true))] : [])
    case .phonePINWithheld(let event): event.unauthenticated ? [("unauthenticated", .flag(true))] : []
    case .phonePINDispatched(let event):
      [("attempts", .number(UInt64(event.attempts)))] + (event.failure.word.map { [("failure", .text($0))] } ?? [])
        + (event.status == 0 ? [] : [("status", .number(UInt64(event.status)))])
    case .phonePINRejected(let event): [("triesLeft", .number(UInt64(event.triesLeft)))]
    case .connectorCreated(let event):
      [("publicID", .guid(event.publicID))] + event.details.audited.filter { !$0.value.isUnset }
    case .connectorUpdated(let event): Self.changes(event.before.audited, event.after.audited)
    case .connectorScopesApproved(let event):
      [("approvedScopes", .change(.scopes(event.before), .scopes(event.after)))]
    case .connectorSecretRotated(let event):
      [
        ("previousSecret", .number(event.previousSecret)),
        ("previousExpiresAt", .milliseconds(event.previousExpiresAt)),
      ]
    case .connectorDeactivated(let event):
      [("reason", .text(event.reason))] + (event.byAdministrator ? [("byAdministrator", .flag(true))] : [])
    case .connectorOldSecretEnded(let event): [("secret", .number(event.secret))]
    case .resourceServerCreated(let event):
      [
        ("publicID", .guid(event.publicID)), ("name", .text(event.name)), ("audience", .text(event.audience)),
      ].filter { !$0.value.isUnset }
    case .resourceServerSecretRotated(let event):
      [
        ("previousSecret", .number(event.previousSecret)),
        ("previousExpiresAt", .milliseconds(event.previousExpiresAt)),
      ]
    case .tokenLeakReported(let event):
      [
        ("reporter", .text(event.reporter)), ("source", .text(event.source)), ("location", .text(event.location)),
      ].filter { !$0.value.isUnset }
    case .groupCreated(let event):
      [
        ("publicID", .guid(event.publicID)), ("name", .text(event.name)), ("kind", .text(event.kind.word)),
        ("welcomeMessage", .text(event.welcomeMessage)),
      ].filter { !$0.value.isUnset }
    case .groupRenamed(let event): [("name", .change(.text(event.before), .text(event.after)))]
    case .groupMemberAdded(let event): [("role", .text(event.role.word))]
    case .groupMemberRoleChanged(let event): [("role", .change(.text(event.before.word), .text(event.after.word)))]
    case .permissionGranted(let event): [("scopes", .scopes(event.scopes))]
    case .refreshTokenIssued(let event):
      [("expiresAt", .milliseconds(event.expiresAt))]
        + (event.supersedes == 0 ? [] : [("supersedes", .token(event.supersedes))])
        + .conditions(event.audiences, [])
    case .refreshTokenRotated(let event):
      [
        ("expiresAt", .milliseconds(event.expiresAt)), ("predecessor", .token(event.predecessor)),
        ("predecessorUntil", .milliseconds(event.predecessorUntil)),
      ]
    case .authorizationCodeIssued(let event):
      [
        ("redirectURI", .text(event.redirectUri)), ("hasChallenge", .flag(!event.codeChallenge.isEmpty)),
        ("expiresAt", .milliseconds(event.expiresAt)), ("scopes", .scopes(event.scopes)),
      ] + .conditions(event.audiences, event.keyThumbprint)
    case .authorizationRefused(let event):
      [("redirectURI", .text(event.redirectUri)), ("scopes", .scopes(event.scopes))]
    case .tokenIssued(let event):
      (event.refreshToken == 0 ? [] : [("refreshToken", .token(event.refreshToken))]) + [
        ("expiresAt", .milliseconds(event.expiresAt)), ("scopes", .scopes(event.scopes)),
      ] + (event.successor == 0 ? [] : [("successor", .token(event.successor))])
        + .conditions(event.audiences, event.keyThumbprint)
        + (event.format == .signed ? [("signed", .flag(true))] : [])
    case .tokenRevoked(let event):
      event.reachWord.map { [("reach", .text($0)), ("target", .text("\($0):\(event.target)"))] } ?? []
    case .webhookRegistered(let event):
      [
        ("publicID", .guid(event.publicID)), ("objectType", .text(event.objectType)),
        ("objectID", .text(event.objectID)), ("eventTypes", .list(event.details.eventTypes)),
        ("expiresAt", .milliseconds(event.details.expiresAt)),
      ]
    case .webhookUpdated(let event):
      Self.changes(
        [
          ("eventTypes", .list(event.before.eventTypes)), ("expiresAt", .milliseconds(event.before.expiresAt)),
        ],
        [("eventTypes", .list(event.after.eventTypes)), ("expiresAt", .milliseconds(event.after.expiresAt))])
        + [("active", .flag(event.active))]
    case .webhookDisabled(let event): [("reason", .text(event.reason))]
    case .keyRotated(let event):
      [
        ("purpose", .text(event.purpose.word)),
        ("key", .change(.number(UInt64(event.before)), .number(UInt64(event.after)))),
      ] + (event.beforeUntil == 0 ? [] : [("beforeUntil", .milliseconds(event.beforeUntil))])
    case .keyDropped(let event):
      [("purpose", .text(event.purpose.word)), ("oldest", .number(UInt64(event.oldest)))]
    case .signingKeyRotated(let event): [("key", .change(.hex(event.before), .hex(event.after)))]
    case .oversightConfigured(let event):
      Self.changes(event.before.audited, event.after.audited)
    case .proposalMade(let event):
      [
        ("kind", .text(Oversight.Guarded(rawValue: UInt8(truncatingIfNeeded: event.kind.rawValue))?.word ?? "none")),
        ("change", .text(event.words)), ("expiresAt", .milliseconds(event.expiresAt)),
      ]
    case .proposalDecided(let event): [("decision", .text(event.decision.word))]
    case .personalDataRevealed(let event):
      [("purpose", .text(event.purpose))] + (event.everybody ? [("everybody", .flag(true))] : [])
        + (event.persons.isEmpty ? [] : [("persons", .number(UInt64(event.persons.count)))])
    case .accountSignedOut(let event):
      [("end", .text(event.end.word))] + (event.signIn == 0 ? [] : [("signIn", .number(event.signIn))])
    case .accountSignInRefused(let event):
      [("issuer", .text(event.issuer)), ("refusal", .text(event.refusal.word))]
        + (event.detail.isEmpty ? [] : [("detail", .text(event.detail))])
        + (event.unrecorded == 0 ? [] : [("unrecorded", .number(event.unrecorded))])
    case .permissionReviewed(let event): [("decision", .text(event.decision.word))]
    case .eventNamespaceRegistered(let event):
      [("name", .text(event.name)), ("eventTypes", .list(event.eventTypes))]
    case .eventNamespaceExtended(let event): [("eventTypes", .list(event.eventTypes))]
    case .customRecorded(let event):
      [
        ("namespace", .text(event.namespaceName)), ("event", .text(event.eventType)),
        ("version", .number(UInt64(event.payloadVersion))), ("contentType", .text(event.contentType)),
        event.shownPayload,
      ].filter { !$0.value.isUnset }
    case .masterKeyRotated(let event): [("fingerprint", .change(.hex(event.before), .hex(event.after)))]
    case .accountSignedIn, .accountEnabled, .phoneVerified, .phoneRemoved, .phonePINAccepted, .connectorActivated,
      .connectorDeleted,
      .groupDeleted, .groupMemberRemoved, .groupSubgroupAttached, .groupSubgroupDetached, .groupSubscriberAdded,
      .groupSubscriberRemoved, .groupInvitationAccepted, .permissionRevoked, .refreshTokenReuseDetected,
      .authorizationCodeRedeemed,
      .webhookDeleted, .subjectErased, .resourceServerDeleted:
      []
    }
  }

  /// Something personal, as the event has it.
  package struct SealedField {
    package let name: String
    let sealed: Sealed
    let purpose: Purpose
  }

  /// What is personal in the event, and in the request that it came with.
  package var personal: [SealedField] {
    let fields: [(String, Sealed?, Purpose)] =
      switch event {
      case .accountRegistered(let event):
        [
          ("subject", event.hasSubject ? event.subject : nil, .accountSubject),
          ("name", event.hasName ? event.name : nil, .accountName),
          ("email", event.hasEmail ? event.email : nil, .accountEmail),
        ]
      case .accountSignedIn(let event):
        [
          ("userAgent", event.hasUserAgent ? event.userAgent : nil, .userAgent),
          ("name", event.hasName ? event.name : nil, .accountName),
          ("email", event.hasEmail ? event.email : nil, .accountEmail),
        ]
      case .phonePINRequested(let event): [("number", event.hasNumber ? event.number : nil, .phoneNumber)]
      case .phoneVerified(let event): [("number", event.hasNumber ? event.number : nil, .phoneNumber)]
      case .groupMemberAdded(let event): [("number", event.hasNumber ? event.number : nil, .memberNumber)]
      case .groupSubscriberAdded(let event): [("number", event.hasNumber ? event.number : nil, .subscriberNumber)]
      case .customRecorded(let event):
        event.personal.map {
          ($0.name, $0.value, .customField($0.name, of: event.eventType, in: event.namespaceName))
        }
      default: []
      }
    return (fields + [("address", address, .originAddress)]).compactMap { name, sealed, purpose in
      sealed.map { SealedField(name: name, sealed: $0, purpose: purpose) }
    }
  }

  /// What differs between two lists of the same names.
  private static func changes(
    _ before: [(name: String, value: EventDetail)], _ after: [(name: String, value: EventDetail)]
  ) -> [(name: String, value: EventDetail)] {
    zip(before, after).filter { $0.value != $1.value }.map { ($0.name, .change($0.value, $1.value)) }
  }
}

extension ConnectorDetails {
  fileprivate var audited: [(name: String, value: EventDetail)] {
    [
      ("name", .text(name)), ("description", .text(description_p)), ("publisher", .text(publisher)),
      ("redirectURIs", .list(redirectUris)), ("scopes", .scopes(scopes)),
      ("accessTokenLifetime", .number(UInt64(clamping: accessTokenLifetime))),
      ("refreshTokenLifetime", .number(UInt64(clamping: refreshTokenLifetime))), ("rotation", .text(rotation.word)),
      ("ownTokens", .flag(clientCredentials)), ("dpopBound", .flag(dpopBound)), ("signedTokens", .flag(signedTokens)),
    ]
  }
}

extension [(name: String, value: EventDetail)] {
  /// What a token is restricted to and bound to, where it is.
  fileprivate static func conditions(_ audiences: [UInt64], _ keyThumbprint: some Collection<UInt8>) -> Self {
    let names = audiences.map { $0 == 1 ? "own" : "\(ResourceServerID(rawValue: $0))" }
    return (names.isEmpty ? [] : [("audiences", .list(names))])
      + (keyThumbprint.isEmpty ? [] : [("keyThumbprint", .text(Base64URL.encode([UInt8](keyThumbprint))))])
  }
}

extension OversightRules {
  fileprivate var audited: [(name: String, value: EventDetail)] {
    [
      ("namedOperators", .flag(namedOperators)),
      ("guarded", .list(Oversight(self).guarded.sorted { $0.rawValue < $1.rawValue }.map { "\($0)" })),
    ]
  }
}

extension CustomRecorded {
  /// The payload as text where it is text that controls no terminal, otherwise in base 64.
  fileprivate var shownPayload: (name: String, value: EventDetail) {
    let bytes = [UInt8](payload)
    if let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.allSatisfy(\.isShown) {
      return ("payload", .text(text))
    }
    return ("payloadBase64", .text(Base64.encode(bytes)))
  }
}

extension Unicode.Scalar {
  fileprivate var isShown: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}

extension TokenRevoked {
  /// What kind of object was named: a token, a family, a connector or an account.
  fileprivate var reachWord: String? {
    switch reach {
    case .token: "token"
    case .family: "family"
    case .connector: "connector"
    case .account: "account"
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension EventDetail {
  /// A token by its handle.
  fileprivate static func token(_ handle: UInt64) -> EventDetail { .text("\(TokenID(rawValue: handle))") }

  /// Whether it is what a field has that was not given.
  fileprivate var isUnset: Bool { self == .text("") || self == .list([]) || self == .number(0) || self == .flag(false) }

  fileprivate static func milliseconds(_ time: Int64) -> EventDetail { .time(Timestamp(milliseconds: time)) }

  fileprivate static func scopes(_ bits: UInt32) -> EventDetail {
    .list(Scopes(rawValue: bits).description.split(separator: ",").map(String.init))
  }

  fileprivate static func hex(_ bytes: some Sequence<UInt8>) -> EventDetail { .text(Hex.encode(Array(bytes))) }

  fileprivate static func guid(_ bytes: some Collection<UInt8>) -> EventDetail {
    .text(PublicID(bytes: bytes)?.description ?? "")
  }
}
