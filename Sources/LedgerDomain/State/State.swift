public import LedgerCrypto
public import LedgerEvents

/// An account as it is now.
public struct Account: Sendable, Equatable {
  public var id: AccountID
  public var issuer: String
  package var subject: Sealed
  /// Display name and e-mail address, where known.
  package var name: Sealed?
  package var email: Sealed?
  public var role: AccountRole
  public var isDisabled: Bool
  /// Whether an operator has disabled it: then only an operator enables it.
  public var isDisabledByOperator: Bool
  public var registeredAt: Timestamp
  /// Whether the person was erased: then it is disabled for good, and what is sealed can be read by nobody.
  public var isErased: Bool

  package init(
    id: AccountID, issuer: String, subject: Sealed, name: Sealed?, email: Sealed?, role: AccountRole,
    isDisabled: Bool, isDisabledByOperator: Bool = false, registeredAt: Timestamp, isErased: Bool = false
  ) {
    self.isDisabledByOperator = isDisabledByOperator
    self.id = id
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.email = email
    self.role = role
    self.isDisabled = isDisabled
    self.registeredAt = registeredAt
    self.isErased = isErased
  }
}

/// A verified phone.
@usableFromInline package struct Phone: Sendable, Equatable {
  package var id: PhoneID
  package var account: AccountID
  package var number: Sealed
  package var isRemoved: Bool

  package init(id: PhoneID, account: AccountID, number: Sealed, isRemoved: Bool) {
    self.id = id
    self.account = account
    self.number = number
    self.isRemoved = isRemoved
  }
}

/// A PIN that was asked for.
@usableFromInline package struct PINChallenge: Sendable, Equatable {
  package var id: ChallengeID
  package var account: AccountID
  package var number: Sealed
  /// Random salt of the PIN's digest.
  package var salt: [UInt8]
  /// HMAC of salt and PIN.
  package var digest: Digest
  package var expiresAt: Timestamp
  /// Wrong PINs tried so far.
  package var failures: UInt8
  /// Whether it was answered, or superseded by a newer one.
  package var isClosed: Bool
  /// The connector that the holder of the number signs in to by it; nil where it verifies the number.
  package var connector: ConnectorID?

  package init(
    id: ChallengeID, account: AccountID, number: Sealed, salt: [UInt8], digest: Digest, expiresAt: Timestamp,
    failures: UInt8, isClosed: Bool, connector: ConnectorID? = nil
  ) {
    self.connector = connector
    self.id = id
    self.account = account
    self.number = number
    self.salt = salt
    self.digest = digest
    self.expiresAt = expiresAt
    self.failures = failures
    self.isClosed = isClosed
  }
}

/// A connector as it is now.
public struct Connector: Sendable, Equatable {
  public var id: ConnectorID
  public var publicID: PublicID
  public var owner: AccountID
  package var details: ConnectorDetails
  /// Of the scopes that concern the organisation, those that an administrator approved.
  public var approvedScopes: Scopes
  public var isDeleted: Bool
  public var createdAt: Timestamp
  /// Position of the event that set the details, or what is approved of them, last.
  public var setBy: Position
  /// Position of the event that set it inactive; 0 while it is active.
  public var deactivatedBy: Position
  /// Whether somebody other than its owner set it inactive: then only an administrator sets it active again.
  public var isDeactivatedByAdministrator: Bool

  /// Whether it is set inactive: it gets no tokens, and none of its tokens is valid, until it is active again.
  public var isInactive: Bool { deactivatedBy != 0 }

  /// What people are asked to give it, and what it may do with what they gave: the scopes of its details, without those that
  /// concern the organisation and are not approved.
  public var scopes: Scopes { Scopes(rawValue: details.scopes).approved(approvedScopes) }

  /// A connector; its details are those that it was made with, unless another event is said to have set them.
  package init(
    id: ConnectorID, publicID: PublicID, owner: AccountID, details: ConnectorDetails, approvedScopes: Scopes = [],
    isDeleted: Bool, createdAt: Timestamp, setBy: Position? = nil, deactivatedBy: Position = 0,
    isDeactivatedByAdministrator: Bool = false
  ) {
    self.deactivatedBy = deactivatedBy
    self.isDeactivatedByAdministrator = isDeactivatedByAdministrator
    self.approvedScopes = approvedScopes
    self.setBy = setBy ?? id.position
    self.id = id
    self.publicID = publicID
    self.owner = owner
    self.details = details
    self.isDeleted = isDeleted
    self.createdAt = createdAt
  }
}

