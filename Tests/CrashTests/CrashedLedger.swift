import CredentialLedger
import Testing

/// A ledger on disk that child processes work on, and what must hold whenever one of them is gone: every acknowledged
/// event is there, at most those in flight besides, the tree is valid, and the projections equal a rebuild.
struct CrashedLedger {
  static let configuration = LedgerConfiguration()
  /// How many events the child can have in flight: one command a task, three events in the largest.
  static let inFlight: UInt64 = 16 * 3

  let path: String
  /// What the child is given to work with: the connector's ID, Secret and refresh token.
  let credentials: [String]

  /// A ledger with one grant.
  ///
  /// - Parameter configuration: how to make it; LMDB keeps the size of the map with the file.
  init(at path: String, _ configuration: LedgerConfiguration = configuration) async throws {
    self.path = path
    let ledger = try await Ledger.create(at: path, origin: "crash.example.org", configuration)
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "one").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.textMessage, .outgoingWebhooks], by: account)
    let granted = try await ledger.grants.grant(connector.id, consent: .scopes(.all), access: .user, by: account)
    await ledger.close()
    credentials = [connector.publicID.description, secret.text, granted.refreshToken.text]
  }

  /// The arguments of a child that works on it.
  var work: [String] { ["work", path] + credentials }

  /// The newest position.
  func head() async throws -> Position {
    let ledger = try await Ledger.openForReading(at: path, Self.configuration)
    let head = try ledger.head()
    await ledger.close()
    return head
  }

  /// Opens the ledger again, and expects what must hold.
  ///
  /// - Parameters:
  ///   - before: the newest position before the child began.
  ///   - lines: what the child acknowledged.
  ///   - verifying: whether to hash every record anew and to rebuild the projections.
  ///   - comment: says where, if something does not hold.
  func expectInvariant(
    before: Position, _ lines: [Substring], verifying: Bool, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let ledger = try await Ledger.open(at: path, Self.configuration)
    let head = try ledger.head()
    let acknowledged = lines.compactMap { Acknowledged($0) }
    let count = acknowledged.reduce(0) { $0 + $1.count }
    #expect(head >= before + count, "\(comment): acknowledged events are missing", sourceLocation: sourceLocation)
    #expect(
      head <= before + count + Self.inFlight, "\(comment): more events than were asked for",
      sourceLocation: sourceLocation)
    for event in acknowledged where event.first > 0 {
      let found = try await ledger.audit.latest(1, before: Position(event.first + 1)).first
      #expect(
        found?.position == Position(event.first) && found?.type.name == event.type,
        "\(comment): the acknowledged event \(event) is not there", sourceLocation: sourceLocation)
    }
    if verifying {
      let report = try await ledger.integrity.verify()
      #expect(report.events == head.rawValue, "\(comment)", sourceLocation: sourceLocation)
      #expect(
        report.projectionsMatch, "\(comment): the projections are not those of the log", sourceLocation: sourceLocation)
    }
    await ledger.close()
  }

  /// A line by which the child says that a command is durable.
  struct Acknowledged: CustomStringConvertible {
    /// 0 where the answer does not tell.
    let first: UInt64
    let count: UInt64
    let type: String

    init?(_ line: Substring) {
      let parts = line.split(separator: " ")
      guard parts.count == 3, let first = UInt64(parts[0]), let count = UInt64(parts[1]) else { return nil }
      (self.first, self.count, type) = (first, count, String(parts[2]))
    }

    var description: String { "\(type) at \(first)" }
  }
}
