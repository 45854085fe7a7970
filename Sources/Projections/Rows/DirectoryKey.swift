import LMDB
package import LedgerCrypto
package import LedgerEvents

/// The key of a row of the directory: a byte for the family of rows, then the family's own key. One table serves all
/// families, so that a transaction touches few trees; rows of one family lie side by side, in order.
package enum DirectoryKey: Equatable {
  case number(Family, UInt64)
  case pair(Family, UInt64, UInt64)
  /// A keyed hash or a digest, and a number that tells apart the rows that share it (0 if none do).
  case digest(Family, Digest, UInt64)
  case publicID(Family, PublicID)
  /// Sixteen bytes, the name of a person's key or a search term, and a number.
  case person(Family, PublicID, UInt64)

  /// What a row says. The numbers are part of the projection's digest.
  package enum Family: UInt8, CaseIterable {
    /// Account to ``StoredAccount``.
    case account = 1
    /// Keyed hash of an identity to its account.
    case accountByIdentity = 2
    /// The name of an erased person's key to the account, 0 if none.
    case erasedPerson = 3
    /// Keyed hash of a number and a membership or subscription that was added by it, to the name of the key that the
    /// number is sealed under. It stays when the membership or subscription ends.
    case personByNumber = 4
    /// Tenant administrator, disabled or not.
    case tenantAdmin = 5
    /// Account to the position of the event that disabled it last, whether it was enabled since or not.
    case disablement = 7
    /// Position of the event that named a signing key to the public key.
    case signingKey = 6
    /// Position of an event that corrected the clock to what it says.
    case clockCorrection = 8
    /// Purpose of keys of the keyring to the numbers that the log knows of.
    case keyNumbers = 9
    /// The name of a person's key and the number of a row that has something sealed under it, to the row's family: what
    /// an erasure is about.
    case rowOfPerson = 16
    /// Phone to ``StoredPhone``.
    case phone = 10
    /// Keyed hash of a number to the phone that holds it.
    case phoneByNumber = 11
    /// Account and phone, for each phone an account holds.
    case phoneOfAccount = 12
    /// Challenge to ``StoredChallenge``.
    case challenge = 13
    /// Keyed hash of a number and an account to the newest challenge.
    case challengeByNumber = 14
    /// Keyed hash of a number and challenge, for each PIN made for the number.
    case challengeOfNumber = 15
    case connector = 20
    case connectorByPublicID = 21
    /// Digest of a name and its owner to the connector.
    case connectorByName = 22
    case credentials = 23
    /// Owner and connector.
    case connectorOfOwner = 24
    case group = 30
    case groupByPublicID = 31
    /// Membership to ``StoredMembership``.
    case membership = 40
    /// Group and account to the membership.
    case membershipByAccount = 41
    /// Keyed hash of a number and group to the membership.
    case membershipByNumber = 42
    /// Group and membership to ``PlaceRow``, for each member a group has now.
    case membershipOfGroup = 43
    /// Account and group to the membership.
    case groupOfAccount = 44
    /// Group and subgroup.
    case subgroup = 45
    /// Subgroup and group.
    case parentOfGroup = 46
    case grant = 50
    /// Connector and group to the grant in force.
    case grantByGroup = 51
    /// Connector and granter to the grant in force of the granter's own access.
    case grantByGranter = 52
    /// Group and grant in force.
    case grantOfGroup = 53
    /// Granter and grant in force.
    case grantOfGranter = 54
    /// Connector and granter to the grant of the granter's own access that was revoked last.
    case revokedGrantByGranter = 55
    case webhook = 60
    case webhookByPublicID = 61
    /// Connector and webhook, for each that is not deleted; the same with the grant, and with a digest of the object.
    case webhookOfConnector = 62
    case webhookOfGrant = 63
    case webhookOfObject = 64
    case authorizationCode = 70
    /// Subscription to ``StoredSubscription``.
    case subscription = 80
    /// Group and account to the subscription.
    case subscriptionByAccount = 81
    /// Keyed hash of a number and group to the subscription.
    case subscriptionByNumber = 82
    /// Group and subscription to ``PlaceRow``, for each subscriber a group has now.
    case subscriptionOfGroup = 83
    /// Account and group to the subscription.
    case subscriptionOfAccount = 84
    /// Resource server to ``ResourceServer``.
    case resourceServer = 90
    case resourceServerByPublicID = 91
    /// Digest of an audience to the resource server that has it and is not deleted.
    case resourceServerByAudience = 92
    /// Account with the operator role, disabled or not.
    case operatorAccount = 93
    /// ``Oversight``, at 0.
    case oversight = 94
    /// Proposal to ``ChangeProposal``.
    case proposal = 95
    /// A search term and the number of an object that is found by it, to the object's kind.
    case searchTerm = 96
    /// Object to ``SearchTermsRow``: the terms that it is found by.
    case termsOfObject = 97
    /// Type of events to how many there are; of `token.issued` there is none.
    case eventCount = 98
    /// Namespace of events to ``EventNamespace``.
    case eventNamespace = 99
    /// Digest of a name to the namespace.
    case eventNamespaceByName = 100
  }

  var family: Family {
    switch self {
    case .number(let family, _), .pair(let family, _, _), .digest(let family, _, _), .publicID(let family, _),
      .person(let family, _, _):
      family
    }
  }
}

/// How a directory key is written.
package enum DirectoryKeyCodec: KeyCodec {
  package static func byteCount(of key: DirectoryKey) -> Int {
    switch key {
    case .number: 9
    case .pair, .publicID: 17
    case .person: 25
    case .digest: 41
    }
  }

  package static func encode(_ key: DirectoryKey, into output: inout OutputRawSpan) {
    output.append(key.family.rawValue)
    switch key {
    case .number(_, let number):
      output.append(bigEndian: number)
    case .pair(_, let first, let second):
      output.append(bigEndian: first)
      output.append(bigEndian: second)
    case .digest(_, let digest, let number):
      unsafe digest.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
      output.append(bigEndian: number)
    case .publicID(_, let publicID):
      output.append(bigEndian: publicID.high)
      output.append(bigEndian: publicID.low)
    case .person(_, let person, let number):
      output.append(bigEndian: person.high)
      output.append(bigEndian: person.low)
      output.append(bigEndian: number)
    }
  }

  package static func decode(_ bytes: RawSpan) -> DirectoryKey? {
    guard bytes.byteCount > 0,
      let family = DirectoryKey.Family(rawValue: unsafe bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self))
    else { return nil }
    switch (bytes.byteCount, family) {
    case (9, _):
      return .number(family, bytes.load(bigEndian: UInt64.self, at: 1))
    case (17, .connectorByPublicID), (17, .groupByPublicID), (17, .webhookByPublicID),
      (17, .erasedPerson), (17, .resourceServerByPublicID):
      return .publicID(
        family,
        PublicID(high: bytes.load(bigEndian: UInt64.self, at: 1), low: bytes.load(bigEndian: UInt64.self, at: 9)))
    case (17, _):
      return .pair(family, bytes.load(bigEndian: UInt64.self, at: 1), bytes.load(bigEndian: UInt64.self, at: 9))
    case (25, _):
      return .person(
        family,
        PublicID(high: bytes.load(bigEndian: UInt64.self, at: 1), low: bytes.load(bigEndian: UInt64.self, at: 9)),
        bytes.load(bigEndian: UInt64.self, at: 17))
    case (41, _):
      return Digest(copying: bytes.extracting(1..<33)).map {
        .digest(family, $0, bytes.load(bigEndian: UInt64.self, at: 33))
      }
    default:
      return nil
    }
  }
}
