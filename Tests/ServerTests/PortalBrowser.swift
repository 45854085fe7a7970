import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport

/// A new ledger, and a development server that has it open, used through its portal.
final class ServedPortal {
  let folder = TemporaryFolder()
  private(set) var port = 0
  /// The ledger's public key.
  let key: String
  private var process: ChildProcess?
  private var lines: [String] = []

  var path: String { "\(folder.path)/ledger" }
  var origin: String { "http://127.0.0.1:\(port)" }

  private let environment: [String]

  /// - Parameters:
  ///   - options: of `credledger serve`, besides those that name ledger and address; given the folder for files.
  ///   - environment: settings of the server.
  init(
    _ options: (_ folder: String) throws -> [String] = { _ in ["--development"] }, environment: [String] = []
  ) async throws {
    self.environment = environment
    let options = try options(folder.path)
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    key = try ledger.verifierKey
    await ledger.close()
    try start(options)
  }

  /// Serves a ledger as somebody prepares it, by a clock of theirs; the server has the system's.
  init(clock: @escaping @Sendable () -> Int64, preparing prepare: (Ledger) async throws -> Void) async throws {
    environment = []
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org", LedgerConfiguration(clock: clock))
    key = try ledger.verifierKey
    try await prepare(ledger)
    await ledger.close()
    try start()
  }

  /// Starts the server. The port that it had may be taken meanwhile, by a connection of another test, and is free again soon.
  func start(_ options: [String] = ["--development"], port wanted: Int = 0) throws {
    var tries = wanted == 0 ? 1 : 100
    while true {
      do { return try launch(options, port: wanted) } catch {
        _ = process?.kill()
        tries -= 1
        guard tries > 0 else { throw error }
        usleep(500_000)
      }
    }
  }

  private func launch(_ options: [String], port wanted: Int) throws {
    let process = try ChildProcess(
      "/bin/sh",
      [
        "-c", "exec \"$0\" \"$@\" 2>>\"$LOG\"", try Program.file("credledger"), "serve", "--ledger", path, "--listen",
        "127.0.0.1:\(wanted)",
      ] + options, environment: ["LOG=\(folder.path)/log"] + environment)
    self.process = process
    lines = []
    guard let port = try line(beginning: "listening on ").split(separator: ":").last.flatMap({ Int($0) }) else {
      throw ServerFailure(reason: "the server does not listen: \(log)")
    }
    self.port = port
  }

  /// The rest of the next line on the console that begins so; waits for it.
  func line(beginning: String) throws -> String {
    while true {
      if let index = lines.firstIndex(where: { $0.hasPrefix(beginning) }) {
        return String(lines.remove(at: index).dropFirst(beginning.utf8.count))
      }
      let more = process?.read().map(String.init) ?? []
      guard !more.isEmpty else { throw ServerFailure(reason: "no line begins with \(beginning): \(log)") }
      lines += more
    }
  }

  func end() { _ = process?.end(by: SIGTERM) }

  var log: String { ServedLedger.content(of: "\(folder.path)/log") }

  deinit { _ = process?.kill() }

  /// A browser without cookies.
  func browser() -> Browser { Browser(self) }
}

/// What a browser does: keeps cookies, sends forms with all their fields, and says where a request comes from.
final class Browser {
  private let served: ServedPortal
  private(set) var cookies: [String: String] = [:]
  /// What it asks pages to be in.
  var language: String?
  /// What it says that it is.
  var agent: String?
  private(set) var page = Answer("HTTP/1.1 000 none\r\n\r\n")

  init(_ served: ServedPortal) { self.served = served }

  /// Opens a page, and follows where it leads.
  @discardableResult
  func open(_ path: String, follow: Bool = true) throws -> Answer {
    page = try send("GET", path, [])
    return follow ? try followed() : page
  }

