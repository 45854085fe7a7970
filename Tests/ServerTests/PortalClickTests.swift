import Glibc
import HTTPSupport
import TestSupport
import Testing

@testable import ManagementPortal

/// The portal in a real browser.
@Suite(.browserTurn) struct PortalClickTests {
  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  /// Where `Tools/test` puts Selenium and axe-core.
  static let packages = root + "/.build/python-clients"
  static var isThere: Bool {
    let programs: [String] = ["/usr/bin/chromium", "/usr/bin/chromedriver"]
    return ["selenium", "axe_playwright_python"].allSatisfy { TemporaryFolder.names(in: "\(packages)/\($0)") != nil }
      && programs.allSatisfy { (path: String) in unsafe access(path, X_OK) == 0 }
  }

  /// An empty folder for pictures, which are kept for people to look at.
  private static func folder(_ name: String) -> String {
    let path = root + "/.build/\(name)"
    TemporaryFolder.remove(path)
    unsafe mkdir(path, 0o755)
    return path
  }

  private static func start(_ script: String, _ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(
      "/usr/bin/env", ["python3", root + "/Tests/Python/\(script)"] + arguments,
      environment: ["PYTHONPATH=\(packages)"])
  }

  /// Runs a script over a new ledger, in which the first operator signs in, and gives it the PIN that it asks for.
  ///
  /// - Parameters:
  ///   - name: of the folder for its pictures, which are kept for people to look at.
  ///   - more: its further arguments.
  ///   - lines: of the server's settings, such as those by which it finds a receiver of webhooks.
  private func run(
    _ script: String, picturesIn name: String, _ more: [String] = [], environment lines: [String] = []
  ) async throws -> (lines: [String], log: String) {
    let served = try await ServedPortal(environment: lines)
    let pictures = Self.folder(name)
    let link = try served.line(beginning: "the first operator signs in at ")
    let clicks = try Self.start(script, [link, pictures] + more)
    let asked = clicks.read()
    // One that has failed asks for none, and no PIN would come.
    guard asked.last == "pin?" else { return ((asked + clicks.finish()).map { String($0) }, served.log) }
    let pin = try served.line(beginning: "SMS to +447700900129: your PIN is ")
    guard let draft = unsafe fopen(pictures + "/pin.new", "w") else {
      throw ServerFailure(reason: "no file for the PIN")
    }
    unsafe fputs(pin, draft)
    unsafe fclose(draft)
    unsafe rename(pictures + "/pin.new", pictures + "/pin")
    let said = clicks.finish().map { String($0) }
    unsafe unlink(pictures + "/pin")
    return (said, served.log)
  }

