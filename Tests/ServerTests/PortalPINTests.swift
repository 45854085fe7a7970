import CredentialLedger
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import ManagementPortal

/// What the pages for a number say when a PIN is refused, or cannot be sent.
@Suite struct PortalPINTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let stopped = "That PIN stopped working after 5 wrong attempts. Send a new one."
  private static let over = "That PIN is more than 10 minutes old. Send a new one."

  /// Asks for a PIN, and gives it as it was sent.
  private func ask(_ browser: Browser, _ number: String, of served: ServedPortal) throws -> String {
    try browser.open("/portal/me/phones/new")
    try browser.submit("/portal/me/phones/new", [("number", number)])
    return try served.line(beginning: "SMS to \(number.filter { $0 != " " }): your PIN is ")
  }

  /// Six digits that are not the PIN.
  private func wrong(_ pin: String) -> String { pin == "111111" ? "222222" : "111111" }

  private func enter(_ pin: String, _ browser: Browser) throws {
    try browser.submit("/portal/me/phones/pin", [("pin", pin)])
  }

  @Test("The fifth wrong PIN ends it, the right one is of no use then, and the fourth PIN in an hour is refused")
  func fifthWrong()
    async throws
  {
    let served = try await ServedPortal()
    let browser = served.browser()
    try browser.signIn("Ada")
    let number = "+44 7700 900171"
    let pin = try ask(browser, number, of: served)
    for left in [4, 3, 2, 1] {
      try enter(wrong(pin), browser)
      let words = "That PIN is not right. You have \(left) attempt\(left == 1 ? "" : "s") left."
      #expect(browser.page.status == 422 && browser.page.body.contains(words), "\(left): \(browser.page.text)")
    }
    for digits in [wrong(pin), wrong(pin), pin] {
      try enter(digits, browser)
      #expect(browser.page.status == 422 && browser.page.body.contains(Self.stopped), "\(browser.page.text)")
      #expect(!browser.page.body.contains("No more PINs for now."))
    }
    #expect(try browser.open("/portal/me").body.contains("No phone number yet."))
    for _ in 0..<2 { _ = try ask(browser, number, of: served) }
    try browser.open("/portal/me/phones/new")
    try browser.submit("/portal/me/phones/new", [("number", number)])
    #expect(browser.page.status == 422, "\(browser.page.text)")
    #expect(browser.page.body.contains("No more PINs for now. Wait an hour, then try again."))
    #expect(browser.page.body.contains("Nothing is wrong with your account."))
  }

  @Test("Who has not the PIN does not learn that a number is another account's") func pinLearn() async throws {
    let served = try await ServedPortal()
    let (ada, bob) = (served.browser(), served.browser())
    try ada.signIn("Ada")
    try ada.verify("+44 7700 900172")
    try bob.signIn("Bob")
    let pin = try ask(bob, "+44 7700 900172", of: served)
    #expect(bob.page.status == 200 && bob.page.body.contains("Enter the PIN"))
    try enter(wrong(pin), bob)
    #expect(bob.page.status == 422 && bob.page.body.contains("That PIN is not right."))
    #expect(!bob.page.body.contains("another account"))
    try enter(pin, bob)
    #expect(bob.page.status == 422, "\(bob.page.text)")
    #expect(bob.page.body.contains("This number belongs to another account. Remove it there, or use another."))
    #expect(try bob.open("/portal/me").body.contains("No phone number yet."))
  }

  @Test("A PIN that a newer one has replaced is over") func pinNewer() async throws {
    let served = try await ServedPortal()
    let (first, second) = (served.browser(), served.browser())
    for browser in [first, second] { try browser.signIn("Ada") }
    let pin = try ask(first, "+44 7700 900173", of: served)
    _ = try ask(second, "+44 7700 900173", of: served)
    try enter(pin, first)
    #expect(first.page.status == 422 && first.page.body.contains(Self.over), "\(first.page.text)")
  }

  /// A clock that stands until it is moved.
  private final class StandingClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_767_225_600_000)

    var now: Int64 { milliseconds.withLock { $0 } }

    func advance(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1_000 } }
  }

  @Test("A PIN works to the end of its ten minutes, and is said to be too old from then on") func pinWorks()
    async throws
  {
    let folder = TemporaryFolder()
    let clock = StandingClock()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org", LedgerConfiguration(clock: { clock.now }))
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account
    let late = try await ledger.phones.requestPIN(for: PhoneNumber("+447700900174"), by: account)
    clock.advance(seconds: 600)
    let pin = try #require(late.pin)
    do throws(LedgerError) {
      _ = try await ledger.phones.verify(pin.digits, challenge: late.challenge, by: account)
      Issue.record("a PIN of ten minutes ago was taken")
    } catch { #expect(RefusalWords.sentence(error) == Self.over, "\(error)") }
    let timely = try await ledger.phones.requestPIN(for: PhoneNumber("+447700900174"), by: account)
    clock.advance(seconds: 599)
    let digits = try #require(timely.pin).digits
    _ = try await ledger.phones.verify(digits, challenge: timely.challenge, by: account)
    #expect(try ledger.phones.verified(by: account).count == 1)
    await ledger.close()
  }

  @Test("Whoever reached the limit of an hour waits an hour, and a day for that of a day") func reachedLimit()
    async throws
  {
    let folder = TemporaryFolder()
    let clock = StandingClock()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org", LedgerConfiguration(clock: { clock.now }))
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "a").account
    let number = try PhoneNumber("+447700900176")
    func refusal() async -> String {
      do throws(LedgerError) {
        _ = try await ledger.phones.requestPIN(for: number, by: account)
        return "none"
      } catch { return RefusalWords.sentence(error) }
    }
    for _ in 0..<3 {
      for _ in 0..<3 { #expect(await refusal() == "none") }
      #expect(await refusal().hasPrefix("No more PINs for now. Wait an hour, then try again."))
      clock.advance(seconds: 3_601)
    }
    #expect(await refusal() == "none")
    let (english, german) = (await refusal(), try PortalLanguageTests.german())
    #expect(english.hasPrefix("No more PINs for now. Wait a day, then try again."), "\(english)")
    #expect(german.translated("<p>\(english)</p>").contains("Warten Sie einen Tag,"))
    await ledger.close()
  }

  @Test("A message that the gateway does not take is told on the page that waits for its PIN") func messageGateway()
    async throws
  {
    let folder = TemporaryFolder()
    let made = try runProgram(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=gateway",
        "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", "\(folder.path)/key.pem", "-out",
        "\(folder.path)/cert.pem",
      ], of: "/usr/bin/openssl")
    #expect(made.status == 0, "\(made.error)")
    let gateway = try ChildProcess(
      "/usr/bin/env",
      [
        "python3", Self.root + "/Tests/Python/sms_gateway.py", "\(folder.path)/cert.pem", "\(folder.path)/key.pem",
        "400",
      ])
    defer { _ = gateway.kill() }
    let port = String(gateway.read().first ?? "")
    try Self.write("token-of-the-account\n", to: "\(folder.path)/secret")
    let configuration = """
      {"sms": {
        "url": "https://127.0.0.1:\(port)/messages", "body": "To={number}&Body={text}", "user": "AC0123",
        "secret-file": "\(folder.path)/secret", "ca-file": "\(folder.path)/cert.pem"
      }}
      """
    try Self.write(configuration, to: "\(folder.path)/server.json")
    let settings = "\(folder.path)/server.json"
    let served = try await ServedPortal { _ in ["--development", "--config", settings] }
    let browser = served.browser()
    try browser.signIn("Ada")
    try browser.open("/portal/me/phones/new")
    try browser.submit("/portal/me/phones/new", [("number", "+44 7700 900175")])
    #expect(browser.page.status == 200 && browser.page.body.contains("Enter the PIN"), "\(browser.page.text)")
    let words = "The message could not be sent. Try again in a minute."
    _ = try await Patience.wait { try browser.open("/portal/me/phones/pin").body.contains(words) }
    #expect(browser.page.status == 200 && browser.page.body.contains(words), "\(browser.page.text)\(served.log)")
    try browser.open("/portal/audit?exact=phone.pin_dispatched")
    #expect(browser.page.body.contains("The message with a PIN could not be sent"), "\(browser.page.text)")
    served.end()
    #expect(!served.log.contains("900175"))
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
