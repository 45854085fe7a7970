import Glibc
import TestSupport
import Testing

@testable import ManagementPortal

/// The portal in a real browser.
@Suite(.serialized) struct PortalClickTests {
  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  /// Where `Tools/test` puts Selenium and axe-core.
  private static let packages = root + "/.build/python-clients"
  private static var isThere: Bool {
    let programs: [String] = ["/usr/bin/chromium", "/usr/bin/chromedriver"]
    return ["selenium", "axe_playwright_python"].allSatisfy { TemporaryFolder.names(in: "\(packages)/\($0)") != nil }
      && programs.allSatisfy { (path: String) in unsafe access(path, X_OK) == 0 }
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
    let pictures = Self.root + "/.build/\(name)"
    TemporaryFolder.remove(pictures)
    unsafe mkdir(pictures, 0o755)
    let link = try served.line(beginning: "the first operator signs in at ")
    let clicks = try ChildProcess(
      "/usr/bin/env", ["python3", Self.root + "/Tests/Python/\(script)", link, pictures] + more,
      environment: ["PYTHONPATH=\(Self.packages)"])
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

  @Test(.enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func `Somebody clicks from an empty ledger to a token that works, and every page keeps the rules for everybody`()
    async throws
  {
    let (lines, log) = try await run("portal_clicks.py", picturesIn: "portal-pictures")
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(log)")
  }

  @Test(.enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func `Every page keeps the rules for everybody, wide and narrow, light and dark, full and empty`() async throws {
    let receiver = try WebhookReceiver()
    let (lines, log) = try await run(
      "portal_pages.py", picturesIn: "portal-pages", [String(receiver.port)], environment: receiver.environment)
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(log)")
  }

  @Test(.enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func `Every page is turned round in a language from right to left, wide and narrow`() async throws {
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
    let pictures = Self.root + "/.build/portal-mirrored"
    TemporaryFolder.remove(pictures)
    unsafe mkdir(pictures, 0o755)
    let look = try ChildProcess(
      "/usr/bin/env",
      [
        "python3", Self.root + "/Tests/Python/portal_mirrored.py", scene.served.origin, pictures,
        "credledger=\(cookie)",
      ] + paths, environment: ["PYTHONPATH=\(Self.packages)"])
    let lines = look.finish().map { String($0) }
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(scene.served.log)")
  }

  @Test(.enabled(if: isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
  func `A developer who types the address of an operator's page sees what a page that there is not looks like`()
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
