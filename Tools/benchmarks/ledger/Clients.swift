import CredentialLedger

/// A ledger with connectors that may issue tokens.
struct Clients: Sendable {
  struct Client: Sendable {
    let connector: Connector
    let secret: ConnectorSecret
    let refreshToken: RefreshToken
  }

  static let connectorCount = 100
  let ledger: Ledger
  let all: [Client]

  /// Makes a ledger in a folder, with the connectors of one developer, each granted one group.
  init(in folder: String) async throws {
    ledger = try await Ledger.create(
      at: folder, origin: "ledger.example.org", .benchmark)
    let person = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "benchmark").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: person)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: person)
    let group = try await ledger.groups.create(name: "Benchmark", by: person)
    var all: [Client] = []
    for number in 1...Self.connectorCount {
      let (connector, secret) = try await ledger.connectors.create(
        name: "Connector \(number)", permissions: [.groupInformation, .textMessage], by: person)
      let granted = try await ledger.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(group.id), by: person)
      all.append(Client(connector: connector, secret: secret, refreshToken: granted.refreshToken))
    }
    self.all = all
  }

  /// Issues one token, durable on return.
  func issue(_ number: Int) async throws(LedgerError) -> AccessToken {
    let client = all[number % all.count]
    return try await ledger.tokens.issue(
      connector: client.connector.publicID, secret: client.secret, refreshToken: client.refreshToken
    ).accessToken
  }
}
