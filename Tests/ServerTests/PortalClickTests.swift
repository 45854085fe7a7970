import Glibc
import TestSupport
import Testing

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
    #expect(clicks.read().last == "pin?")
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
}