  /// Sends a form.
  ///
  /// - Parameter site: what `Sec-Fetch-Site` says; nil leaves it out.
  @discardableResult
  func post(_ path: String, _ fields: [(String, String)], site: String? = "same-origin", follow: Bool = true) throws
    -> Answer
  {
    let body = fields.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    var headers = ["Content-Type: application/x-www-form-urlencoded"]
    if let site { headers += ["Sec-Fetch-Site: \(site)", "Origin: null"] }
    page = try send("POST", path, headers, body: body)
    return follow ? try followed() : page
  }

  /// Sends the form of the page that leads to a path, with what its hidden fields hold.
  @discardableResult
  func submit(_ path: String, _ fields: [(String, String)] = [], follow: Bool = true) throws -> Answer {
    let form = page.body.split(separator: "<form").first { $0.prefix { $0 != ">" }.contains("action=\"\(path)\"") }
    guard let form else { throw ServerFailure(reason: "no form leads to \(path): \(page.text)") }
    let inside = form.components(before: "</form>")
    return try post(path, Self.hidden(in: inside) + fields, follow: follow)
  }

  /// The names and values of hidden fields.
  private static func hidden(in form: String) -> [(String, String)] {
    form.split(separator: "<input type=\"hidden\" ").dropFirst().compactMap { field in
      guard let name = field.value(of: "name"), let value = field.value(of: "value") else { return nil }
      return (
        name,
        value.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
          .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
      )
    }
  }

  /// The text of the element of an ID.
  func text(of id: String) -> String? {
    guard let element = page.body.split(separator: " id=\"\(id)\"").dropFirst().first else { return nil }
    return String(element.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" })
  }

  /// Signs in by a name.
  func signIn(_ name: String) throws {
    try open("/portal/sign-in")
    try submit("/portal/sign-in/development", [("name", name)])
  }

  /// Verifies a number by the PIN that the console shows.
  func verify(_ number: String) throws {
    try open("/portal/me/phones/new")
    try submit("/portal/me/phones/new", [("number", number)])
    let pin = try served.line(beginning: "SMS to \(number.filter { $0 != " " }): your PIN is ")
    try submit("/portal/me/phones/pin", [("pin", pin)])
  }

  private func followed() throws -> Answer {
    var rounds = 0
    while page.status == 303, let location = page.header("location"), rounds < 5 {
      page = try send(
        "GET", location.hasPrefix(served.origin) ? String(location.dropFirst(served.origin.utf8.count)) : location, [])
      rounds += 1
    }
    return page
  }

  func send(_ method: String, _ path: String, _ headers: [String], body: String? = nil) throws -> Answer {
    let connection = try Connection(port: served.port)
    var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(served.port)", "Connection: close"] + headers
    if !cookies.isEmpty { lines.append("Cookie: " + cookies.map { "\($0)=\($1)" }.joined(separator: "; ")) }
    if let language { lines.append("Accept-Language: \(language)") }
    if let agent { lines.append("User-Agent: \(agent)") }
    if let body { lines.append("Content-Length: \(body.utf8.count)") }
    connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    let answer = Answer(connection.readAll())
    for (name, value) in answer.headers where name == "set-cookie" {
      let pair = value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      cookies[String(pair[0])] = value.contains("Max-Age=0") ? nil : String(pair[1])
    }
    return answer
  }

  /// Goes back to a page that it had, as the back button does.
  func goBack(to answer: Answer) { page = answer }

  /// Replaces a cookie, as somebody who has stolen or planted one does.
  func plant(_ name: String, _ value: String) { cookies[name] = value }
}

extension Substring {
  /// The value of an attribute of the element at the beginning.
  fileprivate func value(of attribute: String) -> String? {
    guard let rest = prefix(while: { $0 != ">" }).split(separator: "\(attribute)=\"", maxSplits: 1).last,
      prefix(while: { $0 != ">" }).contains("\(attribute)=\"")
    else { return nil }
    return String(rest.prefix { $0 != "\"" })
  }

  /// The text before another.
  fileprivate func components(before text: String) -> String {
    String(split(separator: text, maxSplits: 1).first ?? self)
  }
}
