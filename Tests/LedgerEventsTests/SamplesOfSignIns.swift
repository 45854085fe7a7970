import LedgerEvents

extension Sample {
  static let accountSignedOut = AccountSignedOut.with {
    $0.account = 11
    $0.signIn = 44
    $0.end = .byProvider
  }

  static let accountSignInRefused = AccountSignInRefused.with {
    $0.issuer = "https://id.example.org"
    $0.refusal = .unverified
    $0.detail = "nonce: expected the one of the request"
    $0.account = 11
    $0.unrecorded = 7
  }

  static let authorizationRefused = AuthorizationRefused.with {
    $0.connector = 14
    $0.account = 11
    $0.redirectUri = "https://client.example.org/callback"
    $0.scopes = 5
  }

  static let permissionReviewed = PermissionReviewed.with {
    $0.grant = 17
    $0.connector = 14
    $0.group = 15
    $0.granter = 11
    $0.decision = .revoke
    $0.reason = "not used since March"
  }
}
