import LedgerEvents

/// How long tokens live.
@usableFromInline
enum TokenLifetime {
  /// Bounds of what may be set, in seconds.
  static let accessBounds: ClosedRange<Int64> = 60...7 * 86_400
  static let refreshBounds: ClosedRange<Int64> = 3_600...730 * 86_400

  /// - Parameter seconds: what the connector's details say; 0 is the default of 24 hours.
  @usableFromInline
  static func access(_ seconds: Int64) -> Duration { .seconds(seconds == 0 ? 24 * 3_600 : seconds) }

  /// - Parameter seconds: what the connector's details say; 0 is the default of 365 days.
  @usableFromInline
  static func refresh(_ seconds: Int64) -> Duration { .seconds(seconds == 0 ? 365 * 86_400 : seconds) }
}

extension ConnectorDetails {
  static let maximumRedirectURIs = 10

  /// The details with white space trimmed around the texts.
  /// - Throws: ``ErrorCode/invalidValue``, naming the field.
  func checked() throws(DecisionFailure) -> ConnectorDetails {
    var checked = self
    checked.name = try TextRule(field: "name", characters: 1...100).trimming(name)
    checked.description_p = try TextRule(field: "description", characters: 0...1_000, isMultiline: true)
      .trimming(description_p)
    checked.publisher = try TextRule(field: "publisher", characters: 0...100).trimming(publisher)
    guard redirectUris.count <= Self.maximumRedirectURIs else {
      throw .refused(.invalidValue, field: "redirectURIs", expected: "at most \(Self.maximumRedirectURIs)")
    }
    guard redirectUris.allSatisfy(RedirectURI.isWellFormed) else {
      throw .refused(
        .invalidValue, field: "redirectURIs",
        expected:
          "https addresses (or http to localhost, 127.0.0.1 or [::1]) without fragment, at most \(RedirectURI.maximumBytes) bytes each"
      )
    }
    guard scopes != 0, Scopes.all.isSuperset(of: Scopes(rawValue: scopes)) else {
      throw .refused(.invalidValue, field: "scopes", expected: "at least one permission, and only known ones")
    }
    try require(accessTokenLifetime, in: TokenLifetime.accessBounds, field: "accessTokenLifetime")
    try require(refreshTokenLifetime, in: TokenLifetime.refreshBounds, field: "refreshTokenLifetime")
    guard rotation == .late || rotation == .always else {
      throw .refused(.invalidValue, field: "rotation", expected: "late or always")
    }
    return checked
  }

  private func require(
    _ lifetime: Int64, in bounds: ClosedRange<Int64>, field: String
  ) throws(DecisionFailure) {
    guard lifetime == 0 || bounds ~= lifetime else {
      throw .refused(
        .invalidValue, field: field,
        expected: "\(bounds.lowerBound) to \(bounds.upperBound) seconds, or 0 for the default")
    }
  }
}
