import Configuration
import HTTPSupport

extension ServerSettings {
  /// Reads settings from the command line, the environment and a file; what the former say goes before.
  ///
  /// - Parameters:
  ///   - flags: texts by the setting's name.
  ///   - environment: the process's variables; those that begin with `CREDLEDGER_SERVE_` are settings.
  ///   - file: the content of the file; nil for none. See `Schemas/files/config.schema.json`.
  /// - Throws: for an unknown setting, naming the nearest that there is, and for a malformed value.
  public static func read(
    flags: [String: [String]], environment: [String: String], file: [UInt8]?
  ) throws(SettingsError) -> ServerSettings {
    for name in environment.keys.sorted() where name.hasPrefix(SettingKey.variablePrefix) {
      _ = try SettingKey.named(name, by: { $0.variable }, in: "the environment")
    }
    var given: [AbsoluteConfigKey: ConfigValue] = [:]
    var sources: [String: String] = [:]
    for name in environment.keys where name.hasPrefix(SettingKey.variablePrefix) {
      sources[try SettingKey.named(name, by: { $0.variable }, in: "the environment").rawValue] = "environment"
    }
    for (name, values) in flags {
      let key = try SettingKey.named(name, by: { $0.rawValue }, in: "the command line")
      given[key.path] = key.value(values)
      sources[key.rawValue] = "command line"
    }
    let inFile = try file.map { (bytes) throws(SettingsError) in try values(inFile: bytes) } ?? [:]
    for key in SettingKey.allCases where inFile[key.path] != nil && sources[key.rawValue] == nil {
      sources[key.rawValue] = "file"
    }
    let reader = ConfigReader(providers: [
      InMemoryProvider(name: "flags", values: given),
      EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "credledger.serve"),
      InMemoryProvider(name: "file", values: inFile),
    ])
    var settings = try ServerSettings(from: reader)
    settings.sources = sources
    return settings
  }

  private init(from reader: ConfigReader) throws(SettingsError) {
    func text(_ key: SettingKey) -> String? { reader.string(forKey: key.relative) }
    func texts(_ key: SettingKey) -> [String]? { reader.stringArray(forKey: key.relative) }
    if let values = texts(.listen) {
      guard !values.isEmpty else { throw SettingsError("listen: expected at least one HOST:PORT") }
      listeners = try values.map { (value) throws(SettingsError) in
        guard let address = ListenAddress(value) else {
          throw SettingsError("listen: expected HOST:PORT, got \(value)")
        }
        return address
      }
    }
    if let value = text(.publicURL) { publicURL = try Self.origin(value, .publicURL) }
    if let value = text(.development) {
      isDevelopment = try Self.choice(.development, value, ["true": true, "false": false])
      guard !isDevelopment || listeners.allSatisfy(\.isLoopback) else {
        throw SettingsError(
          "development: expected to listen on the loopback alone, since anybody may sign in as anyone")
      }
    }
    if let value = text(.logFormat) {
      logFormat = try Self.choice(
        .logFormat, value, Dictionary(uniqueKeysWithValues: LogFormat.allCases.map { ($0.rawValue, $0) }))
    }
    if let value = text(.logLevel) {
      logLevel = try Self.choice(
        .logLevel, value, Dictionary(uniqueKeysWithValues: LogThreshold.allCases.map { ($0.rawValue, $0) }))
    }
    // 16 KB of header must pass: tokens of other services had 1,500 characters, and proxies add theirs.
    headerBytes = try Self.number(.headerBytes, text(.headerBytes), 16_384...1_048_576) ?? headerBytes
    headerCount = try Self.number(.headerCount, text(.headerCount), 16...1_000) ?? headerCount
    bodyBytes = try Self.number(.bodyBytes, text(.bodyBytes), 1_024...67_108_864) ?? bodyBytes
    connections = try Self.number(.connections, text(.connections), 1...1_000_000) ?? connections
    connectionsPerAddress =
      try Self.number(.connectionsPerAddress, text(.connectionsPerAddress), 0...1_000_000) ?? connectionsPerAddress
    idleSeconds = try Self.number(.idleSeconds, text(.idleSeconds), 1...3_600) ?? idleSeconds
    requestSeconds = try Self.number(.requestSeconds, text(.requestSeconds), 1...3_600) ?? requestSeconds
    connectorCalls = try Self.number(.connectorCalls, text(.connectorCalls), 0...1_000_000) ?? connectorCalls
    organisationCalls =
      try Self.number(.organisationCalls, text(.organisationCalls), 0...1_000_000) ?? organisationCalls
    failures = try Self.number(.failures, text(.failures), 0...1_000_000) ?? failures
    switch (text(.tlsCertificate), text(.tlsKey)) {
    case (let certificate?, let key?): tls = TLSFiles(certificate: certificate, key: key)
    case (nil, nil): break
    case (_?, nil): throw SettingsError("tls.key: expected a file as well, with the key of tls.certificate")
    case (nil, _?): throw SettingsError("tls.certificate: expected a file as well, with the certificate of tls.key")
    }
    providersFile = text(.providersFile)
    languageFiles = texts(.languageFiles) ?? []
    providerSeconds = try Self.number(.providerSeconds, text(.providerSeconds), 1...60) ?? providerSeconds
    backups = text(.backups)
    switch (text(.cosigned), text(.witnessKey)) {
    case (let path?, let witness?): cosigned = CosignedCheckpoint(path: path, witness: witness)
    case (nil, nil): break
    case (_?, nil): throw SettingsError("portal.witness-key: expected the public key of the witness of portal.cosigned")
    case (nil, _?): throw SettingsError("portal.cosigned: expected a file with a checkpoint as well")
    }
    if let value = text(.tracesEndpoint) { traces = try Self.origin(value, .tracesEndpoint) }
    sms = try Self.sms(text, texts)
    messages = text(.messagesFolder)
    messageDays = try Self.number(.messagesDays, text(.messagesDays), 0...36_500) ?? messageDays
    webhookTrust = text(.webhookTrust)
    for value in texts(.webhookAddresses) ?? [] {
      let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, !parts[1].contains("/"), AddressRange(parts[1]) != nil else {
        throw SettingsError(
          "webhooks.addresses: expected HOST=ADDRESS, such as hooks.example.org=10.0.0.7, got \(value)")
      }
      webhookAddresses[parts[0].lowercased()] = parts[1]
    }
    eventSecretFile = text(.eventSecretFile)
    eventWebhooks = texts(.eventWebhooks) ?? []
    if let wrong = eventWebhooks.first(where: { !$0.hasPrefix("https://") || $0.contains("@") }) {
      throw SettingsError("events.webhooks: expected https addresses without a user, got \(wrong.prefix { $0 != "?" })")
    }
    if let values = texts(.leakKeys) {
      leakKeys = try values.map { (value) throws(SettingsError) in
        guard let sign = value.firstIndex(of: "="), sign > value.startIndex, value.index(after: sign) < value.endIndex
        else { throw SettingsError("leaks.keys: expected IDENTIFIER=FILE, got \(value)") }
        return LeakKeyFile(identifier: String(value[..<sign]), path: String(value[value.index(after: sign)...]))
      }
    }
    switch (text(.operatorListen), text(.operatorTokens)) {
    case (let listen?, let tokens?):
      guard let address = ListenAddress(listen) else {
        throw SettingsError("operator.listen: expected HOST:PORT, got \(listen)")
      }
      guard tls != nil || address.isLoopback else {
        throw SettingsError("operator.listen: expected tls.certificate as well, or an address of the loopback")
      }
      operators = OperatorListener(address: address, tokens: tokens)
    case (nil, nil): break
    case (_?, nil): throw SettingsError("operator.tokens: expected a file with digests of tokens as well")
    case (nil, _?): throw SettingsError("operator.listen: expected an address as well, such as 127.0.0.1:8444")
    }
    if let value = text(.dpopNonce) {
      requiresProofNonce = try Self.choice(.dpopNonce, value, ["true": true, "false": false])
    }
    if let values = texts(.proxies) {
      proxies = try values.map { (value) throws(SettingsError) in
        guard let range = AddressRange(value) else {
          throw SettingsError("proxies: expected addresses or ranges such as 10.0.0.0/8, got \(value)")
        }
        return range
      }
    }
  }

  private static func sms(
    _ text: (SettingKey) -> String?, _ texts: (SettingKey) -> [String]?
  ) throws(SettingsError) -> SMS? {
    guard let url = text(.smsURL) else {
      let others: [SettingKey] = [.smsHeaders, .smsBody, .smsText, .smsUser, .smsSecretFile, .smsAuthorities]
      guard let alone = others.first(where: { text($0) != nil || texts($0) != nil }) else { return nil }
      throw SettingsError("sms.url: expected the gateway's address as well as \(alone.rawValue)")
    }
    let message = text(.smsText) ?? "Your PIN is {pin}."
    guard message.contains("{pin}") else { throw SettingsError("sms.text: expected a text with {pin}") }
    guard text(.smsUser) == nil || text(.smsSecretFile) != nil else {
      throw SettingsError("sms.secret-file: expected a file with the secret of sms.user")
    }
    guard text(.smsUser)?.contains(":") != true else { throw SettingsError("sms.user: expected no colon") }
    return SMS(
      template: try RequestTemplate(url: url, headers: texts(.smsHeaders) ?? [], body: text(.smsBody) ?? ""),
      text: message, user: text(.smsUser), secretFile: text(.smsSecretFile), authorities: text(.smsAuthorities))
  }

  /// The settings of a file, each as the text or the texts that it would be on the command line.
  private static func values(inFile bytes: [UInt8]) throws(SettingsError) -> [AbsoluteConfigKey: ConfigValue] {
    let value: JSONValue
    do throws(JSONParser.Failure) { value = try JSONParser.parse(bytes) } catch {
      throw SettingsError("the configuration file is not JSON: \(error.reason), at byte \(error.offset)")
    }
    guard case .members(let members) = value else {
      throw SettingsError("the configuration file: expected a JSON object")
    }
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    func take(_ name: String, _ value: JSONValue) throws(SettingsError) {
      if name == "$schema" { return }
      // A section, such as limits.
      if case .members(let members) = value {
        for member in members { try take("\(name).\(member.name)", member.value) }
        return
      }
      let key = try SettingKey.named(name, by: { $0.rawValue }, in: "the configuration file")
      var texts: [String] = []
      switch value {
      case .array(let items) where key.isList:
        for item in items {
          guard case .string(let text) = item else { throw SettingsError("\(name): expected a list of texts") }
          texts.append(text)
        }
      default:
        guard let text = value.text, !key.isList else {
          throw SettingsError("\(name): expected \(key.isList ? "a list of texts" : "one value")")
        }
        texts = [text]
      }
      guard values.updateValue(key.value(texts), forKey: key.path) == nil else {
        throw SettingsError("\(name): expected once in the configuration file")
      }
    }
    for member in members { try take(member.name, member.value) }
    return values
  }

  private static func choice<Value>(_ key: SettingKey, _ text: String, _ values: [String: Value]) throws(SettingsError)
    -> Value
  {
    guard let value = values[text] else {
      throw SettingsError(
        "\(key.rawValue): expected one of \(values.keys.sorted().joined(separator: ", ")), got \(text)")
    }
    return value
  }

  private static func number(
    _ key: SettingKey, _ text: String?, _ range: ClosedRange<Int>
  ) throws(SettingsError) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw SettingsError(
        "\(key.rawValue): expected a number from \(range.lowerBound) to \(range.upperBound), got \(text)")
    }
    return number
  }

  /// Scheme, host and port; clients compare an issuer byte by byte, so a slash at the end is not kept.
  private static func origin(_ text: String, _ key: SettingKey) throws(SettingsError) -> String {
    let origin = text.hasSuffix("/") ? String(text.dropLast()) : text
    let parts = origin.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, ["http", "https"].contains(parts[0]), !parts[1].isEmpty,
      !parts[1].contains(where: { "/?#@ ".contains($0) })
    else {
      throw SettingsError("\(key.rawValue): expected a scheme, a host and no path, such as https://tokens.example.org")
    }
    return origin
  }
}

extension SettingKey {
  var path: AbsoluteConfigKey { AbsoluteConfigKey(rawValue.split(separator: ".").map(String.init)) }

  var relative: ConfigKey { ConfigKey(rawValue.split(separator: ".").map(String.init)) }

  fileprivate func value(_ texts: [String]) -> ConfigValue {
    isList ? ConfigValue(.stringArray(texts), isSecret: false) : ConfigValue(.string(texts.last ?? ""), isSecret: false)
  }
}
