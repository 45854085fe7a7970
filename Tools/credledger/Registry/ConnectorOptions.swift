import ArgumentParser
import CredentialLedger

/// The details of a connector that may be left out.
struct ConnectorDetailOptions: ParsableArguments {
  @Option(help: "What it is for, at most 1000 characters.") var description: String?
  @Option(help: "Who publishes it, at most 100 characters.") var publisher: String?
  @Option(
    name: .customLong("redirect-uri"),
    help: "An address that authorization codes may be sent to; give it several times for several, at most 10.")
  var redirectURI: [String] = []
  @Option(parsing: .unconditional, help: "Seconds that access tokens live, 60 to 604800; 0 for 24 hours.")
  var accessTokenLifetime: Int64?
  @Option(parsing: .unconditional, help: "Seconds that refresh tokens live, 3600 to 63072000; 0 for 365 days.")
  var refreshTokenLifetime: Int64?
  @Option(help: "When a refresh token is replaced: late in its life, or always at its use.") var rotation: RotationName?

  @Flag(inversion: .prefixedNo, help: "Whether an authorization code needs a challenge (PKCE); it does by default.")
  var requirePkce: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether it gets access tokens of its own, for no person; without it those that it has stop for good.")
  var ownTokens: Bool?

  @Flag(inversion: .prefixedNo, help: "Whether its access tokens are bound to a key that it proves to have (DPoP).")
  var dpopBound: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether its access tokens are signed (RFC 9068), so that resource servers verify them without a call.")
  var signedTokens: Bool?

  /// Whether any of them is given.
  var nameSomething: Bool {
    description != nil || publisher != nil || !redirectURI.isEmpty || accessTokenLifetime != nil
      || refreshTokenLifetime != nil || rotation != nil || requirePkce != nil || ownTokens != nil || dpopBound != nil
      || signedTokens != nil
  }
}

/// The kinds of rotation by their names on the command line.
enum RotationName: String, ExpressibleByArgument, CaseIterable {
  case late
  case always

  var value: RefreshRotation { self == .late ? .late : .always }
}

/// A length of time, such as `7d`, `1h30m` or `0s`.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let duration = Duration(spelled: argument) else { return nil }
    self.duration = duration
  }
}

extension ConnectorSecret {
  /// The Secret for people, with what to know of it.
  var lines: [String] {
    ["Its Secret follows, this once: the ledger keeps a digest only. Its holder can act as the connector.", text]
  }
}

extension Connector {
  fileprivate var permissions: [Permission] {
    Permission.allCases.filter { $0.scopes.isSubset(of: Scopes(rawValue: details.scopes)) }
  }

  /// A connector that was just made, with its Secret.
  func json(secret: ConnectorSecret) -> JSON {
    let made = ConnectorState(connector: self, denialReason: nil, previousSecretUntil: nil)
    return .object(made.members + [("secret", .string(secret.text))])
  }
}

extension ConnectorState {
  private var state: String {
    if connector.isDeleted { return "deleted" }
    return connector.isInactive ? "inactive" : isInForce ? "active" : "stopped"
  }

  /// The connector in a list.
  var row: [String] {
    ["\(connector.id)", "\(connector.publicID)", state, "\(connector.owner)", connector.details.name]
  }

  /// The connector on several lines.
  var lines: [String] {
    let details = connector.details
    return [
      "\(connector.id)  \(state)", "ID              \(connector.publicID)", "name            \(details.name)",
      "owner           \(connector.owner)", "publisher       \(details.publisher)",
      "description     \(details.description_p.replacing("\n", with: " "))",
      "permissions     \(connector.permissions.map(\.rawValue).joined(separator: ", "))",
      "approved        \(connector.approvedScopes)",
    ] + details.redirectUris.map { "redirect URI    \($0)" } + [
      "PKCE            \(details.pkceOptional ? "optional" : "required")",
      "own tokens      \(details.clientCredentials ? "allowed" : "not allowed")",
      "signed tokens   \(details.signedTokens ? "yes" : "no")",
      "DPoP            \(details.dpopBound ? "required" : "optional")",
      "access tokens   \(details.accessTokenLifetime == 0 ? 86_400 : details.accessTokenLifetime) s",
      "refresh tokens  \(details.refreshTokenLifetime == 0 ? 31_536_000 : details.refreshTokenLifetime) s, replaced "
        + details.rotation.word, "created         \(connector.createdAt)",
    ] + (previousSecretUntil.map { ["old Secret      accepted until \($0)"] } ?? [])
      + (denialReason.map { ["stopped         \($0.text)"] } ?? [])
  }

  /// The connector for programs.
  var json: JSON { .object(members) }

  fileprivate var members: [(String, JSON)] {
    let details = connector.details
    var members: [(String, JSON)] = [
      ("connector", JSON(connector.id)), ("id", .string(connector.publicID.description)), ("state", .string(state)),
      ("owner", JSON(connector.owner)), ("name", .string(details.name)),
      ("publisher", .string(details.publisher)), ("description", .string(details.description_p)),
      ("permissions", .array(connector.permissions.map { .string($0.rawValue) })),
      ("redirectURIs", .array(details.redirectUris.map { .string($0) })),
      ("accessTokenLifetime", .number(UInt64(clamping: details.accessTokenLifetime))),
      ("refreshTokenLifetime", .number(UInt64(clamping: details.refreshTokenLifetime))),
      ("rotation", .string(details.rotation.word)), ("requiresPKCE", .bool(!details.pkceOptional)),
      ("ownTokens", .bool(details.clientCredentials)), ("dpopBound", .bool(details.dpopBound)),
      ("signedTokens", .bool(details.signedTokens)),
      (
        "approvedScopes",
        .array(connector.approvedScopes.description.split(separator: ",").map { .string(String($0)) })
      ), ("createdAt", .string(connector.createdAt.description)),
    ]
    if let previousSecretUntil { members.append(("previousSecretUntil", .string("\(previousSecretUntil)"))) }
    if let denialReason { members.append(("reason", .string(denialReason.text))) }
    return members
  }
}
