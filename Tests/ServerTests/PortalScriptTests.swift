import TestSupport
import Testing

/// What the scripts that drive a browser do where it fails; no browser is started.
@Suite(.enabled(if: PortalClickTests.isThere, "chromium, chromium-driver, Selenium or axe-core is not installed"))
struct PortalScriptTests {
  private func run(_ program: String) throws -> ProgramResult {
    try runProgram(
      ["python3", "-c", program], of: "/usr/bin/env",
      environment: [
        "PYTHONPATH=\(PortalClickTests.packages):\(PortalClickTests.root)/Tests/Python", "PYTHONDONTWRITEBYTECODE=1",
      ])
  }

  @Test("A script that fails says where and why in its last line") func scriptFails() throws {
    let result = try run(
      """
      import portal_look
      raise portal_look.Failed("one\\ntwo")
      """)
    #expect(result.status == 1)
    #expect(result.output == "<string>:2: Failed: one two\n", "\(result.error)")
  }

  @Test("A browser that is not ready in time is started again, three times in all") func browserStarts() throws {
    let result = try run(
      """
      import portal_look
      tries = []
      def start(**_):
          tries.append(1)
          raise portal_look.WebDriverException("not ready")
      portal_look.webdriver.Chrome = start
      try:
          portal_look.start(None)
      except portal_look.WebDriverException:
          print(len(tries))
      """)
    #expect(result.status == 0 && result.output == "3\n", "\(result.output)\(result.error)")
  }
}
