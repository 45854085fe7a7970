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

  @Test("After the PIN one is back on the page of the portal from which one came, and nowhere else") func backWhere()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.open("/portal/connectors/new")
    #expect(browser.page.body.contains(#"href="/portal/me/phones/new?to=%2Fportal%2Fconnectors%2Fnew""#))
    for outside in [
      "https%3A%2F%2Fevil.example.org%2Fportal%2F", "%2F%2Fevil.example.org", "%2Fportal%2F%2Fevil.example.org",
      "%2Fportal%2F%5Cevil.example.org", "%2Fv1%2Fgroups", "",
    ] {
      try browser.open("/portal/me/phones/new?to=\(outside)")
      #expect(browser.page.body.contains(#"name="to" value="/portal/""#), "\(outside)")
    }
    func arrive(_ number: String) throws -> String {
      let pin = try served.line(beginning: "SMS to \(number): your PIN is ")
      let answer = try browser.submit("/portal/me/phones/pin", [("pin", pin)], follow: false)
      return answer.header("location") ?? answer.text
    }
    // By a form that somebody else made.
    let token = browser.page.body.firstMatch(of: /name="csrf" value="([^"]+)"/)?.output.1 ?? ""
    try browser.post(
      "/portal/me/phones/new",
      [("csrf", String(token)), ("to", "https://evil.example.org/portal/"), ("number", "+44 7700 900131")])
    let home = try arrive("+447700900131")
    #expect(home.hasPrefix("/portal/?said=phone&event="), "\(home)")
    // What is wrong on the way loses nothing of it.
    try browser.open("/portal/me/phones/new?to=%2Fportal%2Fconnectors%3Fq%3Dx")
    try browser.submit("/portal/me/phones/new", [("country", "FR"), ("number", "12")])
    try browser.submit("/portal/me/phones/new", [("number", "+44 7700 900132")])
    let back = try arrive("+447700900132")
    #expect(back.hasPrefix("/portal/connectors?q=x&said=phone&event="), "\(back)")
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
