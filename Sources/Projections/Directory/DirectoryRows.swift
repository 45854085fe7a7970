import LedgerCrypto
import LedgerDomain
import LedgerEvents

// What the directory keeps of each object: the state that commands read and, beside it, the keyed hashes by which it
// is found, so that their rows can go when the person is erased.

struct StoredAccount: Row {
  var account: Account
  /// Keyed hash of the identity; nil once the person is erased.
  var identity: Digest?

  init(_ account: Account, identity: Digest?) {
    self.account = account
    self.identity = identity
  }

  func encode(to writer: inout RowWriter) {
    writer.id(account.id)
    writer.text(account.issuer)
    writer.sealed(account.subject)
    writer.optional(account.name) { $0.sealed($1) }
    writer.optional(account.email) { $0.sealed($1) }
    writer.number(UInt64(account.role.rawValue))
    writer.flag(account.isDisabled)
    writer.flag(account.isDisabledByOperator)
    writer.flag(account.isErased)
    writer.time(account.registeredAt)
    writer.optional(identity) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(AccountID.self), let issuer = reader.text(), let subject = reader.sealed(),
      let name = reader.optional({ $0.sealed() }), let email = reader.optional({ $0.sealed() }),
      let role = reader.number().flatMap({ AccountRole(rawValue: Int($0)) }), let isDisabled = reader.flag(),
      let isDisabledByOperator = reader.flag(), let isErased = reader.flag(), let registeredAt = reader.time(),
      let identity = reader.optional({ $0.digest() })
    else { return nil }
    account = Account(
      id: id, issuer: issuer, subject: subject, name: name, email: email, role: role, isDisabled: isDisabled,
      isDisabledByOperator: isDisabledByOperator, registeredAt: registeredAt, isErased: isErased)
    self.identity = identity
  }
}

struct StoredPhone: Row {
  var phone: Phone
  /// Keyed hash of the number; nil once the person is erased.
  var number: Digest?

  init(_ phone: Phone, number: Digest?) {
    self.phone = phone
    self.number = number
  }

  func encode(to writer: inout RowWriter) {
    writer.id(phone.id)
    writer.id(phone.account)
    writer.sealed(phone.number)
    writer.flag(phone.isRemoved)
    writer.optional(number) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(PhoneID.self), let account = reader.id(AccountID.self), let sealed = reader.sealed(),
      let isRemoved = reader.flag(), let number = reader.optional({ $0.digest() })
    else { return nil }
    phone = Phone(id: id, account: account, number: sealed, isRemoved: isRemoved)
    self.number = number
  }
}

struct StoredChallenge: Row {
  var challenge: PINChallenge
  /// Keyed hash of the number; nil once the person is erased.
  var number: Digest?

  init(_ challenge: PINChallenge, number: Digest?) {
    self.challenge = challenge
    self.number = number
  }

  func encode(to writer: inout RowWriter) {
    writer.id(challenge.id)
    writer.id(challenge.account)
    writer.sealed(challenge.number)
    writer.data(challenge.salt)
    writer.digest(challenge.digest)
    writer.time(challenge.expiresAt)
    writer.byte(challenge.failures)
    writer.flag(challenge.isClosed)
    writer.id(challenge.connector)
    writer.optional(number) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(ChallengeID.self), let account = reader.id(AccountID.self),
      let sealed = reader.sealed(), let salt = reader.data(), let digest = reader.digest(),
      let expiresAt = reader.time(), let failures = reader.byte(),
      let isClosed = reader.flag(), let connector = reader.optionalID(ConnectorID.self),
      let number = reader.optional({ $0.digest() })
    else { return nil }
    challenge = PINChallenge(
      id: id, account: account, number: sealed, salt: salt, digest: digest, expiresAt: expiresAt, failures: failures,
      isClosed: isClosed, connector: connector)
    self.number = number
  }
}

extension Connector: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.publicID(publicID)
    writer.id(owner)
    writer.text(details.name)
    writer.text(details.description_p)
    writer.text(details.publisher)
    writer.number(UInt64(details.redirectUris.count))
    for uri in details.redirectUris { writer.text(uri) }
    writer.number(UInt64(details.scopes))
    writer.number(UInt64(bitPattern: details.accessTokenLifetime))
    writer.number(UInt64(bitPattern: details.refreshTokenLifetime))
    writer.number(UInt64(details.rotation.rawValue))
    writer.flag(details.pkceOptional)
    writer.flag(details.clientCredentials)
    writer.flag(details.dpopBound)
    writer.flag(details.signedTokens)
    writer.number(UInt64(approvedScopes.rawValue))
    writer.flag(isDeleted)
    writer.time(createdAt)
    writer.position(setBy)
    writer.position(deactivatedBy)
    writer.flag(isDeactivatedByAdministrator)
  }

  init?(from reader: inout RowReader) {
    var details = ConnectorDetails()
    guard let id = reader.id(ConnectorID.self), let publicID = reader.publicID(),
      let owner = reader.id(AccountID.self), let name = reader.text(), let description = reader.text(),
      let publisher = reader.text(), let uriCount = reader.number(), uriCount <= 1_000
    else { return nil }
    for _ in 0..<uriCount {
      guard let uri = reader.text() else { return nil }
      details.redirectUris.append(uri)
    }
    guard let scopes = reader.number().flatMap({ UInt32(exactly: $0) }), let access = reader.number(),
      let refresh = reader.number(), let rotation = reader.number().flatMap({ RefreshRotation(rawValue: Int($0)) }),
      let isPKCEOptional = reader.flag(), let hasClientCredentials = reader.flag(), let isDPoPBound = reader.flag(),
      let hasSignedTokens = reader.flag(), let approved = reader.number().flatMap({ UInt32(exactly: $0) }),
      let isDeleted = reader.flag(), let createdAt = reader.time(), let setBy = reader.position(),
      let deactivatedBy = reader.position(), let isDeactivatedByAdministrator = reader.flag()
    else { return nil }
    details.pkceOptional = isPKCEOptional
    details.clientCredentials = hasClientCredentials
    details.dpopBound = isDPoPBound
    details.signedTokens = hasSignedTokens
    details.name = name
    details.description_p = description
    details.publisher = publisher
    details.scopes = scopes
    details.accessTokenLifetime = Int64(bitPattern: access)
    details.refreshTokenLifetime = Int64(bitPattern: refresh)
    details.rotation = rotation
    self.init(
      id: id, publicID: publicID, owner: owner, details: details, approvedScopes: Scopes(rawValue: approved),
      isDeleted: isDeleted, createdAt: createdAt, setBy: setBy, deactivatedBy: deactivatedBy,
      isDeactivatedByAdministrator: isDeactivatedByAdministrator)
  }
}

