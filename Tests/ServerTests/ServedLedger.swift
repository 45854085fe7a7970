import CredentialLedger
import Glibc
import TestSupport

/// A ledger with the four steps behind it, and a server process that has it open.
final class ServedLedger {
  static let redirectURI = "https://client.example.org/callback"
  let folder = TemporaryFolder()
  private(set) var connector = ""
  private(set) var secret = ""
  private(set) var refreshToken = ""
  private(set) var group = ""
  /// A code of the connector that was not redeemed.
  private(set) var code = ""
  /// Another connector of the same developer.
  private(set) var otherConnector = ""
  private(set) var otherSecret = ""
  private(set) var port = 0
  private var process: ChildProcess?

  var path: String { "\(folder.path)/ledger" }
  /// The server's origin.
  var origin: String { "http://127.0.0.1:\(port)" }

  /// Makes the ledger and starts the server, on a port that is free.
  ///
  /// - Parameters:
  ///   - options: of `credledger serve`, besides those that name ledger and address.
  ///   - seconds: how long ago access was granted, with a refresh token that lives for ten hours where it is not 0.
  init(_ options: [String] = [], environment: [String] = [], grantedAgo seconds: Int64 = 0) async throws {
    var configuration = LedgerConfiguration()
    if seconds > 0 { configuration.clock = { LedgerConfiguration.systemClock() - seconds * 1_000 } }
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", configuration)
    let developer = try await Self.arrive("dev", "+911199999999", on: ledger)
    let admin = try await Self.arrive("admin", "+911199999998", on: ledger)
    let (made, madeSecret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.groupInformation, .textMessage], redirectURIs: [Self.redirectURI],
      refreshTokenLifetime: seconds > 0 ? 36_000 : 0, requiresPKCE: false, by: developer)
    (connector, secret) = (made.publicID.description, madeSecret.text)
    let (other, otherSecret) = try await ledger.connectors.create(
      name: "Other", permissions: [.textMessage], by: developer)
    (otherConnector, self.otherSecret) = (other.publicID.description, otherSecret.text)
    let team = try await ledger.groups.create(name: "Field team", by: admin)
    group = team.publicID.description
    refreshToken = try await ledger.grants.grant(made.id, consent: .scopes(.all), access: .group(team.id), by: admin)
      .refreshToken.text
    await ledger.close()
    // A code lives for a minute, and a machine with much to do may take as long to start a server: then another is drawn.
    for _ in 0..<4 {
      let ledger = try await Ledger.open(at: path, configuration)
      let drawn = ContinuousClock.now
      code = try await ledger.authorizationCodes.issue(
        made.id, consent: .scopes(.all), redirectURI: Self.redirectURI, by: admin
      ).code.text
      await ledger.close()
      try start(options, environment: environment)
      guard ContinuousClock.now - drawn > .seconds(20) else { break }
      end()
    }
    if process == nil { try start(options, environment: environment) }
  }

  /// Makes a ledger as somebody prepares it, and starts the server.
  init(
    _ options: [String] = [], environment: [String] = [],
    preparing prepare: (ServedLedger, Ledger) async throws -> Void
  ) async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    try await prepare(self, ledger)
    await ledger.close()
    try start(options, environment: environment)
  }

  static func arrive(_ subject: String, _ number: String, on ledger: Ledger) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    return account
  }

  /// Starts the server, and waits until it listens.
  func start(_ options: [String] = [], environment: [String] = []) throws {
    // By a shell, which gives its log a file; the server takes the shell's place.
    let process = try ChildProcess(
      "/bin/sh",
      [
        "-c", "exec \"$0\" \"$@\" 2>>\"$LOG\"", try Program.file("credledger"), "serve", "--ledger", path, "--listen",
        "127.0.0.1:0",
      ] + options, environment: ["LOG=\(folder.path)/log"] + environment)
    self.process = process
    let line = process.read().first ?? ""
    guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw ServerFailure(reason: "the server does not listen: \(log)")
    }
    self.port = port
  }

  /// Sends the server a signal, and waits for its end.
  ///
  /// - Returns: the exit status; 128 and the signal's number where a signal ended it.
  @discardableResult
  func end(by signal: Int32 = SIGTERM) -> Int32 {
    defer { process = nil }
    return process?.end(by: signal) ?? 0
  }

  /// Sends the server a signal.
  func signal(_ signal: Int32) { process?.send(signal) }

  /// The memory of the server that no file stands behind, in bytes.
  var anonymousMemory: Int {
    let status = Self.content(of: "/proc/\(process?.id ?? 0)/status")
    let kilobytes = status.firstMatch(of: /RssAnon:\s+(\d+) kB/).flatMap { Int($0.output.1) }
    return (kilobytes ?? 0) * 1_024
  }

  /// How many files and connections the server has open.
  var openDescriptors: Int { TemporaryFolder.names(in: "/proc/\(process?.id ?? 0)/fd")?.count ?? 0 }

  /// The lines that the server shows next; waits for the first.
  func readLines() -> [String] { process?.read().map(String.init) ?? [] }

  /// What the server has logged.
  var log: String { Self.content(of: "\(folder.path)/log") }

  static func content(of path: String) -> String {
    guard let file = unsafe fopen(path, "r") else { return "" }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = unsafe fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit { _ = process?.kill() }

  /// The headers by which the connector asks for an access token in the Kaizala form.
  var kaizalaHeaders: [String] {
    ["applicationId: \(connector)", "applicationSecret: \(secret)", "refreshToken:\(refreshToken)"]
  }

  /// The header by which the connector authenticates.
  var basic: String { Self.basic(connector, secret) }

  static func basic(_ id: String, _ secret: String) -> String {
    "Authorization: Basic " + Base64.encode(Array("\(id):\(secret)".utf8))
  }
}

struct ServerFailure: Error {
  let reason: String
}
