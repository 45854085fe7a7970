import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// An OpenID Connect provider that is not ours, in a process of its own, with faults to choose.
final class ServedProvider {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  /// Where `Tools/test` puts oidc-provider-mock.
  private static let packages = root + "/.build/python-clients"
  static var isThere: Bool { TemporaryFolder.names(in: packages + "/oidc_provider_mock") != nil }

  let port: Int
  private let process: ChildProcess
  private var isRunning = true

  init() throws {
    process = try ChildProcess(
      "/usr/bin/env", ["python3", "-W", "ignore", Self.root + "/Tests/Python/oidc_provider.py"],
      environment: ["PYTHONPATH=\(Self.packages)"])
    port = process.read().first.flatMap { Int($0) } ?? 0
  }

  deinit { stop() }

  var issuer: String { "http://127.0.0.1:\(port)" }

  func stop() {
    if isRunning { _ = process.kill() }
    isRunning = false
  }

  func ask(_ method: String, _ target: String, form: String = "") throws -> Answer {
    let connection = try Connection(port: port)
    connection.send(
      "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
    )
    return Answer(connection.readAll())
  }

  func choose(_ fault: String) throws { _ = try ask("GET", "/fault/\(fault)") }

  /// How often something was asked of it: `key-sets`, or `discoveries`.
  func count(_ name: String) throws -> Int { try #require(Int(try ask("GET", "/count/\(name)").body)) }

  /// Lets somebody sign in there.
  ///
  /// - Returns: where the browser is sent back to, without the origin.
  func approve(_ location: String, as subject: String) throws -> String {
    let target = String(location.dropFirst(issuer.utf8.count))
    let back = try ask("POST", target, form: "sub=\(PercentEncoding.encode(subject))").header("location") ?? ""
    return "/" + back.split(separator: "/").dropFirst(2).joined(separator: "/")
  }

  /// A logout token.
  ///
  /// - Parameters:
  ///   - claims: members of a JSON object that change its claims, null to take one out.
  ///   - key: whose signs it: `foreign`, or `none` for no signature.
  func logoutToken(of subject: String, claims: String = "", by key: String = "own") throws -> String {
    let changes = PercentEncoding.encode("{\(claims)}")
    let person = PercentEncoding.encode(subject)
    return try ask("GET", "/logout/portal/\(person)?by=\(key)&claims=\(changes)").body
  }

  /// Begins a sign-in at a portal, and approves it.
  ///
  /// - Returns: where the browser is sent back to, without the origin.
  func approved(_ browser: Browser, as subject: String, id: String = "mock") throws -> String {
    try browser.open("/portal/sign-in")
    try browser.submit("/portal/sign-in/\(id)", follow: false)
    return try approve(browser.onward, as: subject)
  }

  /// Signs somebody in at a portal.
  func signIn(_ browser: Browser, as subject: String, id: String = "mock") throws {
    try browser.open(try approved(browser, as: subject, id: id))
    #expect(browser.page.status == 200, "\(browser.page.text)")
  }
}

extension Browser {
  /// Where the page sends the browser on to; empty where it does not.
  var onward: String { String((page.header("refresh") ?? "").dropFirst("0; url=".utf8.count)) }
}

extension ServedPortal {
  /// A provider as the portal's list has it.
  struct Listed {
    let provider: ServedProvider
    var id = "mock"
    var name = "Mock & Sons"
    /// Further members.
    var more = ""
  }

  /// A portal where people sign in by providers.
  ///
  /// - Parameters:
  ///   - options: further options of the server, made in its folder.
  ///   - seconds: how long it waits for an answer of a provider.
  convenience init(
    _ providers: [Listed], seconds: Int = 60, options: (_ folder: String) throws -> [String] = { _ in [] }
  ) async throws {
    try await self.init { folder in
      try ServedPortal.write("not known to anybody", to: "\(folder)/client-secret")
      let entries = providers.map { listed in
        #"{"id":"\#(listed.id)","name":"\#(listed.name)","issuer":"\#(listed.provider.issuer)","clientID":"portal","clientSecretFile":"\#(folder)/client-secret"\#(listed.more)}"#
      }
      try ServedPortal.write("{\"providers\":[\(entries.joined(separator: ","))]}", to: "\(folder)/providers.json")
      try ServedPortal.write(
        "{\"portal\":{\"providers\":\"\(folder)/providers.json\",\"provider-seconds\":\(seconds)}}",
        to: "\(folder)/server.json")
      return try ["--config", "\(folder)/server.json"] + options(folder)
    }
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }

  /// The lines of `credledger audit` about events of a type.
  func events(_ type: String) throws -> [String] {
    let result = try runProgram(
      ["audit", "--ledger", path, "--type", type, "--format", "ndjson"], of: try Program.file("credledger"))
    return result.output.split(separator: "\n").map(String.init)
  }
}