  @Test(
    "Somebody clicks from an empty ledger to a token that works, and every page keeps the rules for everybody",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func somebodyClicks()
    async throws
  {
    let (lines, log) = try await run("portal_clicks.py", picturesIn: "portal-pictures")
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(log)")
  }

  @Test(
    "Every page keeps the rules for everybody, wide and narrow, light and dark, full and empty",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func everyPage() async throws {
    let receiver = try WebhookReceiver()
    let (lines, log) = try await run(
      "portal_pages.py", picturesIn: "portal-pages", [String(receiver.port)], environment: receiver.environment)
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(log)")
  }

  @Test(
    "What the pages offer is done by clicking, each act is in the audit trail, and evidence from there holds",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func pagesOffer()
    async throws
  {
    let receiver = try WebhookReceiver()
    let scene = try await PortalScene(phone: "+44 7700 900220", environment: receiver.environment)
    let bob = try scene.person("Bob")
    try scene.join(bob, "+44 7700 900221")
    let facts: [(String, String)] = [
      ("name", "Field team"), ("operator", try #require(scene.owner.cookies["credledger"])),
      ("bob", try #require(bob.cookies["credledger"])), ("connector", scene.connector), ("group", scene.group),
      ("token", scene.token), ("id", scene.program.id), ("secret", scene.program.secret),
      ("refresh", scene.program.refresh), ("access", scene.program.access),
    ]
    let told = JSONValue.object(facts.map { ($0.0, .string($0.1)) })
    let pictures = Self.folder("portal-acts")
    let acts = try Self.start(
      "portal_acts.py",
      [scene.served.origin, pictures, String(receiver.port), String(decoding: told.bytes, as: UTF8.self)])
    let lines = acts.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(scene.served.log)")
    #expect(try scene.served.verdicts(on: "\(pictures)/evidence-\(scene.token).json") == [0, 0])
  }

  @Test(.enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func
    `A page of another origin neither frames the portal nor sends it a form, and a planted session is not taken over`()
    async throws
  {
    let (lines, log) = try await run("portal_strangers.py", picturesIn: "portal-strangers")
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(log)")
  }

  @Test(
    "A browser gets to a provider that hands people over, and back, at the sign-in and at the sign-out",
    .enabled(
      if: isThere && ServedProvider.isThere,
      "chromium, chromium-driver, Selenium, axe-core or oidc-provider-mock is not installed"))
  func browserGets()
    async throws
  {
    let provider = try ServedProvider()
    try provider.choose("hand-over")
    let served = try await ServedPortal([.init(provider: provider)])
    let clicks = try Self.start("portal_provider.py", [served.origin, provider.issuer, served.folder.path])
    let lines = clicks.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(served.log)")
  }

  @Test(
    "A browser gets by sign-in and consent to a program that hands it over to another origin",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func browserGetsSign() async throws {
    let scene = try await ConsentTests.Scene(redirect: "http://127.0.0.1/done", phone: "+44 7700 900144")
    let clicks = try Self.start(
      "portal_consent.py", [scene.served.origin, scene.id, "Ada", scene.served.folder.path])
    let lines = clicks.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(scene.served.log)")
  }

  @Test(
    "Every page is turned round in a language from right to left, wide and narrow",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func everyPageTurned() async throws {
    let scene = try await PortalScene(phone: "+44 7700 900199") { folder in
      try Self.write(Self.hebrew(), to: "\(folder)/he.txt")
      try Self.write("{\"portal\":{\"languages\":[\"\(folder)/he.txt\"]}}", to: "\(folder)/server.json")
      return ["--development", "--config", "\(folder)/server.json"]
    }
    var paths: [String] = []
    for route in PortalRoute.all where route.get != nil {
      let path = scene.path(route.pattern)
      let isFile = path.contains(".csv") || path.contains(".ndjson") || path.contains(".cloudevents")
      let isEvidence = path.contains("/evidence/") && !path.hasSuffix("/report")
      guard !isFile, !isEvidence, !path.hasSuffix("/live") else { continue }
      // What the scene has not is the page of an error, which is looked at once.
      if try scene.owner.open(path, follow: false).status == 200 { paths.append(path) }
    }
    paths += ["/portal/find?q=field", "/portal/nothing"]
    #expect(paths.count > 35, "\(paths)")
    let cookie = try #require(scene.owner.cookies["credledger"])
    let look = try Self.start(
      "portal_mirrored.py", [scene.served.origin, Self.folder("portal-mirrored"), "credledger=\(cookie)"] + paths)
    let lines = look.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(scene.served.log)")
  }

  @Test(
    "A developer who types the address of an operator's page sees what a page that there is not looks like",
    .enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func developerTypes()
    async throws
  {
    let scene = try await PortalScene(phone: "+44 7700 900237")
    let developer = try scene.person("Dana")
    let cookie = try #require(developer.cookies["credledger"])
    let pictures = Self.root + "/.build/portal-typed"
    TemporaryFolder.remove(pictures)
    unsafe mkdir(pictures, 0o755)
    let look = try ChildProcess(
      "/usr/bin/env",
      [
        "python3", Self.root + "/Tests/Python/portal_typed.py", scene.served.origin, pictures, "credledger=\(cookie)",
      ], environment: ["PYTHONPATH=\(Self.packages)"])
    let lines = look.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(scene.served.log)")
  }

  /// A catalogue in which each text that the German one has is in Hebrew letters.
  private static func hebrew() -> String {
    let german = ServedLedger.content(of: root + "/Tools/deploy/languages/de.txt")
    var lines = ["language = he", "direction = rtl"]
    for line in german.split(separator: "\n") where !line.hasPrefix("#") {
      guard let sign = line.firstRange(of: " = ") else { continue }
      let english = String(line[..<sign.lowerBound])
      if english != "language", english != "direction" {
        lines.append("\(english) = \(PortalPageTests.hebrew(english))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
