/// A setting of the server: its name, and what it may be.
enum SettingKey: String, CaseIterable {
  case listen
  case publicURL = "public-url"
  case development
  case logFormat = "log.format"
  case logLevel = "log.level"
  case headerBytes = "limits.header-bytes"
  case headerCount = "limits.header-count"
  case bodyBytes = "limits.body-bytes"
  case connections = "limits.connections"
  case connectionsPerAddress = "limits.connections-per-address"
  case idleSeconds = "limits.idle-seconds"
  case requestSeconds = "limits.request-seconds"
  case connectorCalls = "limits.connector-calls"
  case organisationCalls = "limits.organisation-calls"
  case failures = "limits.failures"
  case tlsCertificate = "tls.certificate"
  case tlsKey = "tls.key"
  case smsURL = "sms.url"
  case smsHeaders = "sms.headers"
  case smsBody = "sms.body"
  case smsText = "sms.text"
  case smsUser = "sms.user"
  case smsSecretFile = "sms.secret-file"
  case smsAuthorities = "sms.ca-file"
  case tracesEndpoint = "traces.endpoint"
  case proxies
  case providersFile = "portal.providers"
  case languageFiles = "portal.languages"
  case providerSeconds = "portal.provider-seconds"
  case backups = "portal.backups"
  case cosigned = "portal.cosigned"
  case witnessKey = "portal.witness-key"
  case messagesFolder = "messages.folder"
  case messagesDays = "messages.days"
  case webhookAddresses = "webhooks.addresses"
  case webhookTrust = "webhooks.trust"
  case eventSecretFile = "events.secret-file"
  case eventWebhooks = "events.webhooks"
  case leakKeys = "leaks.keys"
  case operatorListen = "operator.listen"
  case operatorTokens = "operator.tokens"
  case dpopNonce = "oauth.dpop-nonce"

  /// Whether it is a list.
  var isList: Bool {
    [.listen, .proxies, .smsHeaders, .webhookAddresses, .leakKeys, .languageFiles, .eventWebhooks].contains(self)
  }

  /// The name of its variable: `CREDLEDGER_SERVE_` and the name in capitals.
  static let variablePrefix = "CREDLEDGER_SERVE_"
  var variable: String {
    Self.variablePrefix + rawValue.uppercased().replacing("-", with: "_").replacing(".", with: "_")
  }

  /// The key of this name.
  ///
  /// - Throws: where there is none; names the nearest.
  static func named(_ name: String, by spelling: (SettingKey) -> String, in place: String) throws(SettingsError)
    -> SettingKey
  {
    if let key = allCases.first(where: { spelling($0) == name }) { return key }
    let near = allCases.map(spelling).map { (name: $0, distance: EditDistance.between(name, $0)) }
      .min { $0.distance < $1.distance }
    let hint = near.map { "; did you mean \($0.name)?" } ?? ""
    throw SettingsError("\(place): there is no setting \(name.prefix(64))\(hint)")
  }
}

/// The settings are not such that a server can be started with them. Says which, and what was expected.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// How much two names differ.
enum EditDistance {
  /// How many characters to add, drop or replace, to get from one text to the other (Levenshtein).
  static func between(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.prefix(64)), Array(other.prefix(64)))
    var row = Array(0...other.count)
    for (line, character) in one.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, wanted) in other.enumerated() {
        let above = row[column + 1]
        row[column + 1] = min(diagonal + (character == wanted ? 0 : 1), above + 1, row[column] + 1)
        diagonal = above
      }
    }
    return row[other.count]
  }
}
