package import LedgerCrypto
package import LedgerEvents

/// The message with its fields filled in.
package func filled<Message>(_ message: Message, _ fill: (inout Message) -> Void) -> Message {
  var message = message
  fill(&message)
  return message
}

extension Digest {
  /// SHA-256 of a text: stands for the digest of the secret of that name.
  package static func of(_ secret: String) -> Digest { SHA256.hash(Array(secret.utf8)) }
}

extension PublicID {
  /// An ID whose 16 bytes are the number.
  package static func fake(_ number: UInt8) -> PublicID {
    guard let id = PublicID(bytes: [UInt8](repeating: number, count: 16)) else { preconditionFailure("16 bytes") }
    return id
  }
}

// The things that a ledger is made of, each by the events that make it, whatever the commands think of them.
extension Scenario {
  /// An account; its subject at the provider is the name.
  package mutating func account(_ name: String, role: AccountRole = .user) throws -> AccountID {
    let event = filled(V2AccountRegistered()) {
      $0.issuer = "https://login.example.org"
      $0.subject = .fake(name)
      $0.role = role
    }
    return AccountID(rawValue: try given(.accountRegistered(event)))
  }

  /// A PIN asked for by an account. It is open for ten minutes, and its digest is that of the text.
  package mutating func challenge(_ number: String, by account: AccountID, pin: String = "1234") throws -> ChallengeID {
    let event = filled(V3PhonePINRequested()) {
      $0.account = account.rawValue
      $0.number = .fake(number)
      $0.salt = .init([UInt8](repeating: 7, count: 16))
      $0.pinDigest = .init(Digest.of(pin))
      $0.expiresAt = (now + .seconds(600)).milliseconds
    }
    return ChallengeID(rawValue: try given(.phonePINRequested(event)))
  }

  /// A verified phone, with the PIN asked for before.
  package mutating func phone(_ number: String, of account: AccountID) throws -> PhoneID {
    let challenge = try challenge(number, by: account)
    var event = filled(PhoneVerified()) {
      $0.account = account.rawValue
      $0.challenge = challenge.rawValue
      $0.number = .fake(number)
    }
    let hash = state.keyedHashes.number(event.number)
    event.subscriptions = try state.subscriptions(number: hash).map(\.rawValue)
    return PhoneID(rawValue: try given(.phoneVerified(event)))
  }

  /// A connector. The digest of its Secret is that of `secret`.
  package mutating func connector(
    of owner: AccountID, publicID: PublicID = .fake(1), secret: String = "secret",
    details: ConnectorDetails = .fake()
  ) throws -> ConnectorID {
    let event = filled(ConnectorCreated()) {
      $0.owner = owner.rawValue
      $0.publicID = .init(publicID)
      $0.secretDigest = .init(Digest.of(secret))
      $0.details = details
    }
    return ConnectorID(rawValue: try given(.connectorCreated(event)))
  }

  /// A group without members.
  package mutating func group(
    by creator: AccountID, publicID: PublicID = .fake(100), kind: GroupKind = .group
  ) throws -> GroupID {
    let event = filled(GroupCreated()) {
      $0.publicID = .init(publicID)
      $0.name = "Group"
      $0.kind = kind
      $0.creator = creator.rawValue
    }
    return GroupID(rawValue: try given(.groupCreated(event)))
  }

  package mutating func member(
    of group: GroupID, account: AccountID?, number: String? = nil, role: Role = .member
  ) throws -> MembershipID {
    let event = filled(GroupMemberAdded()) {
      $0.group = group.rawValue
      $0.account = account?.rawValue ?? 0
      if let number { $0.number = .fake(number) }
      $0.role = role
    }
    return MembershipID(rawValue: try given(.groupMemberAdded(event)))
  }

  package mutating func changeRole(
    of membership: MembershipID, in group: GroupID, from before: Role, to after: Role
  ) throws {
    let event = filled(GroupMemberRoleChanged()) {
      $0.group = group.rawValue
      $0.membership = membership.rawValue
      $0.before = before
      $0.after = after
    }
    try given(.groupMemberRoleChanged(event))
  }

