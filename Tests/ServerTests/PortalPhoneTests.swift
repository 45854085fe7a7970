import TestSupport
import Testing

/// How one comes into the portal, and adds a number there.
@Suite struct PortalPhoneTests {
  @Test("The address of the server leads a browser to the portal") func addressServer() async throws {
    let served = try await ServedPortal()
    let answer = try served.browser().send("GET", "/", [])
    #expect(answer.status == 303 && answer.header("location") == "/portal/")
  }

  @Test("A number is taken as it is written at home, with the country chosen") func numberTaken() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.open("/portal/me/phones/new")
    #expect(browser.page.body.contains("<option value=\"GB\">United Kingdom \u{2066}+44\u{2069}</option>"))
    // In a text from right to left the example stays as it is written.
    #expect(browser.page.body.contains(#"such as <bdi dir="ltr">+44 7700 900123</bdi>."#))
    try browser.submit("/portal/me/phones/new", [("country", "GB"), ("number", "07700 900123")])
    #expect(browser.page.body.contains("+44 07700 900123") && browser.page.body.contains("/development/outbox"))
    // The script lets the button be pressed once the wait is over.
    let button = /disabled formnovalidate data-waits="\d+">Send a new PIN</
    #expect(browser.page.body.contains(button), "\(browser.page.text)")
    let pin = try served.line(beginning: "SMS to +447700900123: your PIN is ")
    try browser.submit("/portal/me/phones/pin", [("pin", pin)])
    #expect(browser.page.body.contains("Your number is verified."), "\(browser.page.body)")
  }

  @Test("A number that cannot be leaves country and text in the form") func numberCannot() async throws {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.open("/portal/me/phones/new")
    try browser.submit("/portal/me/phones/new", [("country", "FR"), ("number", "12")])
    #expect(browser.page.status == 422 && browser.page.body.contains("Choose the country and enter the number"))
    #expect(browser.page.body.contains(#"<option value="FR" selected>"#))
    #expect(browser.page.body.contains(#"value="12""#))
  }
}