extension ConnectorCredentials: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(current)
    writer.digest(currentDigest)
    writer.number(previous.rawValue)
    writer.digest(previousDigest)
    writer.time(previousUntil)
    writer.number(UInt64(bitPattern: accessTokenLifetime))
    writer.number(UInt64(bitPattern: refreshTokenLifetime))
    writer.number(UInt64(rotation.rawValue))
    writer.flag(isDPoPBound)
    writer.flag(hasSignedTokens)
    writer.flag(isInactive)
  }

  init?(from reader: inout RowReader) {
    guard let current = reader.id(SecretID.self), let currentDigest = reader.digest(), let previous = reader.number(),
      let previousDigest = reader.digest(), let previousUntil = reader.time(), let access = reader.number(),
      let refresh = reader.number(), let rotation = reader.number().flatMap({ RefreshRotation(rawValue: Int($0)) }),
      let isDPoPBound = reader.flag(), let hasSignedTokens = reader.flag(), let isInactive = reader.flag()
    else { return nil }
    self.init(
      current: current, currentDigest: currentDigest, previous: SecretID(rawValue: previous),
      previousDigest: previousDigest, previousUntil: previousUntil, accessTokenLifetime: Int64(bitPattern: access),
      refreshTokenLifetime: Int64(bitPattern: refresh), rotation: rotation, isDPoPBound: isDPoPBound,
      hasSignedTokens: hasSignedTokens, isInactive: isInactive)
  }
}

extension Group: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.publicID(publicID)
    writer.text(name)
    writer.number(UInt64(kind.rawValue))
    writer.text(welcomeMessage)
    writer.flag(isDeleted)
    writer.number(memberCount)
    writer.number(adminCount)
    writer.time(createdAt)
    writer.number(subscriberCount)
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(GroupID.self), let publicID = reader.publicID(), let name = reader.text(),
      let kind = reader.number().flatMap({ GroupKind(rawValue: Int($0)) }), let welcome = reader.text(),
      let isDeleted = reader.flag(), let members = reader.number(), let admins = reader.number(),
      let createdAt = reader.time(), let subscribers = reader.number()
    else { return nil }
    self.init(
      id: id, publicID: publicID, name: name, kind: kind, welcomeMessage: welcome, isDeleted: isDeleted,
      memberCount: members, adminCount: admins, createdAt: createdAt, subscriberCount: subscribers)
  }
}

struct StoredMembership: Row {
  var membership: Membership
  /// Keyed hash of the number that the member was added by, if any; nil once the person is erased.
  var number: Digest?

  init(_ membership: Membership, number: Digest?) {
    self.membership = membership
    self.number = number
  }

  func encode(to writer: inout RowWriter) {
    writer.id(membership.id)
    writer.id(membership.group)
    writer.id(membership.account)
    writer.optional(membership.number) { $0.sealed($1) }
    writer.number(UInt64(membership.role.rawValue))
    writer.flag(membership.isRemoved)
    writer.time(membership.addedAt)
    writer.optional(number) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(MembershipID.self), let group = reader.id(GroupID.self),
      let account = reader.optionalID(AccountID.self), let sealed = reader.optional({ $0.sealed() }),
      let role = reader.number().flatMap({ Role(rawValue: Int($0)) }), let isRemoved = reader.flag(),
      let addedAt = reader.time(), let number = reader.optional({ $0.digest() })
    else { return nil }
    membership = Membership(
      id: id, group: group, account: account, number: sealed, role: role, isRemoved: isRemoved, addedAt: addedAt)
    self.number = number
  }
}

extension Grant: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.id(connector)
    writer.id(granter)
    writer.id(group)
    writer.number(UInt64(scopes.rawValue))
    writer.id(family)
    writer.flag(isRevoked)
    writer.time(grantedAt)
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(GrantID.self), let connector = reader.id(ConnectorID.self),
      let granter = reader.id(AccountID.self), let group = reader.optionalID(GroupID.self),
      let scopes = reader.number().flatMap({ UInt32(exactly: $0) }), let family = reader.optionalID(FamilyID.self),
      let isRevoked = reader.flag(), let grantedAt = reader.time()
    else { return nil }
    self.init(
      id: id, connector: connector, granter: granter, group: group, scopes: Scopes(rawValue: scopes), family: family,
      isRevoked: isRevoked, grantedAt: grantedAt)
  }
}
