import LedgerEvents

extension Sample {
  /// Samples of the versions before the current one.
  static func earlierVersions() throws -> [Sample] {
    [
      try Sample(.phonePINRequested, version: 1, pinRequested1, means: .phonePINRequested(oldPIN())),
      try Sample(.phonePINRequested, version: 2, pinRequested2(), means: .phonePINRequested(oldPIN())),
      try Sample(.accountRegistered, version: 1, registered1, means: .accountRegistered(registered(userAgent: nil))),
      try Sample(.tokenIssued, version: 1, issued1, means: .tokenIssued(issuedBefore(successor: 0))),
      try Sample(.tokenIssued, version: 2, issued2, means: .tokenIssued(issuedBefore(successor: 31))),
    ]
  }

  private static let registered1 = AccountRegistered.with {
    $0.issuer = "https://login.example.org"
    $0.subject = sealed(3)
    $0.name = sealed(4)
    $0.email = sealed(5)
    $0.role = .tenantAdmin
  }

  private static let issued1 = TokenIssued.with {
    $0.family = 20
    $0.grant = 18
    $0.connector = 14
    $0.group = 15
    $0.refreshToken = 21
    $0.secret = 14
    $0.digest = bytes(32, from: 17)
    $0.expiresAt = 1_767_312_000_000
    $0.scopes = 0x1F
  }
}
