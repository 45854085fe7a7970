extension Connector {
  /// How long its access tokens live: what its details say, or 24 hours.
  public var accessTokenLifetime: Duration { TokenLifetime.access(details.accessTokenLifetime) }

  /// How long its refresh tokens live: what its details say, or 365 days.
  public var refreshTokenLifetime: Duration { TokenLifetime.refresh(details.refreshTokenLifetime) }
}
