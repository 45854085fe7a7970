import CredentialLedger
import Glibc
import LedgerTestSupport
import Synchronization
import Testing

/// A small ledger with everything in it that matters to an auditor. Its times are the same each time.
struct AuditedLedger {
  let folder = TemporaryFolder()
  var path: String { "\(folder.path)/ledger" }

  let ada: AccountID
  let eve: AccountID
  let connector: Connector
  let group: Group
  let granted: Grants.Granted
  let token: Tokens.Issued

  /// A clock that starts in 2026, and moves when it is told to: how often anybody looks at it does not matter.
  private final class SteadyClock: Sendable {
    let milliseconds = Atomic<Int64>(1_767_225_600_000)
    func tick() { milliseconds.add(1_000, ordering: .relaxed) }
  }

  init() async throws {
    let clock = SteadyClock()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org",
      LedgerConfiguration(
        masterKey: .keysFolder, clock: { clock.milliseconds.load(ordering: .relaxed) }))
    func arrive(_ subject: String, _ name: String, _ number: String) async throws -> AccountID {
      clock.tick()
      let context = RequestContext(requestID: "r-\(subject)", address: "192.0.2.7")
      let account = try await ledger.accounts.signIn(
        issuer: "https://id.example.org", subject: subject, name: name, context: context
      ).account
      clock.tick()
      let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account, context: context)
      clock.tick()
      _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
      return account
    }
    ada = try await arrive("a-1", "Ada Lovelace", "+911199999999")
    eve = try await arrive("e-2", "Eve Harrington", "+911199999998")
    // Names as somebody would choose them who wishes a spreadsheet or a terminal ill.
    clock.tick()
    let secret: ConnectorSecret
    (connector, secret) = try await ledger.connectors.create(
      name: #"=HYPERLINK("https://example.org","Roster")"#, permissions: [.textMessage], by: ada)
    clock.tick()
    group = try await ledger.groups.create(name: "Feld, 東京 \"A\"", by: ada)
    clock.tick()
    granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: ada,
      context: RequestContext(requestID: "r-17"))
    clock.tick()
    token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    clock.tick()
    try await ledger.grants.revoke(granted.grant, by: ada)
    clock.tick()
    try await ledger.people.erase(eve, by: Requester.operator)
    await ledger.close()
  }

  /// Runs a subcommand on the ledger.
  func run(
    _ arguments: [String], input: String = "", environment: [String] = []
  ) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path], input: input, environment: environment)
  }

  /// A text with what is drawn at random replaced by what it is.
  func steady(_ text: String) -> String {
    text.replacing("\(connector.publicID)", with: "GUID-OF-CONNECTOR").replacing(
      "\(group.publicID)", with: "GUID-OF-GROUP")
  }

  /// Runs one that must succeed.
  func output(
    _ arguments: [String], input: String = "", environment: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let result = try run(arguments, input: input, environment: environment)
    #expect(result.status == 0, "\(arguments): \(result.error)", sourceLocation: sourceLocation)
    return result.output
  }

  /// The positions that a search shows.
  func positions(
    _ arguments: [String], input: String = "", sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [UInt64] {
    try output(
      ["audit", "--fields", "position", "--format", "ndjson"] + arguments, input: input, sourceLocation: sourceLocation
    ).split(separator: "\n").compactMap { UInt64($0.filter(\.isNumber)) }
  }
}

/// Compares what the program writes with a file in `Golden`; `CREDLEDGER_WRITE_GOLDEN=1` writes one that is missing.
func expectGolden(
  _ text: String, _ name: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) {
  let path =
    file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    + "/Golden/\(name)"
  if unsafe getenv("CREDLEDGER_WRITE_GOLDEN") != nil, let golden = unsafe fopen(path, "wx") {
    unsafe fputs(text, golden)
    unsafe fclose(golden)
  }
  var golden: [UInt8] = []
  if let file = unsafe fopen(path, "r") {
    while case let byte = unsafe getc(file), byte != EOF { golden.append(UInt8(truncatingIfNeeded: byte)) }
    unsafe fclose(file)
  }
  #expect(text == String(decoding: golden, as: UTF8.self), "other than \(name)", sourceLocation: sourceLocation)
}
