import CredentialLedger

/// Events in sentences.
struct EventWords: Sendable {
  let labels: [Subject: Audit.Label]
  /// The pages of objects that the reader may open: the names of these lead there.
  var pages: [Subject: String] = [:]

  /// The same with names that lead nowhere, for headings and for paper.
  var unlinked: EventWords { EventWords(labels: labels) }

  /// What happened, in one sentence.
  func sentence(_ entry: AuditEntry) -> HTML {
    // Its type alone does not say how it went.
    if case .phonePINDispatched(let message) = entry.event {
      return message.failure == PINDispatchFailure.none
        ? "The message with a PIN was sent" : "The message with a PIN could not be sent"
    }
    return Self.sentence(
      of: entry.type, who: name(entry.actor), connector: first(.connector, entry),
      group: has(.group, entry) ? first(.group, entry) : nil, account: first(.account, entry))
  }

  /// The sentence of a type of event.
  ///
  /// - Parameter group: nil where the event is about none.
  static func sentence(
    of type: EventType, who: HTML, connector: HTML, group named: HTML?, account: HTML
  ) -> HTML {
    let group: HTML = named ?? "<span>something</span>"
    switch type {
    case .ledgerCreated: return "This ledger was created"
    case .ledgerRestored: return "This ledger was restored from a backup"
    case .proposalMade: return "\(who) proposed a change that needs a second operator"
    case .proposalDecided: return "\(who) decided on a proposal, or made the change by it"
    case .retentionApplied: return "Old records were moved to the archive"
    case .clockCorrected: return "The clock was corrected"
    case .accountRegistered: return "\(account) signed in for the first time"
    case .accountSignedIn: return "\(account) signed in"
    case .accountSignedOut: return "A session of \(account) ended"
    case .accountSignInRefused: return "A sign-in was refused"
    case .accountDisabled: return "\(who) disabled \(account)"
    case .accountEnabled: return "\(who) enabled \(account)"
    case .accountRoleChanged: return "\(who) changed the role of \(account)"
    case .phonePINRequested: return "\(who) asked for a PIN"
    case .phonePINWithheld: return "A PIN was asked for, and none was sent"
    case .phonePINDispatched: return "The message with a PIN was sent, or given up"
    case .phonePINRejected: return "\(who) typed a wrong PIN"
    case .phonePINAccepted: return "\(who) signed in by a PIN"
    case .phoneVerified: return "\(who) verified a phone number"
    case .phoneRemoved: return "\(who) removed a phone number"
    case .connectorCreated: return "\(who) created the connector \(connector)"
    case .connectorUpdated: return "\(who) changed \(connector)"
    case .connectorSecretRotated: return "\(who) rotated the Secret of \(connector)"
    case .connectorDeactivated: return "\(who) set \(connector) inactive"
    case .connectorActivated: return "\(who) set \(connector) active again"
    case .connectorOldSecretEnded: return "\(who) ended the old Secret of \(connector)"
    case .connectorDeleted: return "\(who) deleted \(connector)"
    case .connectorScopesApproved: return "\(who) approved permissions of \(connector)"
    case .groupCreated: return "\(who) created the group \(group)"
    case .groupRenamed: return "\(who) renamed \(group)"
    case .groupDeleted: return "\(who) deleted the group \(group)"
    case .groupMemberAdded: return "\(who) added a member to \(group)"
    case .groupMemberRoleChanged: return "\(who) changed a member’s role in \(group)"
    case .groupMemberRemoved: return "\(who) removed a member from \(group)"
    case .groupSubgroupAttached: return "\(who) attached a sub-group to \(group)"
    case .groupSubgroupDetached: return "\(who) detached a sub-group from \(group)"
    case .groupSubscriberAdded: return "\(who) added a subscriber to \(group)"
    case .groupSubscriberRemoved: return "\(who) removed a subscriber from \(group)"
    case .groupInvitationAccepted: return "\(who) accepted an invitation to \(group)"
    case .permissionGranted:
      return named != nil ? "\(who) let \(connector) into \(group)" : "\(who) let \(connector) act for them"
    case .permissionRevoked:
      return named != nil ? "\(who) revoked \(connector) in \(group)" : "\(who) revoked a grant of \(connector)"
    case .permissionReviewed:
      return named != nil
        ? "\(who) reviewed \(connector) in \(group)" : "\(who) reviewed a grant of \(connector)"
    case .refreshTokenIssued: return "A refresh token was issued to \(connector)"
    case .refreshTokenRotated: return "A refresh token of \(connector) was rotated"
    case .refreshTokenReuseDetected: return "A used refresh token of \(connector) came back; its family was stopped"
    case .authorizationCodeIssued: return "\(who) allowed \(connector) to sign in by OAuth"
    case .authorizationRefused: return "\(who) did not let \(connector) act for them"
    case .authorizationCodeRedeemed: return "\(connector) redeemed an authorization code"
    case .tokenIssued: return "\(connector) got an access token"
    case .tokenRevoked: return "\(who) revoked tokens"
    case .tokenLeakReported: return "A token of \(connector) was found in a public place"
    case .resourceServerCreated: return "\(who) registered a resource server"
    case .resourceServerSecretRotated: return "\(who) rotated the Secret of a resource server"
    case .resourceServerDeleted: return "\(who) deleted a resource server"
    case .eventNamespaceRegistered: return "\(who) registered events of another program"
    case .eventNamespaceExtended: return "\(who) registered more events of another program"
    case .customRecorded: return "\(who) recorded an event of another program"
    case .webhookRegistered: return "\(who) registered a webhook"
    case .webhookUpdated: return "\(who) changed a webhook"
    case .webhookDisabled: return "A webhook was switched off"
    case .webhookDeleted: return "\(who) deleted a webhook"
    case .keyRotated, .signingKeyRotated, .masterKeyRotated: return "\(who) rotated a key"
    case .keyDropped: return "\(who) dropped an old key"
    case .personalDataRevealed: return "\(who) looked at personal data"
    case .oversightConfigured: return "\(who) changed which operators are named or needed"
    case .subjectErased: return "\(who) erased \(account)"
    default: return "\(type.name ?? "An event of a newer program")"
    }
  }