/// What issuing a token needs to know of a connector, and little else: the digests of its secrets, and how long its
/// tokens live. While a rotation of the secret overlaps, the one before is accepted too.
@usableFromInline package struct ConnectorCredentials: Sendable, Equatable, BitwiseCopyable {
  @usableFromInline package var current: SecretID
  @usableFromInline package var currentDigest: Digest
  /// The secret before, accepted until ``previousUntil``; number, digest and time are zero where there is none.
  @usableFromInline package var previous: SecretID
  @usableFromInline package var previousDigest: Digest
  @usableFromInline package var previousUntil: Timestamp
  /// Lifetimes in seconds, as ``ConnectorDetails`` has them: 0 is the default.
  package var accessTokenLifetime: Int64
  package var refreshTokenLifetime: Int64
  package var rotation: RefreshRotation
  /// Whether its access tokens are bound to a key that it proves to have.
  @usableFromInline package var isDPoPBound: Bool
  /// Whether its access tokens are signed.
  @usableFromInline package var hasSignedTokens: Bool
  /// Whether the connector is set inactive: nobody authenticates as it until it is active again.
  @usableFromInline package var isInactive: Bool

  package init(
    current: SecretID, currentDigest: Digest, previous: SecretID, previousDigest: Digest, previousUntil: Timestamp,
    accessTokenLifetime: Int64, refreshTokenLifetime: Int64, rotation: RefreshRotation, isDPoPBound: Bool = false,
    hasSignedTokens: Bool = false, isInactive: Bool = false
  ) {
    self.isInactive = isInactive
    self.isDPoPBound = isDPoPBound
    self.hasSignedTokens = hasSignedTokens
    self.current = current
    self.currentDigest = currentDigest
    self.previous = previous
    self.previousDigest = previousDigest
    self.previousUntil = previousUntil
    self.accessTokenLifetime = accessTokenLifetime
    self.refreshTokenLifetime = refreshTokenLifetime
    self.rotation = rotation
  }
}

/// A connector as far as it matters for who authenticates as it.
@usableFromInline package struct ConnectorClient: Sendable, BitwiseCopyable {
  @usableFromInline package var id: ConnectorID
  @usableFromInline package var credentials: ConnectorCredentials

  @usableFromInline package init(id: ConnectorID, credentials: ConnectorCredentials) {
    self.id = id
    self.credentials = credentials
  }
}

/// A group as it is now.
public struct Group: Sendable, Equatable {
  public var id: GroupID
  public var publicID: PublicID
  public var name: String
  public var kind: GroupKind
  public var welcomeMessage: String
  public var isDeleted: Bool
  /// Invitations are counted as well.
  public var memberCount: UInt64
  /// Those who have the role: invitations are none.
  public var adminCount: UInt64
  public var createdAt: Timestamp
  /// Only public groups have any.
  public var subscriberCount: UInt64

  public init(
    id: GroupID, publicID: PublicID, name: String, kind: GroupKind, welcomeMessage: String, isDeleted: Bool,
    memberCount: UInt64, adminCount: UInt64, createdAt: Timestamp, subscriberCount: UInt64 = 0
  ) {
    self.subscriberCount = subscriberCount
    self.id = id
    self.publicID = publicID
    self.name = name
    self.kind = kind
    self.welcomeMessage = welcomeMessage
    self.isDeleted = isDeleted
    self.memberCount = memberCount
    self.adminCount = adminCount
    self.createdAt = createdAt
  }
}

/// A person's membership of a group.
public struct Membership: Sendable, Equatable {
  public var id: MembershipID
  public var group: GroupID
  /// The member's account; nil of an invitation, which was made by number and nobody has accepted: see
  /// ``AcceptInvitation``. It carries no right.
  public var account: AccountID?
  /// The number that the member was added by, where it was by number.
  package var number: Sealed?
  public var role: Role
  public var isRemoved: Bool
  public var addedAt: Timestamp

  package init(
    id: MembershipID, group: GroupID, account: AccountID?, number: Sealed?, role: Role, isRemoved: Bool,
    addedAt: Timestamp
  ) {
    self.addedAt = addedAt
    self.id = id
    self.group = group
    self.account = account
    self.number = number
    self.role = role
    self.isRemoved = isRemoved
  }
}

/// Access that a person has given to a connector.
public struct Grant: Sendable, Equatable, Codable {
  public var id: GrantID
  public var connector: ConnectorID
  public var granter: AccountID
  /// The group that it is for; nil where it is the granter's own access.
  public var group: GroupID?
  public var scopes: Scopes
  /// The latest family of refresh tokens; it stays named here when it is stopped.
  public var family: FamilyID?
  public var isRevoked: Bool
  public var grantedAt: Timestamp

  public init(
    id: GrantID, connector: ConnectorID, granter: AccountID, group: GroupID?, scopes: Scopes, family: FamilyID?,
    isRevoked: Bool, grantedAt: Timestamp
  ) {
    self.id = id
    self.connector = connector
    self.granter = granter
    self.group = group
    self.scopes = scopes
    self.family = family
    self.isRevoked = isRevoked
    self.grantedAt = grantedAt
  }
}
