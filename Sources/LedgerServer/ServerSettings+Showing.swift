import ManagementPortal

extension ServerSettings {
  /// The settings in force, as operators see them. What may hold a secret is shown as set or not.
  var shown: [PortalSettings.Setting] {
    SettingKey.allCases.map { key in
      PortalSettings.Setting(
        name: key.rawValue, value: text(of: key), isSecret: Self.mayHoldSecret(key),
        source: sources[key.rawValue] ?? "default")
    }
  }

  /// Addresses, header fields and bodies of gateways often hold a key.
  private static func mayHoldSecret(_ key: SettingKey) -> Bool {
    switch key {
    case .smsURL, .smsHeaders, .smsBody, .smsUser, .smsSecretFile, .eventSecretFile, .eventWebhooks: true
    default: false
    }
  }

  private func text(of key: SettingKey) -> String {
    switch key {
    case .listen: listeners.map(\.description).joined(separator: ", ")
    case .publicURL: publicURL ?? ""
    case .development: String(isDevelopment)
    case .logFormat: logFormat.rawValue
    case .logLevel: logLevel.rawValue
    case .headerBytes: String(headerBytes)
    case .headerCount: String(headerCount)
    case .bodyBytes: String(bodyBytes)
    case .connections: String(connections)
    case .connectionsPerAddress: String(connectionsPerAddress)
    case .idleSeconds: String(idleSeconds)
    case .requestSeconds: String(requestSeconds)
    case .connectorCalls: String(connectorCalls)
    case .organisationCalls: String(organisationCalls)
    case .failures: String(failures)
    case .tlsCertificate: tls?.certificate ?? ""
    case .tlsKey: tls?.key ?? ""
    case .smsURL, .smsHeaders, .smsBody, .smsUser, .smsSecretFile, .eventSecretFile, .eventWebhooks:
      sources[key.rawValue] == nil ? "" : "set"
    case .smsText: sms?.text ?? ""
    case .smsAuthorities: sms?.authorities ?? ""
    case .tracesEndpoint: traces ?? ""
    case .proxies: proxies.map(\.description).joined(separator: ", ")
    case .providersFile: providersFile ?? ""
    case .languageFiles: languageFiles.joined(separator: ", ")
    case .providerSeconds: String(providerSeconds)
    case .backups: backups ?? ""
    case .cosigned: cosigned?.path ?? ""
    case .witnessKey: cosigned?.witness ?? ""
    case .messagesFolder: messages ?? ""
    case .messagesDays: String(messageDays)
    case .webhookAddresses: webhookAddresses.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ", ")
    case .webhookTrust: webhookTrust ?? ""
    case .operatorListen: operators?.address.description ?? ""
    case .operatorTokens: operators?.tokens ?? ""
    case .dpopNonce: String(requiresProofNonce)
    case .leakKeys: leakKeys.map { "\($0.identifier)=\($0.path)" }.joined(separator: ", ")
    }
  }
}
