/// Reads payloads of older versions as the current one.
///
/// Each step lifts a message by one version, and a type's chain of steps starts at the version that was read. A new
/// version is one more step, and one more case in its type's chain.
///
/// Fields that this program does not know stay behind: the next version may use their numbers for something else. The
/// record itself keeps them.
enum Upcasters {
  /// `phone.pin_requested` of version 1, 2 or 3.
  static func phonePINRequested(
    _ payload: RawSpan, from source: PayloadSource
  ) throws(EventCodingError) -> V3PhonePINRequested {
    switch source.version {
    case 1: try version3(of: version2(of: source.decode(payload)))
    case 2: try version3(of: source.decode(payload))
    default: try source.decode(payload)
    }
  }

  /// `account.registered` of version 1 or 2.
  static func accountRegistered(
    _ payload: RawSpan, from source: PayloadSource
  ) throws(EventCodingError) -> V2AccountRegistered {
    switch source.version {
    case 1: try version2(of: source.decode(payload))
    default: try source.decode(payload)
    }
  }

  /// `token.issued` of version 1, 2 or 3.
  static func tokenIssued(_ payload: RawSpan, from source: PayloadSource) throws(EventCodingError) -> V3TokenIssued {
    switch source.version {
    case 1: try version3(of: version2(of: source.decode(payload)))
    case 2: try version3(of: source.decode(payload))
    default: try source.decode(payload)
    }
  }

  /// Version 1 did not say which program the person used.
  static func version2(of old: AccountRegistered) -> V2AccountRegistered {
    .with {
      $0.issuer = old.issuer
      if old.hasSubject { $0.subject = old.subject }
      if old.hasName { $0.name = old.name }
      if old.hasEmail { $0.email = old.email }
      $0.role = old.role
    }
  }

  /// Version 1 did not name the successor of the refresh token presented.
  static func version2(of old: TokenIssued) -> V2TokenIssued {
    .with {
      $0.family = old.family
      $0.grant = old.grant
      $0.connector = old.connector
      $0.group = old.group
      $0.refreshToken = old.refreshToken
      $0.secret = old.secret
      $0.digest = old.digest
      $0.expiresAt = old.expiresAt
      $0.scopes = old.scopes
    }
  }

  /// Version 2 knew opaque tokens only, which their holders could use anywhere.
  static func version3(of old: V2TokenIssued) -> V3TokenIssued {
    .with {
      $0.family = old.family
      $0.grant = old.grant
      $0.connector = old.connector
      $0.group = old.group
      $0.refreshToken = old.refreshToken
      $0.secret = old.secret
      $0.digest = old.digest
      $0.expiresAt = old.expiresAt
      $0.scopes = old.scopes
      $0.successor = old.successor
    }
  }

  /// Version 1 knew one cost of the hash, N = 2^14; version 2 names it.
  static func version2(of old: PhonePINRequested) -> V2PhonePINRequested {
    .with {
      $0.account = old.account
      if old.hasNumber { $0.number = old.number }
      $0.salt = old.salt
      $0.pinDigest = old.pinDigest
      $0.expiresAt = old.expiresAt
      $0.scryptLog2N = 14
    }
  }

  /// Version 2 hashed PINs by scrypt. A PIN lives ten minutes, so none of it needs to be checked any more: without digest
  /// it is one that is over.
  static func version3(of old: V2PhonePINRequested) -> V3PhonePINRequested {
    .with {
      $0.account = old.account
      if old.hasNumber { $0.number = old.number }
      $0.expiresAt = old.expiresAt
      $0.connector = old.connector
    }
  }
}
