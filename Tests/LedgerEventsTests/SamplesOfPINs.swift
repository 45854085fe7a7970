import LedgerEvents

extension Sample {
  static let pinRequested = V3PhonePINRequested.with {
    $0.account = 11
    $0.number = sealed(22)
    $0.salt = bytes(16, from: 23)
    $0.pinDigest = bytes(32, from: 24)
    $0.expiresAt = 1_767_226_200_000
    $0.connector = 14
    $0.unauthenticated = true
  }

  /// What an older version means today: a PIN that is over.
  static func oldPIN(connector: UInt64 = 0) -> V3PhonePINRequested {
    .with {
      $0.account = 11
      $0.number = sealed(22)
      $0.expiresAt = 1_767_226_200_000
      $0.connector = connector
    }
  }

  static func pinRequested2(connector: UInt64 = 0) -> V2PhonePINRequested {
    .with {
      $0.account = 11
      $0.number = sealed(22)
      $0.salt = bytes(16, from: 23)
      $0.pinDigest = bytes(32, from: 24)
      $0.expiresAt = 1_767_226_200_000
      $0.scryptLog2N = 16
      $0.connector = connector
    }
  }

  static let pinRequested1 = PhonePINRequested.with {
    $0.account = 11
    $0.number = sealed(22)
    $0.salt = bytes(16, from: 23)
    $0.pinDigest = bytes(32, from: 24)
    $0.expiresAt = 1_767_226_200_000
  }
}
