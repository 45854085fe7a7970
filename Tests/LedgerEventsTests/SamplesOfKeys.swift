import LedgerEvents

extension Sample {
  static let signingKeyRotated = SigningKeyRotated.with {
    $0.before = bytes(32, from: 19)
    $0.after = bytes(32, from: 20)
  }

  static let keyRotated = KeyRotated.with {
    $0.purpose = .tokenMask
    $0.before = 2
    $0.after = 3
    $0.beforeUntil = 1_790_000_000_000
  }

  static let keyDropped = KeyDropped.with {
    $0.purpose = .derivation
    $0.oldest = 4
  }

  static let masterKeyRotated = MasterKeyRotated.with {
    $0.before = bytes(8, from: 33)
    $0.after = bytes(8, from: 34)
  }
}
