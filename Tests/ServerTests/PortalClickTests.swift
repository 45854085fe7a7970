import Glibc
import TestSupport
import Testing

/// The portal in a real browser.
@Suite struct PortalClickTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  /// Where `Tools/test` puts Selenium.
  private static let packages = root + "/.build/python-clients"
  private static var isThere: Bool {
    let programs: [String] = ["/usr/bin/chromium", "/usr/bin/chromedriver"]
    return TemporaryFolder.names(in: packages + "/selenium") != nil
      && programs.allSatisfy { (path: String) in unsafe access(path, X_OK) == 0 }
  }

  @Test(.enabled(if: isThere, "chromium, chromium-driver or Selenium is not installed"))
  func `Somebody clicks from an empty ledger to a token that works, and every page keeps the rules for everybody`()
    async throws
  {
    let served = try await ServedPortal()
    // Kept for people to look at.
    let pictures = Self.root + "/.build/portal-pictures"
    TemporaryFolder.remove(pictures)
    unsafe mkdir(pictures, 0o755)
    let link = try served.line(beginning: "the first operator signs in at ")
    let clicks = try ChildProcess(
      "/usr/bin/env", ["python3", Self.root + "/Tests/Python/portal_clicks.py", link, pictures],
      environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(clicks.read().last == "pin?")
    let pin = try served.line(beginning: "SMS to +447700900129: your PIN is ")
    guard let draft = unsafe fopen(pictures + "/pin.new", "w") else {
      throw ServerFailure(reason: "no file for the PIN")
    }
    unsafe fputs(pin, draft)
    unsafe fclose(draft)
    unsafe rename(pictures + "/pin.new", pictures + "/pin")
    let lines = clicks.finish()
    #expect(lines.last == "passed", "\(lines.joined(separator: "\n"))\(served.log)")
    unsafe unlink(pictures + "/pin")
  }
}
