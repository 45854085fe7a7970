import LedgerEvents

// Events about resource servers, and about what access tokens are restricted to.
extension Sample {
  static let resourceServer = ResourceServerCreated.with {
    $0.publicID = bytes(16, from: 40)
    $0.secretDigest = bytes(32, from: 41)
    $0.name = "Archive"
    $0.audience = "https://archive.example.org"
  }

  static let resourceServerSecretRotated = ResourceServerSecretRotated.with {
    $0.resourceServer = 40
    $0.secretDigest = bytes(32, from: 42)
    $0.previousSecret = 40
    $0.previousExpiresAt = 1_767_225_660_000
  }

  static let leak = TokenLeakReported.with {
    $0.token = 21
    $0.connector = 14
    $0.grant = 18
    $0.group = 15
    $0.family = 20
    $0.reporter = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"
    $0.source = "commit"
    $0.location = "https://code.example.org/octocat/hello/blob/main/settings.ini"
  }

  static let issued = V3TokenIssued.with {
    $0.family = 20
    $0.grant = 18
    $0.connector = 14
    $0.group = 15
    $0.refreshToken = 21
    $0.secret = 14
    $0.digest = bytes(32, from: 17)
    $0.expiresAt = 1_767_312_000_000
    $0.scopes = 0x1F
    $0.successor = 31
    $0.audiences = [1, 40]
    $0.keyThumbprint = bytes(32, from: 43)
    $0.format = .signed
  }

  static let issued2 = V2TokenIssued.with {
    $0.family = 20
    $0.grant = 18
    $0.connector = 14
    $0.group = 15
    $0.refreshToken = 21
    $0.secret = 14
    $0.digest = bytes(32, from: 17)
    $0.expiresAt = 1_767_312_000_000
    $0.scopes = 0x1F
    $0.successor = 31
  }

  /// What tokens of versions 1 and 2 mean now.
  static func issuedBefore(successor: UInt64) -> V3TokenIssued {
    .with {
      $0.family = 20
      $0.grant = 18
      $0.connector = 14
      $0.group = 15
      $0.refreshToken = 21
      $0.secret = 14
      $0.digest = bytes(32, from: 17)
      $0.expiresAt = 1_767_312_000_000
      $0.scopes = 0x1F
      $0.successor = successor
    }
  }

  /// Samples of fields about the conditions of access that versions got later.
  static func fieldsOfAccess() throws -> [Sample] {
    [
      try Sample(
        .connectorCreated(
          .with {
            $0.owner = 11
            $0.publicID = bytes(16, from: 12)
            $0.secretDigest = bytes(32, from: 13)
            $0.details.name = "Rota"
            $0.details.scopes = 3
            $0.details.clientCredentials = true
            $0.details.dpopBound = true
            $0.details.signedTokens = true
          }), adding: "formats"),
      try Sample(
        .refreshTokenIssued(
          .with {
            $0.grant = 18
            $0.connector = 14
            $0.granter = 11
            $0.digest = bytes(32, from: 15)
            $0.expiresAt = 1_798_761_600_000
            $0.audiences = [1, 40]
          }), adding: "audiences"),
      try Sample(
        .authorizationCodeIssued(
          .with {
            $0.connector = 14
            $0.account = 11
            $0.redirectUri = "https://rota.example.org/signed-in"
            $0.digest = bytes(32, from: 32)
            $0.expiresAt = 1_767_225_660_000
            $0.scopes = 3
            $0.audiences = [40]
            $0.keyThumbprint = bytes(32, from: 43)
          }), adding: "conditions"),
    ]
  }
}