  /// The name of an object, or its number where it has none.
  func name(_ subject: Subject) -> HTML { link(plainName(subject), to: subject) }

  /// What leads to the page of an object, where the reader may open it.
  func link(_ words: HTML, to subject: Subject) -> HTML {
    guard let page = pages[subject] else { return words }
    return #"<a href="\#(page)">\#(words)</a>"#
  }

  private func plainName(_ subject: Subject) -> HTML {
    if subject.kind == .operator { return "<span>The operator</span>" }
    guard let label = labels[subject] else { return "<code>\(subject.description)</code>" }
    if label.standing == .erased { return "<span>An erased person</span>" }
    guard let name = label.name else { return "<code>\(subject.description)</code>" }
    return Part.name(name)
  }

  /// Whether an object has a name of its own.
  func hasName(_ subject: Subject) -> Bool { labels[subject]?.name != nil }

  private func has(_ kind: SubjectKind, _ entry: AuditEntry) -> Bool {
    entry.object?.kind == kind || entry.subjects.contains { $0.kind == kind }
  }

  /// The first object of a kind that an event is about.
  private func first(_ kind: SubjectKind, _ entry: AuditEntry) -> HTML {
    if let object = entry.object, object.kind == kind { return name(object) }
    if let subject = entry.subjects.first(where: { $0.kind == kind }) { return name(subject) }
    return entry.actor.kind == kind ? name(entry.actor) : "<span>something</span>"
  }
}

/// The kinds of events that the filter offers.
enum EventKinds: String, CaseIterable {
  case signIns = "sign-ins"
  case objects
  case grants
  case tokens
  case refusals

  var title: String {
    switch self {
    case .signIns: "Sign-ins and phones"
    case .objects: "Connectors and groups"
    case .grants: "Grants"
    case .tokens: "Tokens"
    case .refusals: "Refusals and revocations"
    }
  }

  /// The names of types, and families of them, that it stands for.
  var patterns: [String] {
    switch self {
    case .signIns: ["account.*", "phone.*"]
    case .objects: ["connector.*", "group.*"]
    case .grants: ["permission.*"]
    case .tokens: ["token.*", "refresh_token.*"]
    case .refusals: types.compactMap(\.name)
    }
  }

  var types: [EventType] {
    switch self {
    case .signIns, .objects, .grants, .tokens: patterns.flatMap { EventType.matching($0) }
    case .refusals:
      [
        .phonePINRejected, .phonePINWithheld, .accountSignInRefused, .permissionRevoked, .tokenRevoked,
        .refreshTokenReuseDetected, .authorizationRefused,
        .accountDisabled, .connectorDeactivated, .connectorDeleted,
      ]
    }
  }
}
