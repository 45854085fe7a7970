import Testing

@testable import LedgerDomain

@Suite struct WebhookCallbackTests {
  @Test(
    "Addresses that may be called",
    arguments: [
      "https://hook.example.org", "https://hook.example.org:8443/in?key=value", "https://a.b-c.example/x%20y",
    ])
  func allowed(_ url: String) throws {
    #expect(try WebhookCallback(url: url, token: "t", context: "c").url == url)
  }

  @Test(
    "Addresses that may not",
    arguments: [
      "", "http://hook.example.org", "HTTPS://hook.example.org", "https://", "https://user:pass@hook.example.org",
      "https://hook.example.org/#fragment", "https://hook.example.org/ x", "https://hook.example.org:0/",
      "https://localhost/", "https://a.localhost", "https://LOCALHOST", "https://127.0.0.1/", "https://127.1",
      "https://2130706433", "https://0x7f000001/", "https://0177.0.0.1", "https://example.0x7f", "https://[::1]/",
      "https://[::ffff:10.0.0.1]/", "https://10.0.0.1.", "https://169.254.169.254/latest", "http://127.0.0.1/",
      "https://hook.example.org/\u{0}", "https://münchen.example", "https://" + String(repeating: "a", count: 2_000),
    ])
  func refused(_ url: String) {
    let refusal = #expect(throws: Refusal.self) { try WebhookCallback(url: url) }
    #expect(refusal?.field == "callbackURL")
    #expect(refusal?.description.contains("pass") == false)
  }

  @Test("A token is a header field, a context is bounded, and neither is printed")
  func fields() throws {
    for token in ["a\r\nX-Other: b", "\u{7F}", "é", String(repeating: "t", count: 1_025)] {
      #expect(throws: Refusal(.invalidValue, field: "callbackToken", expected: "")) {
        try WebhookCallback(url: "https://hook.example.org", token: token)
      }
    }
    #expect(throws: Refusal(.invalidValue, field: "callbackContext", expected: "")) {
      try WebhookCallback(url: "https://hook.example.org", context: String(repeating: "c", count: 4_097))
    }
    let callback = try WebhookCallback(
      url: "https://hook.example.org/canary", token: "canary", context: String(repeating: "canary", count: 600))
    var dumped = "\(callback) \(String(reflecting: callback))"
    dump(callback, to: &dumped)
    #expect(!dumped.contains("canary"))
  }
}