  /// A grant, for a group if there is a membership.
  package mutating func grant(
    to connector: ConnectorID, by granter: AccountID, phone: PhoneID, group: GroupID? = nil,
    membership: MembershipID? = nil, scopes: Scopes = .all
  ) throws -> GrantID {
    let event = filled(PermissionGranted()) {
      $0.connector = connector.rawValue
      $0.granter = granter.rawValue
      $0.group = group?.rawValue ?? 0
      $0.membership = membership?.rawValue ?? 0
      $0.phone = phone.rawValue
      $0.scopes = scopes.rawValue
    }
    return GrantID(rawValue: try given(.permissionGranted(event)))
  }

  /// A family with its first refresh token. The digest is that of `secret`.
  package mutating func family(
    under grant: GrantID, secret: String = "refresh", lifetime: Duration = .seconds(365 * 86_400)
  ) throws -> FamilyID {
    let event = filled(RefreshTokenIssued()) {
      $0.grant = grant.rawValue
      $0.digest = .init(Digest.of(secret))
      $0.expiresAt = (now + lifetime).milliseconds
    }
    return FamilyID(rawValue: try given(.refreshTokenIssued(event)))
  }

  /// A refresh token that succeeds another.
  package mutating func successor(
    of predecessor: TokenID, in family: FamilyID, secret: String = "successor", predecessorUntil: Timestamp,
    lifetime: Duration = .seconds(365 * 86_400)
  ) throws -> TokenID {
    let event = filled(RefreshTokenRotated()) {
      $0.family = family.rawValue
      $0.predecessor = predecessor.rawValue
      $0.digest = .init(Digest.of(secret))
      $0.expiresAt = (now + lifetime).milliseconds
      $0.predecessorUntil = predecessorUntil.milliseconds
    }
    return TokenID(rawValue: try given(.refreshTokenRotated(event)))
  }

  /// An access token. The digest is that of `secret`.
  package mutating func token(
    from family: FamilyID, secret: String = "access", lifetime: Duration = .seconds(86_400), scopes: Scopes = .all
  ) throws -> TokenID {
    let event = filled(V3TokenIssued()) {
      $0.family = family.rawValue
      $0.digest = .init(Digest.of(secret))
      $0.expiresAt = (now + lifetime).milliseconds
      $0.scopes = scopes.rawValue
    }
    return TokenID(rawValue: try given(.tokenIssued(event)))
  }

  /// A webhook under a grant, registered by a token of a family. Its key is named by sixteen nines.
  package mutating func webhook(
    of connector: ConnectorID, on group: GroupID, under grant: GrantID, family: FamilyID,
    publicID: PublicID = .fake(200),
    lifetime: Duration = .seconds(86_400)
  ) throws -> WebhookID {
    let event = filled(WebhookRegistered()) {
      $0.publicID = .init(publicID)
      $0.connector = connector.rawValue
      $0.grant = grant.rawValue
      $0.family = family.rawValue
      $0.group = group.rawValue
      $0.objectType = "Group"
      $0.details = .fake(until: now + lifetime)
    }
    return WebhookID(rawValue: try given(.webhookRegistered(event)))
  }

  /// Everything so far issued under a connector or an account, or one token or family, is revoked.
  package mutating func revoke(_ reach: RevocationReach, _ target: UInt64) throws {
    let event = filled(TokenRevoked()) {
      $0.reach = reach
      $0.target = target
    }
    try given(.tokenRevoked(event))
  }
}

extension ConnectorDetails {
  /// Details that the rules accept, with every scope.
  package static func fake(_ change: (inout ConnectorDetails) -> Void = { _ in }) -> ConnectorDetails {
    filled(ConnectorDetails()) {
      $0.name = "Connector"
      $0.scopes = Scopes.all.rawValue
      change(&$0)
    }
  }
}

extension WebhookDetails {
  /// Details that the rules accept, for text messages.
  package static func fake(until expiresAt: Timestamp, _ change: (inout WebhookDetails) -> Void = { _ in }) -> Self {
    filled(WebhookDetails()) {
      $0.eventTypes = ["TextMessageCreated"]
      $0.callbackURL = .fake("https://hook.example.org", person: 9)
      $0.callbackToken = .fake("token", person: 9)
      $0.callbackContext = .fake("context", person: 9)
      $0.expiresAt = expiresAt.milliseconds
      change(&$0)
    }
  }
}
