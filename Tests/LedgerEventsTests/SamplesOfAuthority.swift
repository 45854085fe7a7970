import LedgerEvents

extension Sample {
  /// Events about who may do what.
  static let authority: [LedgerEvent] = [
    .connectorScopesApproved(
      .with {
        $0.connector = 14
        $0.before = 1 << 20
        $0.after = 1 << 21
        $0.scopes = 1 << 21 | 3
      }),
    .connectorDeactivated(
      .with {
        $0.connector = 14
        $0.reason = "under review"
        $0.byAdministrator = true
      }),
    .connectorActivated(.with { $0.connector = 14 }),
    .connectorOldSecretEnded(
      .with {
        $0.connector = 14
        $0.secret = 14
      }),
  ]

  /// Samples of fields about who may do what that versions got later.
  static func fieldsOfAuthority() throws -> [Sample] {
    [
      try Sample(
        .accountDisabled(
          .with {
            $0.account = 11
            $0.reason = "left the organisation"
            $0.byOperator = true
          }), adding: "operator"),
      try Sample(
        .authorizationCodeIssued(
          .with {
            $0.connector = 14
            $0.account = 11
            $0.redirectUri = "https://rota.example.org/signed-in"
            $0.digest = bytes(32, from: 32)
            $0.expiresAt = 1_767_225_660_000
            $0.scopes = 3
          }), adding: "scopes"),
      try Sample(
        .connectorUpdated(
          .with {
            $0.connector = 14
            $0.before.name = "Rota"
            $0.after.name = "Rota"
            $0.after.pkceOptional = true
            $0.approved = 1 << 20
          }), adding: "approved"),
    ]
  }
}
